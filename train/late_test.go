package train_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/train"
)

// TestLateFault damages the metrics of a run on its way: it fails at its end, when its model is
// written, so that the fault is not one of an input before which nothing was written.
func TestLateFault(t *testing.T) {
	cfg := train.Default()
	cfg.TrainSize, cfg.Batch, cfg.Steps, cfg.LogEvery = 40, 20, 3, 1
	dir := filepath.Join(t.TempDir(), "run")
	metrics := filepath.Join(dir, "metrics.jsonl")
	_, err := train.Run(context.Background(), cfg, train.Options{Dir: dir, Stepped: func(p train.Progress) {
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
	if _, err := os.Stat(filepath.Join(dir, train.ModelFile)); err != nil {
		t.Error(err)
	}
}
