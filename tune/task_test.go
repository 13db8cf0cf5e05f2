package tune_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/task"
	"github.com/gradreg/gradreg/tune"
)

// brightness makes images of 4 by 4 pixels and the number that is their mean, in units of its own.
func brightness(images int, seed uint64) *dataset.Part {
	r := rand.New(rand.NewPCG(seed, 1))
	p := &dataset.Part{Shape: dataset.Shape{C: 1, H: 4, W: 4}, Labels: make([]int32, images)}
	for range images {
		level := r.IntN(200)
		for range 16 {
			p.Images = append(p.Images, byte(level+r.IntN(50)))
		}
		p.Targets = append(p.Targets, 1000+float32(level))
	}
	return p
}

// TestLambdaOfRegression chooses the λ whose probe has the least error, and records what it was.
func TestLambdaOfRegression(t *testing.T) {
	data, err := dataset.New(dataset.Info{
		Name: "levels", Task: task.Regression{}, Classes: []string{"level"}, Shape: dataset.Shape{C: 1, H: 4, W: 4},
	}, brightness(300, 1), brightness(20, 2))
	if err != nil {
		t.Fatal(err)
	}
	cfg := short("datagrad:auto")
	cfg.Data, cfg.Model, cfg.Augment = data.Source(), model.ParseSpec("mlp:hidden=16"), ""
	got, err := tune.Lambda(t.Context(), cfg, tune.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := got.Choices[0]
	last := c.Probes[len(c.Probes)-1].Steps
	var chosen *classify.ProbeRecord
	for i, p := range c.Probes {
		if p.Metrics == nil || p.Accuracy != nil || p.Metrics.Samples != 200 || !(p.Metrics.Quality > 0) {
			t.Fatalf("probe %+v, expected an error on 200 dev images", p)
		}
		if p.Steps == last && p.Lambda == c.Lambda {
			chosen = &c.Probes[i]
		}
	}
	for _, p := range c.Probes {
		if p.Steps == last && (chosen == nil || p.Metrics.Quality < chosen.Metrics.Quality) {
			t.Errorf("λ %v was chosen (%+v), but %v has the error %v", c.Lambda, chosen, p.Lambda, p.Metrics.Quality)
		}
	}
	if !strings.Contains(got.Note, "root mean squared error") || strings.Contains(got.Note, "diverged") {
		t.Errorf("note %q", got.Note)
	}
	text, err := got.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := classify.ReadConfig(classify.Config{}, text); err != nil || *again.Choices[0].Probes[0].Metrics != *c.Probes[0].Metrics {
		t.Errorf("read again: %v", err)
	}
}
