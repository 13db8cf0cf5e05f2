// Package atomicfile writes files that appear whole or not at all.
package atomicfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// temporary stands between the name of a file and the random part of its temporary's.
const temporary = ".tmp-"

// Write replaces the file at path by what write produces. The order of writes is: a temporary file in the
// same folder is filled, synced and closed, renamed to path, and the folder is synced. Whatever happens
// before the rename leaves the old file; whatever happens after it leaves the new one. A temporary that a
// failed write leaves is removed; one that a killed process leaves is named path.tmp-*.
func Write(path string, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+temporary+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	b := bufio.NewWriterSize(f, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// IsTemporary reports whether name is that of a temporary that Write makes for the file base.
func IsTemporary(name, base string) bool { return strings.HasPrefix(name, base+temporary) }

// WriteBytes is Write of data.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
