// Package atomicfile writes files that appear whole or not at all.
package atomicfile

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// temporary stands between the name of a file and the random part of its temporary's.
const temporary = ".tmp-"

// Write replaces the file at path by what write produces. The order of writes is: a temporary file
// in the same folder is filled, synced and closed, renamed to path, and the folder is synced.
// Whatever happens before the rename leaves the old file; whatever happens after it leaves the new
// one, also where syncing the folder fails and is reported. A temporary that a failed or panicking
// write leaves is removed; one that a killed process leaves is named path.tmp-*. The new file has
// the permissions of any new file under the process's umask. A symbolic link at path is replaced,
// not followed.
func Write(path string, write func(io.Writer) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	f, err := os.OpenFile(path+temporary+rand.Text(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	renamed := false
	defer func() { // also when write panics
		if !renamed {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := fill(f, write); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	renamed = true
	return syncDir(filepath.Dir(path))
}

// fill writes, syncs and closes a file.
func fill(f *os.File, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(f, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// Rename is os.Rename within a file system that is durable when it returns. Like it, it replaces a
// file but no folder with something in it.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncDir(filepath.Dir(to))
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
