package queue

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/gradreg/gradreg/train"
)

// TestChoose checks that a run with open λ searches before it begins, and never again once its folder knows them: its result has
// the note, and its summary all probes, also of a run that was given back on the way.
func TestChoose(t *testing.T) {
	t.Parallel()
	cfg := train.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.Model = 59500, 20, 10, "mlp:hidden=16,dropout=0.2"
	cfg.Regularizers = []string{"dropout:auto", "label-smoothing:auto"}
	opt := train.Options{Dir: filepath.Join(t.TempDir(), "run"), Threads: 1}
	first, _, err := choose(t.Context(), cfg, opt)
	if err != nil || len(first.Choices) != 2 {
		t.Fatalf("%+v, %v", first.Choices, err)
	}
	// A worker that dies here leaves nothing, and the next one searches again.
	if again, _, err := choose(t.Context(), cfg, opt); err != nil || !reflect.DeepEqual(again, first) {
		t.Fatalf("again %+v, %v, expected %+v", again, err, first)
	}
	ctx, cancel := context.WithCancel(t.Context())
	opt.Stepped = func(train.Progress) { cancel() }
	if _, err := train.Run(ctx, first, opt); !errors.Is(err, train.ErrInterrupted) {
		t.Fatal(err)
	}
	opt.Stepped, opt.Resume = nil, true
	result, err := attempt(t.Context(), cfg, true, opt)
	if err != nil || result.Note != first.Note || first.Note == "" {
		t.Fatalf("note %q, %v, expected %q", result.Note, err, first.Note)
	}
	if s, err := train.FolderSummary(opt.Dir); err != nil || !reflect.DeepEqual(s.Choices, first.Choices) {
		t.Errorf("the summary has %+v, %v, expected %+v", s.Choices, err, first.Choices)
	}
}
