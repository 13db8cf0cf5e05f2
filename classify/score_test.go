package classify_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
)

// TestScoreOfNothing checks that a subset without images is an error, not the end of the program.
func TestScoreOfNothing(t *testing.T) {
	cfg := classify.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.EvalEvery, cfg.Model, cfg.Regularizers = 20, 1, 10, 0, model.ParseSpec("mlp:hidden=8"), nil
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := classify.Run(context.Background(), cfg, classify.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	m, err := classify.Load(filepath.Join(dir, classify.ModelFile), 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := m.Score(dataset.Subset{}); !fault.IsInput(err) {
		t.Errorf("%v", err)
	}
}
