package classify_test

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/classify/figures"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
)

// guesses makes images of noise with a hint at their labels, which are often wrong: a network first
// learns the hint and then the noise, so that its loss on others falls and rises.
func guesses() (*dataset.Dataset, error) {
	random := rand.New(rand.NewPCG(3, 4))
	shape := dataset.Shape{C: 1, H: 8, W: 8}
	part := func(n int) *dataset.Part {
		p := &dataset.Part{Shape: shape, Images: make([]byte, n*shape.Size()), Labels: make([]int32, n)}
		for i := range p.Labels {
			label := random.IntN(2)
			image := p.Images[i*shape.Size():][:shape.Size()]
			for k := range image {
				image[k] = byte(random.IntN(156))
				if k < 8 {
					image[k] += byte(99 * label)
				}
			}
			if random.IntN(4) == 0 {
				label = 1 - label
			}
			p.Labels[i] = int32(label)
		}
		return p
	}
	return dataset.New(dataset.Info{Name: "guesses", Classes: []string{"heads", "tails"}, Shape: shape}, part(240), part(20))
}

// judged is a run on 40 images of guesses, judged by 192 after every epoch of 4 steps, that ends long
// before its 100 epochs.
func judged() (classify.Config, error) {
	cfg := small()
	d, err := guesses()
	if err != nil {
		return cfg, err
	}
	cfg.Data, cfg.Model, cfg.TrainSize, cfg.Batch = d.Source(), model.ParseSpec("mlp:hidden=32"), 40, 10
	cfg.Regularizers = gradreg.Specs("datagrad:0.001", "weight-decay:5e-4")
	cfg.DevShare, cfg.Steps, cfg.Epochs, cfg.EvalEvery = 0.8, 0, 100, 4
	cfg.Patience, cfg.Keep, cfg.LearningRate, cfg.Augment = 8, classify.KeepBest, 1e-2, ""
	return cfg, nil
}

