package boundedfile

import (
	"math"
	"os"
)

// FileAt is an open regular file that is read at any place.
type FileAt struct {
	*os.File
	size int64
}

// OpenAt opens the regular file at path, as [Open] does, for a reader that bounds what it takes by
// the file's size.
func OpenAt(path string) (*FileAt, error) {
	f, err := Open(path, math.MaxInt64-1)
	if err != nil {
		return nil, err
	}
	return &FileAt{File: f.file.(*os.File), size: f.size}, nil
}

// Size returns the file's size when it was opened, in bytes.
func (f *FileAt) Size() int64 { return f.size }
