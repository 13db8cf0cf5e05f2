package classify_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/sym"
)

// mine is DataGrad under a name that no file reader knows.
type mine struct{ lambda float64 }

func (m mine) Penalty(p *gradreg.Problem) *sym.Expr {
	return gradreg.DataGrad{Weight: m.lambda}.Penalty(p)
}
func (mine) Name() string      { return "mine" }
func (m mine) Lambda() float64 { return m.lambda }
func (m mine) String() string  { return fmt.Sprintf("mine:%v", m.lambda) }
func (m mine) Validate() error {
	if m.lambda > 1000 {
		return fmt.Errorf("λ is %v, expected at most 1000", m.lambda)
	}
	return nil
}

// TestPenalties checks a regularizer of a user's own: its run records it, its numbers are those of the same regularizer named
// in text, it goes on where it is given again, and it is validated.
func TestPenalties(t *testing.T) {
	cfg := classify.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.EvalEvery, cfg.CheckpointEvery = 100, 8, 10, 0, 4
	cfg.Model, cfg.Regularizers = model.ParseSpec("mlp:hidden=8"), gradreg.Specs("datagrad:7")
	named, err := classify.Run(context.Background(), cfg, classify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Regularizers, cfg.Penalties = nil, []gradreg.Regularizer{mine{7}}
	dir := filepath.Join(t.TempDir(), "run")
	got, err := classify.Run(context.Background(), cfg, classify.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Regularizers) != "[mine:7]" || got.TestNLL != named.TestNLL {
		t.Errorf("%+v, by name %+v", got, named)
	}
	text, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
	if err != nil || !strings.Contains(string(text), "- mine:7\n") || strings.Contains(string(text), "enalties") {
		t.Errorf("the configuration is %s, %v", text, err)
	}
	read, err := classify.ReadConfig(classify.Config{}, text)
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Validate(); !fault.IsInput(err) || !strings.Contains(err.Error(), `unknown regularizer "mine"`) {
		t.Errorf("without the regularizer: %v", err)
	}
	read.Penalties = cfg.Penalties
	if again, err := classify.Run(context.Background(), read, classify.Options{}); err != nil || again.TestNLL != named.TestNLL {
		t.Errorf("from the file and the regularizer: %+v, %v", again, err)
	}
	if e, err := classify.Evaluate(t.Context(), dir, classify.Options{}); err != nil || e.Logits.Score().Accuracy() != named.TestAccuracy {
		t.Errorf("evaluated: %v", err)
	}
	for want, list := range map[string][]gradreg.Regularizer{"at most 1000": {mine{2000}}, "stands twice": {mine{1}, mine{2}}} {
		cfg.Penalties = list
		if err := cfg.Validate(); !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, expected %q", list, err, want)
		}
	}
}

// TestResumedPenalty breaks off a run with a regularizer of a user's own; it ends as if nothing had happened.
func TestResumedPenalty(t *testing.T) {
	cfg := classify.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.EvalEvery, cfg.CheckpointEvery = 100, 8, 10, 0, 4
	cfg.Model, cfg.Regularizers, cfg.Penalties = model.ParseSpec("mlp:hidden=8"), nil, []gradreg.Regularizer{mine{7}}
	want, err := classify.Run(context.Background(), cfg, classify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(context.Background())
	saved := func(int) error { cancel(); return nil }
	if _, err := classify.Run(ctx, cfg, classify.Options{Dir: dir, Saved: saved}); err == nil {
		t.Fatal("the run was not broken off")
	}
	got, err := classify.Run(context.Background(), cfg, classify.Options{Dir: dir, Resume: true})
	if err != nil || got.TestNLL != want.TestNLL {
		t.Errorf("%+v, %v; in one go %+v", got, err, want)
	}
}
