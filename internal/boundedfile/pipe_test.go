//go:build unix

package boundedfile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/gradreg/gradreg/internal/boundedfile"
)

// promptly fails a test whose function waits.
func promptly(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("waits")
	}
}

// TestPipe never waits for a writer.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(name, 0o644); err != nil {
		t.Skip("no pipes here: ", err)
	}
	for _, read := range both {
		promptly(t, func() {
			_, err := read(dir, "pipe", 10)
			refused(t, err, "pipe: a pipe, expected a file")
		})
	}
}

// TestPipeTakesPlace does not wait either where the pipe comes between the look and the opening.
func TestPipeTakesPlace(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(name, 0o644); err != nil {
		t.Skip("no pipes here: ", err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	promptly(t, func() {
		_, err := boundedfile.OpenAfter(name, 10, func() (fs.FileInfo, error) { return os.Stat(file) })
		refused(t, err, "pipe: a pipe, expected a file")
	})
}
