package classify_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
)

// TestList lists runs in every state, and what only looks like one.
func TestList(t *testing.T) {
	dir := t.TempDir()
	cfg := classify.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.EvalEvery, cfg.LogEvery, cfg.Model, cfg.Regularizers = 20, 6, 10, 0, 1, model.ParseSpec("mlp:hidden=8"), nil
	begin := func(name string, until int) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		_, err := classify.Run(ctx, cfg, classify.Options{Dir: filepath.Join(dir, name), Stepped: func(p classify.Progress) {
			if p.Step == until {
				cancel()
			}
			if name == "deep/er/done" && p.Step == 3 {
				if runs, err := classify.List(dir); err != nil || len(runs) != 1 || runs[0].State != classify.StateRunning || runs[0].Step != 3 {
					t.Errorf("while it runs: %+v, %v", runs, err)
				}
			}
		}})
		if err != nil && !errors.Is(err, classify.ErrInterrupted) {
			t.Fatal(err)
		}
	}
	begin("deep/er/done", 0)
	begin("stopped", 4)
	begin("broken", 2)
	begin("half", 0)
	if err := errors.Join(
		os.WriteFile(filepath.Join(dir, "broken", "config.yaml"), []byte("stepz: 3\n"), 0o644),
		os.WriteFile(filepath.Join(dir, "half", "summary.json"), []byte("{"), 0o644),
		os.MkdirAll(filepath.Join(dir, "other"), 0o755),
		os.WriteFile(filepath.Join(dir, "other", "config.yaml"), []byte("theme: dark\n"), 0o644),
		os.Symlink(filepath.Join(dir, "stopped"), filepath.Join(dir, "link")),
	); err != nil {
		t.Fatal(err)
	}
	runs, err := classify.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range runs {
		name, err := filepath.Rel(dir, r.Dir)
		if err != nil || (r.Err != nil) != (r.State == classify.StateDamaged) || r.Changed.IsZero() {
			t.Errorf("%+v, %v", r, err)
		}
		got = append(got, filepath.ToSlash(name)+" "+string(r.State))
	}
	want := []string{"broken damaged", "deep/er/done finished", "half damaged", "link interrupted", "stopped interrupted"}
	if !slices.Equal(got, want) {
		t.Fatalf("%q, expected %q", got, want)
	}
	if done := runs[1]; done.Step != 6 || done.Summary == nil || done.Summary.TestImages != 10000 {
		t.Errorf("%+v", done)
	}
	if stopped := runs[4]; stopped.Step != 4 || stopped.Summary != nil || stopped.Config.Steps != 6 {
		t.Errorf("%+v", stopped)
	}
	if runs, err := classify.List(filepath.Join(dir, "stopped")); err != nil || len(runs) != 1 {
		t.Errorf("the run itself: %+v, %v", runs, err)
	}
	for _, bad := range []string{"none", "stopped/config.yaml"} {
		if _, err := classify.List(filepath.Join(dir, bad)); !fault.IsInput(err) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
