package boundedfile_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
)

// both are the two readers, of a file in a folder.
var both = map[string]func(dir, name string, limit int64) ([]byte, error){
	"Read": func(dir, name string, limit int64) ([]byte, error) {
		return boundedfile.Read(filepath.Join(dir, name), limit)
	},
	"ReadFS": func(dir, name string, limit int64) ([]byte, error) {
		return boundedfile.ReadFS(os.DirFS(dir), name, limit)
	},
}

// refused checks an error of the input with a text.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	if !fault.IsInput(err) || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, expected a fault of the input that ends with %q", err, want)
	}
}

// TestRead reads up to the limit and no byte more.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string][]byte{"empty": {}, "short": []byte("ab"), "long": bytes.Repeat([]byte("x"), 5000)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
		for reader, read := range both {
			got, err := read(dir, name, int64(len(data)))
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s of %s: %d bytes, %v", reader, name, len(got), err)
			}
		}
	}
	for reader, read := range both {
		_, err := read(dir, "long", 4999)
		refused(t, err, "long: 4.883 KiB, expected at most 4.882 KiB")
		_, err = read(dir, "short", 1)
		refused(t, err, "short: 2 bytes, expected at most 1 bytes")
		if _, err := read(dir, "none", 10); !errors.Is(err, fs.ErrNotExist) || fault.IsInput(err) {
			t.Errorf("%s of a missing file: %v", reader, err)
		}
		if _, err := read(dir, "short/none", 10); !errors.Is(err, fs.ErrNotExist) || fault.IsInput(err) {
			t.Errorf("%s of what would be in a file: %v", reader, err)
		}
		_, err = read(filepath.Dir(dir), filepath.Base(dir), 10)
		refused(t, err, ": a folder, expected a file")
	}
	if err := os.Symlink("short", filepath.Join(dir, "link")); err == nil {
		if got, err := boundedfile.Read(filepath.Join(dir, "link"), 10); err != nil || string(got) != "ab" {
			t.Errorf("through a link: %q, %v", got, err)
		}
	}
}

// TestSparse refuses a huge file by its size.
func TestSparse(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "huge")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 20e9); err != nil {
		t.Skip("this file system has no files of 20 GB: ", err)
	}
	for _, read := range both {
		_, err := read(dir, "huge", 1<<20)
		refused(t, err, "huge: 18.63 GiB, expected at most 1 MiB")
	}
}

// TestDevice never opens what has no end.
func TestDevice(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no /dev/zero on Windows")
	}
	for _, read := range both {
		_, err := read("/dev", "zero", 1<<20)
		refused(t, err, "zero: a device, expected a file")
	}
}

// grows is a file system whose file says that it is empty and has no end.
type grows struct{ fstest.MapFS }

func (g grows) Open(name string) (fs.File, error) {
	f, err := g.MapFS.Open(name)
	return endless{f}, err
}

type endless struct{ fs.File }

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestGrowing stops at the limit when the size was a lie.
func TestGrowing(t *testing.T) {
	_, err := boundedfile.ReadFS(grows{fstest.MapFS{"a": {}}}, "a", 100000)
	refused(t, err, "a: more than 97.66 KiB")

	name := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(name, []byte("1234"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := boundedfile.Open(name, 6)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Size() != 4 {
		t.Errorf("size %d", f.Size())
	}
	if _, err := io.ReadFull(f, make([]byte, 4)); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(name, []byte("12345678"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(f)
	refused(t, err, "a: more than 6 bytes")
}

// swapped is a file system whose file is a folder once it is opened.
type swapped struct{ fstest.MapFS }

func (s swapped) Open(name string) (fs.File, error)     { return s.MapFS.Open("folder") }
func (s swapped) Stat(name string) (fs.FileInfo, error) { return s.MapFS.Stat("file") }

// TestSwapped looks again at what it opened.
func TestSwapped(t *testing.T) {
	_, err := boundedfile.ReadFS(swapped{fstest.MapFS{"file": {}, "folder/x": {}}}, "file", 10)
	refused(t, err, "file: a folder, expected a file")
}

// locked is a file system of files that may be looked at, but not opened.
type locked struct{ fstest.MapFS }

func (locked) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

// TestPermission is the input's fault where a file may not be read.
func TestPermission(t *testing.T) {
	_, err := boundedfile.ReadFS(locked{fstest.MapFS{"file": {}}}, "file", 10)
	refused(t, err, "open file: permission denied")
}
