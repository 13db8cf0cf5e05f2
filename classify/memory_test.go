package classify_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
)

// inMemory makes a data set of stripes.
func inMemory(t *testing.T, seed uint64) *dataset.Dataset {
	t.Helper()
	d, err := dataset.New(dataset.Info{
		Name: "stripes", Classes: []string{"lying", "standing"}, Shape: dataset.Shape{C: 1, H: 8, W: 8},
	}, stripes(200, seed), stripes(50, 2))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDataInMemory interrupts a run on images in memory, and resumes it: only with the same images,
// and to the weights of a run that was not interrupted. Its evaluation needs them, too.
func TestDataInMemory(t *testing.T) {
	cfg := small()
	cfg.Data, cfg.Model, cfg.TrainSize, cfg.Augment = inMemory(t, 1).Source(), model.ParseSpec("mlp:hidden=8"), 150, "default"
	whole := filepath.Join(t.TempDir(), "whole")
	want, err := classify.Run(t.Context(), cfg, classify.Options{Dir: whole, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(t.Context())
	_, err = classify.Run(ctx, cfg, classify.Options{Dir: dir, Threads: 1, Stepped: func(classify.Progress) { cancel() }})
	if !errors.Is(err, classify.ErrInterrupted) {
		t.Fatal(err)
	}
	saved, err := classify.FolderConfig(dir)
	if err != nil || saved.Data.String() != "memory:stripes" {
		t.Fatalf("recorded data %q, %v", saved.Data, err)
	}
	for text, data := range map[string]dataset.Source{
		"expected a Source that holds its images": saved.Data,
		"are not those that":                      inMemory(t, 3).Source(),
	} {
		other := saved
		other.Data = data
		_, err := classify.Run(t.Context(), other, classify.Options{Dir: dir, Resume: true, Threads: 1})
		if !fault.IsInput(err) || !strings.Contains(err.Error(), text) {
			t.Errorf("resumed with other data: %v, expected %q", err, text)
		}
	}
	saved.Data = inMemory(t, 1).Source()
	got, err := classify.Run(t.Context(), saved, classify.Options{Dir: dir, Resume: true, Threads: 1})
	if err != nil || got.TestNLL != want.TestNLL || got.DataDigest != want.DataDigest {
		t.Errorf("resumed: %+v, %v, expected %+v", got, err, want)
	}
	if _, err := classify.Evaluate(t.Context(), dir, classify.Options{Threads: 1}); !fault.IsInput(err) {
		t.Errorf("evaluated without the images: %v", err)
	}
	e, err := classify.Evaluate(t.Context(), dir, classify.Options{Threads: 1, Dataset: inMemory(t, 1)})
	if err != nil || e.Logits.Score().NLL() != got.TestNLL {
		t.Errorf("evaluated again: %v", err)
	}
	trial, err := classify.Probe(t.Context(), cfg, classify.Options{Threads: 1})
	if err != nil || trial.Images != 50 {
		t.Errorf("trial %+v, %v, expected 50 dev images", trial, err)
	}
}
