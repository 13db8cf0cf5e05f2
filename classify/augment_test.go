package classify_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
)

// TestAugment checks that an augmented run, with images changed and mixed, is the same for any number of threads and across an
// interruption, that its resolved configuration names what was done, and that a plain one waits for images hardly at all.
func TestAugment(t *testing.T) {
	cfg := small()
	cfg.Augment = "shift:0.1,rotate:10,mixup:0.2"
	dir := t.TempDir()
	once, twice, halves := filepath.Join(dir, "once"), filepath.Join(dir, "twice"), filepath.Join(dir, "halves")
	for _, o := range []classify.Options{{Dir: once, Threads: 1}, {Dir: twice, Threads: 2}} {
		if err := fit(t, context.Background(), cfg, o); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	stop := classify.Options{Dir: halves, Threads: 1, Stepped: func(p classify.Progress) {
		if p.Step == 23 {
			cancel()
		}
	}}
	if err := fit(t, ctx, cfg, stop); !errors.Is(err, classify.ErrInterrupted) {
		t.Fatal(err)
	}
	if err := fit(t, context.Background(), cfg, classify.Options{Dir: halves, Threads: 1, Resume: true}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(weights(t, once), weights(t, twice)) || !bytes.Equal(weights(t, once), weights(t, halves)) {
		t.Error("threads or an interruption change an augmented run")
	}
	text, err := os.ReadFile(filepath.Join(once, "config.yaml"))
	if err != nil || !strings.Contains(string(text), "augment: shift:0.1,rotate:10,mixup:0.2") {
		t.Errorf("config.yaml %s, %v", text, err)
	}
	cfg.Augment = "default"
	summary, err := classify.Run(context.Background(), cfg, classify.Options{Threads: 1})
	if err != nil || summary.Augment != "none" || summary.DataWaitFraction <= 0 || summary.DataWaitFraction >= 1 {
		t.Errorf("digits are augmented by %q, a share of %v waits for images; %v", summary.Augment, summary.DataWaitFraction, err)
	}
}

// TestPerClass checks that a number of images of each class is the balanced choice of so many together.
func TestPerClass(t *testing.T) {
	cfg := small()
	cfg.TrainSize, cfg.PerClass = 0, 6
	each, err := classify.Run(context.Background(), cfg, classify.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	cfg.TrainSize, cfg.PerClass, cfg.Subset = 60, 0, classify.Balanced
	together, err := classify.Run(context.Background(), cfg, classify.Options{Threads: 1})
	if err != nil || each.TrainSize != 60 || each.TestNLL != together.TestNLL {
		t.Errorf("6 of each class: %+v; 60 balanced: %+v, %v", each, together, err)
	}
	cfg.Subset = "fair"
	if err := cfg.Validate(); err == nil {
		t.Error("subset fair is taken")
	}
	cfg.Subset, cfg.PerClass = classify.Random, 6
	if err := cfg.Validate(); err == nil {
		t.Error("6 of each class are taken at random")
	}
	cfg.Subset, cfg.PerClass, cfg.PaperProtocol = classify.Balanced, 0, true
	if err := cfg.Validate(); err == nil {
		t.Error("a balanced choice is taken under the paper's protocol")
	}
}
