package classify

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"runtime"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/internal/fault"
)

const (
	// maxPictureFile bounds a picture's file, as it does those of folders that are trained on.
	maxPictureFile = picture.MaxFile
	// decodingMemory bounds what pictures take while they are decoded, whatever the number of
	// processors. One that needs more is decoded alone.
	decodingMemory = 1 << 30
)

// DecodeFiles reads pictures' files as the images [C, H, W] that PredictAll takes, on all
// processors as far as memory allows. Where a file cannot be read or is no picture, or the context
// ended before it, its image is nil and its error names the file and says why. The others do not
// suffer from it.
func (m *SavedModel) DecodeFiles(ctx context.Context, paths []string, invert bool) (images [][]byte, errs []error) {
	images, errs = make([][]byte, len(paths)), make([]error, len(paths))
	if err := fault.NoContext(ctx); err != nil {
		for i := range errs {
			errs[i] = err
		}
		return images, errs
	}
	for i, d := range m.decodeFiles(ctx, paths, invert, nil) {
		images[i], errs[i] = d.image, d.err
	}
	return images, errs
}

// decoded is what became of a file.
type decoded struct {
	image []byte
	sum   [32]byte // SHA-256 of the file
	err   error
}

// decodeFiles is DecodeFiles with the files' sums. A file that known, if not nil, reports by its sum
// is not decoded, and has neither an image nor an error.
func (m *SavedModel) decodeFiles(
	ctx context.Context, paths []string, invert bool, known func(sum [32]byte) bool,
) []decoded {
	out := make([]decoded, len(paths))
	budget := semaphore.NewWeighted(decodingMemory)
	var group errgroup.Group
	var bugs bug.Keeper
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, path := range paths {
		group.Go(func() error {
			defer bugs.Keep()
			out[i] = m.decodeFile(ctx, path, invert, budget, known)
			return nil
		})
	}
	_ = group.Wait() // each has its error in out
	bugs.Raise()
	return out
}

// decodeFile reads a picture's file.
func (m *SavedModel) decodeFile(
	ctx context.Context, path string, invert bool, budget *semaphore.Weighted, known func([32]byte) bool,
) (d decoded) {
	if d.err = ctx.Err(); d.err != nil {
		return d
	}
	data, err := boundedfile.Read(path, maxPictureFile)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = fault.Inputf("%s: %w", path, e.Err)
	}
	if d.err = err; err != nil {
		return d
	}
	d.sum = sha256.Sum256(data)
	if known != nil && known(d.sum) {
		return d
	}
	header, err := picture.DecodeHeader(data)
	if err != nil {
		d.err = fault.Inputf("%s: %w", path, err)
		return d
	}
	size := min(header.Memory(max(m.Width, m.Height)), decodingMemory)
	if d.err = budget.Acquire(ctx, size); d.err != nil {
		return d
	}
	defer budget.Release(size)
	if d.image, err = m.Decode(data, invert); err != nil {
		d.err = fault.Inputf("%s: %w", path, err)
	}
	return d
}
