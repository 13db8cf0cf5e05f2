package dataset

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
)

//go:embed mnist/*.gz
var embedded embed.FS

// systemFolder is where Debian's dataset-* packages put their files, each set in a folder of its name.
const systemFolder = "/usr/share/datasets"

// fetcher reads a file of a source by name. The path is for messages.
type fetcher func(name string) (path string, data []byte, err error)

// embedded returns the files that come with the program.
func (s *source) embedded() fetcher {
	return func(name string) (string, []byte, error) {
		path := s.Name + "/" + name
		data, err := embedded.ReadFile(path)
		return "embedded " + path, data, err
	}
}

// locate returns the folder that holds the source's files, or "" where the embedded ones are to be used.
// One file is enough for a folder to be chosen: another that is missing there is an error when it is read,
// never a reason to take the set from elsewhere.
func (s *source) locate(dirs []string) (string, error) {
	dirs = slices.DeleteFunc(slices.Clone(dirs), func(dir string) bool { return dir == "" })
	for _, dir := range dirs {
		if err := checkFolder(dir); err != nil {
			return "", err
		}
		for _, d := range []string{filepath.Join(dir, s.Name), dir} {
			if s.isIn(d) {
				return d, nil
			}
		}
	}
	if s.Embedded {
		return "", nil
	}
	if d := filepath.Join(systemFolder, s.Name); s.isIn(d) {
		return d, nil
	}
	where := "no folder was given (--data-dir or GRADREG_DATA)"
	if len(dirs) > 0 {
		where = "none of its files is in " + strings.Join(dirs, ", ")
	}
	return "", fault.Inputf("data set %s: %s; expected %s and %d others, from %s", s.Name, where, s.files[0].name, len(s.files)-1, s.From)
}

// checkFolder says why dir is no folder to look in.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Inputf("data folder %s: not found", dir)
	case err != nil:
		return fault.Input(fmt.Errorf("data folder: %w", err))
	case !info.IsDir():
		return fault.Inputf("data folder %s: not a folder", dir)
	}
	return nil
}

// isIn reports whether any of the source's files is in dir.
func (s *source) isIn(dir string) bool {
	return slices.ContainsFunc(s.files, func(f file) bool {
		_, err := os.Lstat(filepath.Join(dir, f.name))
		return err == nil
	})
}

// maxFile bounds what is read into memory; the largest file of a source has 31 MB.
const maxFile = 64 << 20

// folder reads files of a folder. Whatever prevents it is the input's fault.
func folder(dir string) fetcher {
	return func(name string) (string, []byte, error) {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, nil, fault.Inputf("%s: not found", path)
		case err != nil:
			return path, nil, fault.Input(err)
		case !info.Mode().IsRegular():
			return path, nil, fault.Inputf("%s: not a regular file", path)
		case info.Size() > maxFile:
			return path, nil, fault.Inputf("%s: %d bytes, expected at most %d", path, info.Size(), maxFile)
		}
		data, err := os.ReadFile(path)
		return path, data, fault.Input(err)
	}
}
