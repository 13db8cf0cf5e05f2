package classify_test

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/optim"
)

// TestProbe checks which images judge a probe, and that a run that diverges is a result.
func TestProbe(t *testing.T) {
	cfg := small()
	got, err := classify.Probe(context.Background(), cfg, classify.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got.Images != 10000 || !(got.Calibrated <= got.NLL) || got.Accuracy < 0.3 {
		t.Errorf("probe %+v", got)
	}
	cfg.TrainSize, cfg.Steps = 0, 2 // nothing is left of the training file
	if got, err = classify.Probe(context.Background(), cfg, classify.Options{Threads: 1}); err != nil || got.Images != 12000 {
		t.Errorf("with all images: %+v, %v", got, err)
	}
	cfg = small()
	cfg.LearningRate = 1e30
	if got, err = classify.Probe(context.Background(), cfg, classify.Options{Threads: 1}); err != nil || got.Diverged == "" || !math.IsNaN(got.Accuracy) {
		t.Errorf("learning rate 1e30: %+v, %v", got, err)
	}
}

// TestProbeDivergesLast checks that a run whose last step makes its weights infinite is one that
// diverged, with a folder and without, and so one that JSON takes.
func TestProbeDivergesLast(t *testing.T) {
	cfg := small()
	cfg.Model, cfg.Steps, cfg.LearningRate, cfg.Optimizer = model.ParseSpec("mlp:hidden=16"), 1, 1e38, optim.ParseSpec("sgd")
	for name, dir := range map[string]string{"with a folder": filepath.Join(t.TempDir(), "run"), "without": ""} {
		got, err := classify.Probe(context.Background(), cfg, classify.Options{Threads: 1, Dir: dir})
		if err != nil || got.Diverged == "" || !math.IsNaN(got.NLL) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
