package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/gradreg/gradreg/internal/fault"
)

// checkFileWritable finds out before the work whether a file can be written, in a folder that
// exists.
func checkFileWritable(flag, path string) error {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fault.Inputf("--%s: %s is no folder, expected the file's to exist", flag, dir)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fault.Inputf("--%s: %s is a folder, expected a file's name", flag, path)
	}
	return checkFolderWritable(flag, dir)
}

// checkPictureWritable finds out before the work whether a picture can be written, in a format that
// the end of its name says.
func checkPictureWritable(flag, path string, formats ...string) error {
	if !slices.Contains(formats, strings.ToLower(filepath.Ext(path))) {
		return usage{fmt.Errorf("--%s is %s, expected a %s file", flag, path, strings.Join(formats, " or "))}
	}
	return checkFileWritable(flag, path)
}

// checkFolderWritable finds out before the work whether the folder of a flag, which need not be
// there, can be written to. It leaves nothing behind.
func checkFolderWritable(flag, dir string) error {
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
