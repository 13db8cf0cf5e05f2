package classify

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
)

// Read is [Load] of a model that comes by a reader, such as a download. Nothing is read behind the
// header unless it describes a model, and never more than that model takes.
func Read(r io.Reader, batch, threads int) (*SavedModel, error) {
	return decode("model", batch, threads, func(accept func(tensorfile.Header) error) (tensorfile.File, error) {
		return tensorfile.DecodeStream(r, accept)
	})
}

// Parse is [Load] of the bytes of a model file, such as one that a program embeds.
func Parse(data []byte, batch, threads int) (*SavedModel, error) {
	return Read(bytes.NewReader(data), batch, threads)
}

// LoadFS is [Load] of a file of a file system, such as an embed.FS.
func LoadFS(fsys fs.FS, name string, batch, threads int) (*SavedModel, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fault.Inputf("%s: %w", name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fault.Inputf("%s: %w", name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.Inputf("%s: found %v, expected a model file", name, info.Mode().Type())
	}
	return decode(name, batch, threads, func(accept func(tensorfile.Header) error) (tensorfile.File, error) {
		return tensorfile.Decode(f, info.Size(), accept)
	})
}

// decode makes a model of what read reads.
func decode(
	name string, batch, threads int,
	read func(func(tensorfile.Header) error) (tensorfile.File, error),
) (*SavedModel, error) {
	if batch < 1 {
		return nil, fault.Inputf("batch is %d, expected at least 1", batch)
	}
	m, err := readModel(read, nil, batch, threads)
	if err != nil {
		return nil, fault.Input(fmt.Errorf("%s: %w", name, err))
	}
	return m, nil
}
