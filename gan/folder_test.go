package gan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
)

// TestMissingCheckpoint checks that a run whose checkpoint is gone does not begin again over what it
// has written, and that one that never had any begins.
func TestMissingCheckpoint(t *testing.T) {
	c := onPoints()
	dir := finished(t, c, 1)
	for _, name := range append(layout.Results, checkpointFile) {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Run(t.Context(), c, RunOptions{Dir: dir, Resume: true})
	if !fault.IsInput(err) || !strings.Contains(err.Error(), checkpointFile+": found no checkpoint") {
		t.Errorf("with metrics and a generator: %v", err)
	}
	if lines, err := ReadMetrics(dir); err != nil || len(lines) == 0 {
		t.Errorf("%d lines of metrics are left (%v)", len(lines), err)
	}
	for _, name := range []string{GeneratorFile, metricsFile} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Run(t.Context(), c, RunOptions{Dir: dir, Resume: true}); err != nil {
		t.Errorf("with its configuration alone: %v", err)
	}
}

// TestRunAsData checks that a run folder, which has sheets in it, is not taken for pictures.
func TestRunAsData(t *testing.T) {
	c := DefaultFor(finished(t, onPoints(), 1))
	_, err := OpenData(t.Context(), &c, RunOptions{})
	if !fault.IsInput(err) || !strings.Contains(err.Error(), "run folder of a generator") {
		t.Errorf("%v", err)
	}
}
