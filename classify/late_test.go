package classify_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestLateFault damages the metrics of a run on its way: it fails at its end, when its model is
// written, so that the fault is not one of an input before which nothing was written.
func TestLateFault(t *testing.T) {
	cfg := classify.Default()
	cfg.TrainSize, cfg.Batch, cfg.Steps, cfg.LogEvery = 40, 20, 3, 1
	dir := filepath.Join(t.TempDir(), "run")
	metrics := filepath.Join(dir, "metrics.jsonl")
	_, err := classify.Run(context.Background(), cfg, classify.Options{Dir: dir, Stepped: func(p classify.Progress) {
		if p.Step != 2 {
			return
		}
		f, err := os.OpenFile(metrics, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("damaged"); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}})
	if err == nil || fault.IsInput(err) {
		t.Errorf("error %v, the input's fault: %v", err, fault.IsInput(err))
	}
	if _, err := os.Stat(filepath.Join(dir, classify.ModelFile)); err != nil {
		t.Error(err)
	}
}
