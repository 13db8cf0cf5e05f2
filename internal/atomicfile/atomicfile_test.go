package atomicfile_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gradreg/gradreg/internal/atomicfile"
)

// childFile tells the test binary to rewrite a file for ever instead of running tests.
const childFile = "GRADREG_TEST_ATOMICFILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		for {
			if err := atomicfile.WriteBytes(path, sealed(rand.IntN(200_000))); err != nil {
				os.Exit(3)
			}
		}
	}
	os.Exit(m.Run())
}

// sealed returns n random bytes followed by their hash.
func sealed(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func intact(b []byte) bool {
	if len(b) < sha256.Size {
		return false
	}
	sum := sha256.Sum256(b[:len(b)-sha256.Size])
	return bytes.Equal(sum[:], b[len(b)-sha256.Size:])
}

// TestKill kills a process that rewrites a file, at random moments: what is there is always one whole
// version.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for round := range 12 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childFile+"="+path)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		for wait := time.Now(); time.Since(wait) < 5*time.Second; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(path); err == nil {
				break
			}
		}
		time.Sleep(time.Duration(rand.IntN(20_000)) * time.Microsecond)
		child.Process.Kill()
		child.Wait()
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !intact(data) {
			t.Fatalf("round %d: the file of %d bytes is not one of the versions written", round, len(data))
		}
	}
}

// TestFailure checks that an error while writing leaves the old content and no temporary file.
func TestFailure(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := atomicfile.WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := atomicfile.Write(path, func(w io.Writer) error {
		w.Write(make([]byte, 1<<20))
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "old" {
		t.Errorf("the old content is gone: %q", data)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// TestNoFolder checks that a missing folder is an error.
func TestNoFolder(t *testing.T) {
	if err := atomicfile.WriteBytes(filepath.Join(t.TempDir(), "none", "file"), nil); err == nil {
		t.Error("no error")
	}
}
