package cli

import (
	"io"
	"os"
	"path/filepath"

	"github.com/gradreg/gradreg/internal/fault"
)

// roomFor finds out before the work whether a file can be written, in a folder that exists.
func roomFor(flag, path string) error {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fault.Inputf("--%s: %s is no folder, expected the file's to exist", flag, dir)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fault.Inputf("--%s: %s is a folder, expected a file's name", flag, path)
	}
	return writable(flag, dir)
}

// output is what results are printed to. It keeps its first error, which few of those who print
// look at.
type output struct {
	io.Writer
	err error
}

// Write writes, unless it failed before.
func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.Writer.Write(p)
	o.err = err
	return n, err
}
