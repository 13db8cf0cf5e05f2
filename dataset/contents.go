package dataset

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"path"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/therootcompany/xz"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/internal/fault"
)

// content is what a file of a set holds, unpacked.
type content struct {
	path   string // for messages
	stored string // the file of the place it was read from
	data   []byte
}

// xzDictionary bounds the dictionary of an .xz file, which is memory that its header asks for. It
// is that of xz -9, the largest of xz's presets.
const xzDictionary = 64 << 20

// read returns the contents of some of the set's files, in the same order. Whatever prevents it
// is the input's fault.
func (s *row) read(at place, files []file) ([]content, error) {
	contents := make([]content, len(files))
	var packed []file // those that are in the archive, if anywhere
	for i, f := range files {
		if name, ok := firstIn(at, f.storedNames()); ok {
			contents[i] = content{path: at.path(name), stored: name}
		} else {
			packed = append(packed, f)
		}
	}
	if err := s.readPacked(at, packed, files, contents); err != nil {
		return nil, cmp.Or(unopened(at, contents), err)
	}
	return contents, each(len(files), func(i int) (err error) {
		if contents[i].data == nil {
			contents[i].data, err = readStored(at, contents[i].stored, files[i].size)
		}
		return err
	})
}

// unopened returns what is wrong with the first file that is there and cannot be opened, such as a
// device: next to others that are missing it is the better reason.
func unopened(at place, contents []content) error {
	for _, c := range contents {
		if c.stored == "" {
			continue
		}
		f, err := openStored(at, c.stored)
		if err != nil {
			return err
		}
		f.Close()
	}
	return nil
}

// readPacked fills in the contents of those files that are in the archive.
func (s *row) readPacked(at place, packed, files []file, contents []content) error {
	if len(packed) == 0 {
		return nil
	}
	archive, ok := firstIn(at, s.archives())
	if !ok {
		return fault.Missingf("%s: not found, nor with .gz or .xz behind its name", at.path(packed[0].name))
	}
	data, err := s.readArchive(at, archive, packed)
	if err != nil {
		return err
	}
	for i, f := range files {
		if d, ok := data[f.name]; ok {
			contents[i] = content{at.path(archive) + ":" + f.name, archive, d}
		}
	}
	return nil
}

// firstIn returns the first of some names that there is a file of.
func firstIn(at place, names []string) (string, bool) {
	for _, name := range names {
		if _, err := fs.Stat(at, name); !errors.Is(err, fs.ErrNotExist) {
			return name, true
		}
	}
	return "", false
}

// each calls f for 0 ... n-1, on all processors, and returns the error of the smallest number.
func each(n int, f func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var group sync.WaitGroup
	var bugs bug.Keeper
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			defer bugs.Keep()
			for i := next.Add(1) - 1; int(i) < n; i = next.Add(1) - 1 {
				errs[i] = f(int(i))
			}
		})
	}
	group.Wait()
	bugs.Raise()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// readStored reads a file of at most limit bytes, unpacked as the end of its name says.
func readStored(at place, name string, limit int) ([]byte, error) {
	f, err := openStored(at, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := unpacker(f, path.Ext(name))
	if err != nil {
		return nil, fault.Inputf("%s: %w", at.path(name), err)
	}
	data, err := readAtMost(r, limit)
	if err != nil {
		return nil, fault.Inputf("%s: %w", at.path(name), err)
	}
	return data, nil
}

// maxStored bounds what is read of a file of a set, whatever it is packed in: more than all of
// CIFAR.
const maxStored = 1 << 30

// openStored opens a regular file.
func openStored(at place, name string) (io.ReadCloser, error) {
	f, err := at.open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Missingf("%s: not found", at.path(name))
	case fault.IsInput(err): // names the file
		return nil, err
	case err != nil:
		return nil, fault.Inputf("%s: %w", at.path(name), reason(err))
	}
	return f, nil
}

// open opens a file, of a folder without waiting for what is none.
func (p place) open(name string) (io.ReadCloser, error) {
	if p.dir == "" {
		return p.FS.Open(name)
	}
	return boundedfile.Open(p.path(name), maxStored)
}

// reason returns what a file system's error says besides operation and name, of which the name is
// relative to the place and would mislead.
func reason(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// unpacker returns a reader of what a file with that end of its name holds.
func unpacker(f io.Reader, ext string) (io.Reader, error) {
	r := bufio.NewReaderSize(f, 1<<16)
	switch ext {
	case ".gz":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fault.Inputf("not a gzip file: %w", err)
		}
		return z, nil
	case ".xz":
		z, err := xz.NewReader(r, xzDictionary)
		if err != nil {
			return nil, fault.Inputf("not an xz file: %w", err)
		}
		return z, nil
	}
	return r, nil
}

// firstChunk is what readAtMost allocates for a file of unknown size.
const firstChunk = 1 << 20

// readAtMost reads all, which must not be more than limit bytes. It allocates at most eight times
// what has come so far, so that a small file cannot make us allocate what a large one needs, and a
// large one is copied little.
func readAtMost(r io.Reader, limit int) ([]byte, error) {
	var data []byte
	for {
		have := len(data)
		if have == cap(data) { // one byte more than the limit, to see that there is no more
			data = append(make([]byte, 0, min(limit+1, max(firstChunk, 8*have))), data...)
		}
		n, err := r.Read(data[have:cap(data)])
		data = data[:have+n]
		switch {
		case len(data) > limit:
			return nil, fault.Inputf("holds more than %d bytes, which is what it should", limit)
		case err == io.EOF:
			return data, nil
		case err != nil:
			return nil, fault.Inputf("%w after %d bytes", truncated(err), len(data))
		}
	}
}

// truncated says what an early end of data is.
func truncated(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF || errors.Is(err, xz.ErrBuf) {
		return fault.Inputf("the file is truncated")
	}
	return err
}
