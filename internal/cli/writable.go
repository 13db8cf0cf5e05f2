package cli

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gradreg/gradreg/internal/fault"
)

// writable finds out before the work whether a folder, which need not be there, can be written to. It leaves nothing behind.
func writable(dir string) error {
	info, err := os.Stat(dir)
	for err != nil && filepath.Dir(dir) != dir { // the folder that it would be made in
		if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, os.ErrNotExist) {
			dir = filepath.Dir(dir)
			info, err = os.Stat(dir)
			continue
		}
		return fault.Inputf("--out: %w", err)
	}
	if err != nil {
		return fault.Inputf("--out: %w", err)
	}
	if !info.IsDir() {
		return fault.Inputf("--out: %s is a file, expected a folder", dir)
	}
	f, err := os.CreateTemp(dir, ".gradreg-*")
	if err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			return err
		}
		return fault.Inputf("--out: %s cannot be written to: %w", dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
