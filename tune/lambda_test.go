package tune_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/idxtest"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/tune"
)

// short is a configuration whose probes take a second together.
func short(regularizers ...string) classify.Config {
	cfg := classify.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.Regularizers = 100, 160, 20, gradreg.Specs(regularizers...)
	return cfg
}

// shorter leaves a small network few dev images.
func shorter(regularizers ...string) classify.Config {
	cfg := short(regularizers...)
	cfg.TrainSize, cfg.Model = 59500, model.ParseSpec("mlp:hidden=16,dropout=0.2")
	return cfg
}

// find searches and checks what holds for every search, with short runs of the given lengths or of 10 and 60 steps.
func find(t *testing.T, cfg classify.Config, opt tune.Options, lengths ...int) classify.Config {
	t.Helper()
	before := gradreg.Texts(cfg.Regularizers)
	lengths = append(lengths, 10, 60)
	images := 60000
	if opt.DataDirs != nil {
		images = idxtest.Train
	}
	got, err := tune.Lambda(context.Background(), cfg, opt)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(gradreg.Texts(cfg.Regularizers), before) {
		t.Errorf("the caller's configuration became %v", cfg.Regularizers)
	}
	if tune.Needed(got) || got.Validate() != nil {
		t.Errorf("found %v, %v", got.Regularizers, got.Validate())
	}
	for i, c := range got.Choices {
		if c.Seconds <= 0 {
			t.Errorf("the choice took %v s", c.Seconds)
		}
		got.Choices[i].Seconds = 0 // for searches to be compared
		if c.Cost > 2.5 || c.Probes[0].Steps != lengths[0] || c.Probes[len(c.Probes)-1].Steps != lengths[1] || !slices.Contains(gradreg.Texts(got.Regularizers), c.Regularizer.String()) || !strings.Contains(got.Note, c.String()) {
			t.Errorf("choice %+v, note %q", c, got.Note)
		}
		for _, p := range c.Probes {
			if want := min(10000, images-cfg.TrainSize); p.Images != want {
				t.Errorf("a probe was judged by %d images, expected %d", p.Images, want)
			}
		}
	}
	return got
}

// TestLambda checks that the choice is the best of the longest probes, the same for any number of threads, and that other
// regularizers and options stay.
func TestLambda(t *testing.T) {
	cfg, few := short("weight-decay:5e-4", "spectreg:auto,projections=2"), []string{idxtest.Few(t)}
	got := find(t, cfg, tune.Options{Threads: 2, DataDirs: few})
	choice := got.Choices[0]
	if got.Regularizers[0].String() != "weight-decay:5e-4" || got.Regularizers[1].String() != choice.Regularizer.String() || !strings.HasSuffix(choice.Regularizer.String(), ",projections=2") {
		t.Errorf("regularizers %v", got.Regularizers)
	}
	if choice.Scale <= 0 {
		t.Errorf("scale %v", choice.Scale)
	}
	longest := func(p classify.ProbeRecord) bool { return p.Steps == 60 }
	at := slices.IndexFunc(choice.Probes, func(p classify.ProbeRecord) bool { return longest(p) && p.Lambda == choice.Lambda })
	if at < 0 {
		t.Fatalf("the choice %v is none of the longest probes", choice.Lambda)
	}
	for _, p := range choice.Probes {
		if q := choice.Probes[at]; longest(p) && *p.Calibrated < *q.Calibrated && *p.Accuracy >= *q.Accuracy {
			t.Errorf("λ %v is better than the chosen %v", p.Lambda, q.Lambda)
		}
	}
	if again := find(t, cfg, tune.Options{Threads: 1, DataDirs: few}); !reflect.DeepEqual(again, got) {
		t.Errorf("with one thread: %+v, with two %+v", again, got)
	}
}

// TestRates finds what is no weight of a penalty, beside each other and with a warm-up, with any number of threads, from
// whatever test images.
func TestRates(t *testing.T) {
	cfg := shorter("input-noise:auto", "dropout:auto", "label-smoothing:auto,warmup=40")
	cfg.TrainSize = idxtest.Train / 2
	got := find(t, cfg, tune.Options{Threads: 2, DataDirs: []string{idxtest.Few(t)}})
	if len(got.Choices) != 3 || got.Choices[1].Lambda >= 1 || got.Choices[2].Lambda >= 1 || !strings.HasSuffix(got.Regularizers[2].String(), ",warmup=40") {
		t.Errorf("found %v", got.Regularizers)
	}
	other := find(t, cfg, tune.Options{Threads: 3, DataDirs: []string{otherTest(t)}})
	if !reflect.DeepEqual(other, got) {
		t.Errorf("with other test images and threads: %+v, expected %+v", other, got)
	}
}

// otherTest returns a folder with the few digits, whose test labels are all wrong.
func otherTest(t *testing.T) string {
	t.Helper()
	official, err := dataset.Open(t.Context(), "mnist")
	if err != nil {
		t.Fatal(err)
	}
	training, err := official.Train()
	if err != nil {
		t.Fatal(err)
	}
	test, err := official.Test()
	if err != nil {
		t.Fatal(err)
	}
	wrong := idxtest.First(test, idxtest.Test)
	wrong.Labels = slices.Clone(wrong.Labels)
	for i, l := range wrong.Labels {
		wrong.Labels[i] = (l + 1) % 10
	}
	dir := t.TempDir()
	if err := idxtest.Write(dir, idxtest.First(training, idxtest.Train), wrong); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLambdaRefuses(t *testing.T) {
	for _, cfg := range []classify.Config{
		short("datagrad:auto", "datagrad:auto"), short("nothing:auto"), short("datagrad:auto,nokey=1"), short("dropout:auto,at=moon"),
		func() classify.Config {
			c := shorter("datagrad:auto", "dropout:auto")
			c.Model = model.ParseSpec("resnet:depth=8")
			return c
		}(),
	} {
		if got, err := tune.Lambda(context.Background(), cfg, tune.Options{}); !fault.IsInput(err) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v, %v, expected the input's fault in a line", cfg.Regularizers, got.Regularizers, err)
		}
	}
	plain := short("datagrad:1")
	if got, err := tune.Lambda(context.Background(), plain, tune.Options{}); err != nil || !reflect.DeepEqual(got, plain) {
		t.Errorf("without auto: %v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := tune.Lambda(ctx, short("datagrad:auto"), tune.Options{}); !errors.Is(err, classify.ErrInterrupted) {
		t.Errorf("cancelled: %v", err)
	}
}
