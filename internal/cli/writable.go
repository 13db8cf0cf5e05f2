package cli

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gradreg/gradreg/internal/fault"
)

// writable finds out before the work whether the folder of a flag, which need not be there, can be
// written to. It leaves nothing behind.
func writable(flag, dir string) error {
	info, err := os.Stat(dir)
	for err != nil && filepath.Dir(dir) != dir { // the folder that it would be made in
		if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, os.ErrNotExist) {
			dir = filepath.Dir(dir)
			info, err = os.Stat(dir)
			continue
		}
		return fault.Inputf("--%s: %w", flag, err)
	}
	if err != nil {
		return fault.Inputf("--%s: %w", flag, err)
	}
	if !info.IsDir() {
		return fault.Inputf("--%s: %s is a file, expected a folder", flag, dir)
	}
	f, err := os.CreateTemp(dir, ".gradreg-*")
	if err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			return err
		}
		return fault.Inputf("--%s: %s cannot be written to: %w", flag, dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
