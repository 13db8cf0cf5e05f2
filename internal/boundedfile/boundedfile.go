// Package boundedfile reads files that others made: never a device or a pipe, which may have no end
// or let a reader wait for ever, and never more than the reader of such a file can have a use for.
package boundedfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/gradreg/gradreg/internal/fault"
)

// Read returns the content of the regular file at path, which links may lead to, if it has at most
// limit bytes. What is no regular file, is longer or may not be read is the input's fault and is
// refused before it is read. Another error of the system is returned as it is; a missing file is
// fs.ErrNotExist, also one below what is no folder.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path, limit)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// ReadFS is Read of the file with a name in fsys. Whether looking at a pipe waits is up to fsys:
// one that is no fs.StatFS is opened for it.
func ReadFS(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := open(
		name, limit, func() (fs.FileInfo, error) { return fs.Stat(fsys, name) },
		func() (fs.File, error) { return fsys.Open(name) },
	)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// judged returns an error of the system as callers are to take it.
func judged(err error) error {
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return below{err}
	case errors.Is(err, fs.ErrPermission):
		return fault.Input(err)
	}
	return err
}

// below is the error of a path that leads through a file as if it were a folder: nothing is there.
type below struct{ error }

func (b below) Unwrap() error      { return b.error }
func (below) Is(target error) bool { return target == fs.ErrNotExist }

// File is an open regular file. Reading beyond its limit fails, as files grow while they are read
// and some say a wrong size.
type File struct {
	file  fs.File
	name  string
	size  int64
	limit int64
	read  int64
}

// Open opens what Read reads, for a reader that looks at a part before it takes the rest.
func Open(path string, limit int64) (*File, error) {
	return open(
		path, limit, func() (fs.FileInfo, error) { return os.Stat(path) },
		func() (fs.File, error) { return openFile(path) },
	)
}

// openFile opens without waiting.
func openFile(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDONLY|nonblocking, 0) }

// open looks at the file before it opens it, as opening can wait or have an effect, and once more
// at what it opened, which may be another by then.
func open(name string, limit int64, stat func() (fs.FileInfo, error), open func() (fs.File, error)) (*File, error) {
	info, err := stat()
	if err != nil {
		return nil, judged(err)
	}
	if err := checkSize(name, info, limit); err != nil {
		return nil, err
	}
	f, err := open()
	if err != nil {
		return nil, judged(err)
	}
	if info, err = f.Stat(); err == nil {
		err = checkSize(name, info, limit)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{file: f, name: name, size: info.Size(), limit: limit}, nil
}

// Size returns the file's size when it was opened, in bytes. It is 0 for what the system makes up
// while it is read.
func (f *File) Size() int64 { return f.size }

// Read reads on. Its error beyond the limit is the input's fault.
func (f *File) Read(p []byte) (int, error) {
	// One byte more than allowed, to see whether there is more.
	if rest := f.limit + 1 - f.read; int64(len(p)) > rest {
		p = p[:max(rest, 0)]
	}
	n, err := f.file.Read(p)
	f.read += int64(n)
	if f.read > f.limit {
		return 0, fault.Inputf("%s: more than %s", f.name, bytes(f.limit))
	}
	return n, err
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// checkSize refuses what is no regular file and what is longer than limit.
func checkSize(name string, info fs.FileInfo, limit int64) error {
	if mode := info.Mode(); !mode.IsRegular() {
		return fault.Inputf("%s: %s, expected a file", name, kind(mode))
	}
	if info.Size() > limit {
		return fault.Inputf("%s: %s, expected at most %s", name, bytes(info.Size()), bytes(limit))
	}
	return nil
}

// kind names what is no regular file.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "no regular file"
}

// bytes writes a number of bytes in the unit in which it is at least one.
func bytes(n int64) string {
	for _, unit := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= unit.size {
			return fmt.Sprintf("%.4g %s", float64(n)/float64(unit.size), unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
