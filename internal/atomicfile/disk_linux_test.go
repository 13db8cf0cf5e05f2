package atomicfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gradreg/gradreg/internal/atomicfile"
)

// TestFullDisk writes more than a file system of 64 KiB holds: an error, the old content, and no temporary file.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("needs to mount a small file system, which is not permitted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "file")
	if err := atomicfile.WriteBytes(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	// 100 KB overflow while writing; 62 KB, which fit beside nothing else, when the buffer of 64 KB is flushed.
	if err := atomicfile.WriteBytes(path, make([]byte, 100_000)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error is %v, expected ENOSPC", err)
	}
	onlyOld(t, path)
	if err := atomicfile.WriteBytes(path, make([]byte, 62_000)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("at the flush: error is %v, expected ENOSPC", err)
	}
	onlyOld(t, path)
}

// TestUmask checks that the file is no more open than the user's other new files.
func TestUmask(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	path := filepath.Join(t.TempDir(), "file")
	if err := atomicfile.WriteBytes(path, nil); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("permissions %v under umask 077", info.Mode())
	}
}