// withJudged returns the configuration of judged.
func withJudged(t *testing.T) classify.Config {
	t.Helper()
	cfg, err := judged()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// sameGuesses makes the images of guesses again.
func sameGuesses(t *testing.T) *dataset.Dataset {
	t.Helper()
	d, err := guesses()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestKeepBest compares the model of a run that ends by itself with that of a run that ends at its best
// step, and the step with the metrics.
func TestKeepBest(t *testing.T) {
	cfg := withJudged(t)
	dir := filepath.Join(t.TempDir(), "run")
	s, err := classify.Run(t.Context(), cfg, classify.Options{Dir: dir, Threads: 1, Draw: figures.Draw})
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := classify.ReadMetrics(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var least, kept classify.Metrics
	for _, m := range metrics {
		if m.DevCalibrated == nil {
			continue
		}
		if least.DevCalibrated == nil || *m.DevCalibrated < *least.DevCalibrated {
			least = m
		}
		if *m.DevCalibrated <= *least.DevCalibrated+*least.DevError {
			kept = m
		}
		t.Logf("step %d: loss %.3f ± %.3f", m.Step, *m.DevCalibrated, *m.DevError)
	}
	if s.BestStep != kept.Step || s.BestStep+8*4 != s.Steps || s.Steps >= s.PlannedSteps || s.PlannedSteps != 400 {
		t.Errorf("best step %d, ended after %d of %d; expected step %d", s.BestStep, s.Steps, s.PlannedSteps, kept.Step)
	}
	if kept.Step <= least.Step {
		t.Errorf("the state of step %d has the least loss, and no later one is as good: another case is needed", least.Step)
	}
	if s.DevAccuracy == nil || *s.DevAccuracy != *kept.DevAccuracy || s.TrainSize != 40 ||
		!strings.Contains(s.Exhausted, "for 8 epochs") {
		t.Errorf("summary %+v", s)
	}
	short, err := classify.FolderConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	short.Data, short.Keep, short.Patience, short.StopAfter = cfg.Data, "", 0, s.BestStep
	best := filepath.Join(t.TempDir(), "best")
	if _, err := classify.Run(t.Context(), short, classify.Options{Dir: best, Threads: 1}); err != nil {
		t.Fatal(err)
	}
	if got, want := modelTensors(t, dir), modelTensors(t, best); !bytes.Equal(got, want) {
		t.Error("the model is not that of the best step")
	}
	last := short
	last.StopAfter = s.Steps
	ended := filepath.Join(t.TempDir(), "ended")
	if _, err := classify.Run(t.Context(), last, classify.Options{Dir: ended, Threads: 1}); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(modelTensors(t, dir), modelTensors(t, ended)) {
		t.Error("the model is that of the last step")
	}
}

// modelTensors returns the bytes of a model's file behind its header.
func modelTensors(t *testing.T, dir string) []byte {
	t.Helper()
	data := weights(t, dir)
	header := 8
	for i := range 8 {
		header += int(data[i]) << (8 * i)
	}
	return data[header:]
}

// TestJudgedResumed interrupts a run that keeps its best state at each of some steps, among them the one
// before its last and the one that is its best, and resumes it: to the same bits.
func TestJudgedResumed(t *testing.T) {
	cfg := withJudged(t)
	whole := filepath.Join(t.TempDir(), "whole")
	s, err := classify.Run(t.Context(), cfg, classify.Options{Dir: whole, Threads: 1, Draw: figures.Draw})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{1, s.BestStep, s.BestStep + 3, s.Steps - 1} {
		dir := filepath.Join(t.TempDir(), "run")
		stopped(t, cfg, classify.Options{Dir: dir, Threads: 1}, at)
		must(t, dir, classify.Options{Threads: 1, Dataset: sameGuesses(t)})
		asUndisturbed(t, "resumed", dir, whole)
	}
}

// TestJudgedExtended gives a run that ended by itself more steps: it takes them, and does not end at
// once again.
func TestJudgedExtended(t *testing.T) {
	cfg := withJudged(t)
	dir := filepath.Join(t.TempDir(), "run")
	opt := classify.Options{Dir: dir, Threads: 1, Draw: figures.Draw}
	before, err := classify.Run(t.Context(), cfg, opt)
	if err != nil {
		t.Fatal(err)
	}
	opt.Dataset = sameGuesses(t)
	for _, steps := range []int{0, 100, 400} {
		opt.ExtendTo = steps
		if _, err := resumed(t, dir, opt); !fault.IsInput(err) || !strings.Contains(err.Error(), "more than its 400 steps") {
			t.Errorf("to %d steps: %v", steps, err)
		}
	}
	opt.ExtendTo = 500
	after := must(t, dir, opt)
	if after.Steps != before.Steps+8*4 || after.BestStep != before.BestStep || after.PlannedSteps != 500 {
		t.Errorf("extended after %d steps to %d of %d, best %d, before %d", before.Steps, after.Steps, after.PlannedSteps,
			after.BestStep, before.BestStep)
	}
	if listed, err := classify.List(dir); err != nil || listed[0].State != classify.StateFinished {
		t.Errorf("%+v, %v", listed, err)
	}
}

// TestEpochs counts the steps of epochs, and refuses what contradicts itself.
func TestEpochs(t *testing.T) {
	cfg := withJudged(t)
	cfg.Patience, cfg.Epochs, cfg.Batch, cfg.EvalEvery = 0, 3, 15, 1
	s, err := classify.Run(t.Context(), cfg, classify.Options{Threads: 1})
	if err != nil || s.Steps != 8 || s.Epochs != 3 { // 120 images
		t.Errorf("%d steps, %d epochs: %v", s.Steps, s.Epochs, err)
	}
	for text, change := range map[string]func(c *classify.Config){
		"is 8 steps, but steps is 9":   func(c *classify.Config) { c.Steps = 9 },
		"steps is 0, expected at le":   func(c *classify.Config) { c.Epochs = 0 },
		"epochs is -1, expected":       func(c *classify.Config) { c.Epochs = -1 },
		"no image is left to judge":    func(c *classify.Config) { c.DevShare, c.TrainSize, c.Epochs = 0, 0, 3 },
		"dev_share is 1, expected":     func(c *classify.Config) { c.DevShare = 1 },
		"that a balanced subset leave": func(c *classify.Config) { c.PerClass = 3 },
		"keep \"bets\"":                func(c *classify.Config) { c.Keep = "bets" },
		"eval_every 0, expected steps": func(c *classify.Config) { c.EvalEvery = 0 },
		"of 240 images are held out":   func(c *classify.Config) { c.TrainSize = 60 },
	} {
		c := cfg
		change(&c)
		_, err := classify.Run(t.Context(), c, classify.Options{Threads: 1})
		if !fault.IsInput(err) || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, expected %q", err, text)
		}
	}
}
