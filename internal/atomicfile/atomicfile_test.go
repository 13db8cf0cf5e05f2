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
	"strings"
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
	onlyOld(t, path)
}

// TestPanic checks that a panic while writing passes through, and leaves the old content and no temporary file.
func TestPanic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := atomicfile.WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recover() != "bug" {
				t.Error("the panic did not pass through")
			}
		}()
		atomicfile.Write(path, func(io.Writer) error { panic("bug") })
	}()
	onlyOld(t, path)
}

// onlyOld checks that the file holds "old" and is alone in its folder.
func onlyOld(t *testing.T, path string) {
	t.Helper()
	if data, err := os.ReadFile(path); string(data) != "old" {
		t.Errorf("the old content is gone, there are %d bytes: %v", len(data), err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestNoPlace checks that a missing folder, and a folder in the file's place, are errors that name the file and
// leave nothing.
func TestNoPlace(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.Mkdir(taken, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "none", "file"), taken} {
		if err := atomicfile.WriteBytes(path, nil); err == nil || !strings.Contains(err.Error(), "writing "+path+":") {
			t.Errorf("%s: error is %v", path, err)
		}
	}
	if entries, err := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestIsTemporary checks that what a killed process leaves is known as such, and nothing else is.
func TestIsTemporary(t *testing.T) {
	dir := t.TempDir()
	var during string
	err := atomicfile.Write(filepath.Join(dir, "file"), func(io.Writer) error {
		entries, err := os.ReadDir(dir)
		if len(entries) == 1 {
			during = entries[0].Name()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{during: true, "file": false, "file.tmp": false, "other.tmp-1": false} {
		if got := atomicfile.IsTemporary(name, "file"); got != want {
			t.Errorf("IsTemporary(%q) is %v", name, got)
		}
	}
}
