package folder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gradreg/gradreg/internal/fault"
)

// EachPicture calls found with the path of every file in dir, and in the folders in it, whose name
// pictures have: in byte order of the names in each folder, whatever the classes, and one at a
// time, so that a folder of any number of pictures takes no memory. Hidden files and those that
// systems leave are passed over, links to files followed, links to folders not. What cannot be
// looked at goes to skipped, and the others are found nevertheless. A file whose name is not one that
// pictures have goes to other, unless that is nil. An error of found ends the walk and is returned.
func EachPicture(
	dir string, found func(path string) error, skipped func(path string, err error), other func(path string),
) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil && path == dir:
			return fault.Inputf("reading the folder %s: %w", dir, cause(err))
		case err != nil:
			skipped(path, fault.Inputf("reading it: %w", cause(err)))
			return nil
		case path != dir && isHidden(e.Name()):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return nil
		case !isPicture(e.Name()):
			if other != nil {
				other(path)
			}
			return nil
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && e.Type()&fs.ModeSymlink == 0: // removed since
			return nil
		case err != nil:
			skipped(path, fault.Inputf("a link that cannot be followed: %w", cause(err)))
			return nil
		case !info.Mode().IsRegular():
			skipped(path, fault.Inputf("not a regular file"))
			return nil
		}
		return found(path)
	})
}
