package folder

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/internal/fault"
)

const (
	// maxFile bounds a picture's file.
	maxFile = picture.MaxFile
	// memory bounds what files and pictures in work take at a time, whatever the number of
	// processors. A picture that needs more is worked on alone.
	memory = 1 << 30
)

// inspect reads every file for its hash and what its header says.
func (o *opening) inspect(ctx context.Context) error {
	files := o.listed.files
	return o.each(ctx, "reading", len(files), func(i int) int64 { return files[i].size }, func(i int) {
		f := files[i]
		data, err := o.read(f)
		if err != nil {
			f.err = err
			return
		}
		f.hash = sha256.Sum256(data)
		header, err := picture.DecodeHeader(data)
		if err != nil {
			f.err = err
			return
		}
		f.width, f.height, f.memory = header.Width, header.Height, header.Memory(o.Size)
	})
}

// read reads a file.
func (o *opening) read(f *file) ([]byte, error) {
	if f.size > maxFile {
		return nil, fault.Inputf("a file of %d bytes, expected at most %d", f.size, maxFile)
	}
	if f.size == 0 {
		return nil, fault.Inputf("the file is empty")
	}
	opened, err := boundedfile.Open(filepath.Join(o.dir, filepath.FromSlash(f.path)), maxFile)
	if err != nil {
		return nil, cause(err)
	}
	defer opened.Close()
	// A byte more than the size shows a file that grows.
	data := make([]byte, f.size+1)
	n, err := io.ReadFull(opened, data)
	switch {
	case err == nil || n < int(f.size) && (err == io.ErrUnexpectedEOF || err == io.EOF):
		return nil, fault.Inputf("the file changes while it is read")
	case err != io.ErrUnexpectedEOF:
		return nil, cause(err)
	}
	return data[:n], nil
}

// reread reads a file that was inspected before.
func (o *opening) reread(f *file) ([]byte, error) {
	data, err := o.read(f)
	if err == nil && sha256.Sum256(data) != f.hash {
		return nil, fault.Inputf("the file changes while it is read")
	}
	return data, err
}

// readable drops the files that cannot be read, and notes them.
func (o *opening) readable(files []*file) []*file {
	var out []*file
	for _, f := range files {
		if f.err == nil {
			out = append(out, f)
			continue
		}
		o.report.add(Unreadable, f.path, f.err.Error())
	}
	return out
}

// strict returns the error of a folder with files that cannot be read, if that is not allowed.
func (o *opening) strict() error {
	bad := o.report.of(Unreadable)
	if !o.Strict || len(bad) == 0 {
		return nil
	}
	more := ""
	if len(bad) > 1 {
		more = fmt.Sprintf("; %d more like it", len(bad)-1)
	}
	return fault.Inputf("%s: %s (strict)%s", bad[0].Paths[0], bad[0].Detail, more)
}

// each calls f for 0 … n−1 on all processors, as far as the context and the memory that each takes
// allow.
func (o *opening) each(ctx context.Context, phase string, n int, bytes func(int) int64, f func(int)) error {
	var group errgroup.Group
	var bugs bug.Keeper
	group.SetLimit(runtime.GOMAXPROCS(0))
	budget := semaphore.NewWeighted(memory)
	var mu sync.Mutex
	done := 0
	for i := range n {
		weight := min(max(bytes(i), 1), memory)
		if budget.Acquire(ctx, weight) != nil {
			break
		}
		group.Go(func() error {
			defer bugs.Keep()
			defer budget.Release(weight)
			f(i)
			if o.Progress != nil {
				mu.Lock()
				defer mu.Unlock()
				done++
				o.Progress(Progress{phase, done, n})
			}
			return nil
		})
	}
	group.Wait()
	bugs.Raise()
	return ctx.Err()
}
