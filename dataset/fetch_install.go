package dataset

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/fault"
)

// isWhole reports whether dir holds the whole set, as published.
func (s *row) isWhole(dir string) bool {
	if _, ok := s.isIn(dir); !ok {
		return false
	}
	reports, err := s.verify(placeOf(dir))
	return err == nil && !slices.ContainsFunc(reports, func(r FileReport) bool { return !r.OK })
}

// checkReplaceable refuses a folder, or whatever is there, that holds something else than files of
// the set.
func (s *row) checkReplaceable(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Input(err)
	}
	names := s.storedNames()
	for _, e := range entries {
		if !slices.Contains(names, e.Name()) || !e.Type().IsRegular() {
			return fault.Inputf("%s is not the whole data set %s and cannot be replaced, for it "+
				"holds %s; move that, or name another folder for the data sets",
				dir, s.Name, e.Name())
		}
	}
	return nil
}

// install makes the set's folder of the complete downloads.
func (f *fetch) install() error {
	ready := filepath.Join(f.dir, "ready")
	if err := os.RemoveAll(ready); err != nil { // of a call that was killed
		return err
	}
	if err := os.Mkdir(ready, 0o777); err != nil {
		return err
	}
	for _, d := range f.downloads {
		if err := f.unpack(d, ready); err != nil {
			return err
		}
	}
	at := placeOf(ready)
	for _, train := range []bool{true, false} {
		if _, err := f.part(at, train); err != nil {
			return err
		}
	}
	old := filepath.Join(f.dir, "old")
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	replaced := os.Rename(f.target, old)
	if replaced != nil && !errors.Is(replaced, fs.ErrNotExist) {
		return replaced
	}
	if err := atomicfile.Rename(ready, f.target); err != nil {
		if replaced == nil {
			err = errors.Join(err, os.Rename(old, f.target))
		}
		return err
	}
	return os.RemoveAll(f.dir)
}

// unpack puts the files of a download into a folder. Those of an archive are unpacked, so that no
// run has to decompress 170 MB before its first step; the others are moved as they are.
func (f *fetch) unpack(d remoteFile, dir string) error {
	path := f.path(d)
	if !strings.HasSuffix(d.name, ".tar.gz") {
		return atomicfile.Rename(path, filepath.Join(dir, d.name))
	}
	data, err := f.readArchive(placeOf(f.dir), filepath.Base(path), f.files)
	if err != nil {
		return err
	}
	for _, file := range f.files {
		if err := atomicfile.WriteBytes(filepath.Join(dir, file.name), data[file.name]); err != nil {
			return err
		}
	}
	return nil
}
