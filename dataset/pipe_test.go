//go:build unix

package dataset_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestPipe never waits for a writer, whatever file of a set is a pipe.
func TestPipe(t *testing.T) {
	for _, name := range []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"} {
		dir := idxFolder(t, 3)
		os.Remove(filepath.Join(dir, name))
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o644); err != nil {
			t.Skip("no pipes here: ", err)
		}
		done := make(chan error)
		go func() {
			d, err := dataset.Open(t.Context(), "mnist", dir)
			if err == nil {
				_, err = d.Train()
			}
			done <- err
		}()
		select {
		case err := <-done:
			if !fault.IsInput(err) || !strings.Contains(err.Error(), name+": a pipe, expected a file") {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: waits", name)
		}
	}
}
