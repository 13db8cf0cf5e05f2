package dataset

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
)

//go:embed mnist/*.gz
var embedded embed.FS

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

// locate finds the folder that holds the source's files; it returns nil where the embedded ones are to be
// used.
func (s *source) locate(dirs []string) (fetcher, error) {
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, fault.Inputf("data folder %s: not a folder", dir)
		}
		for _, d := range []string{filepath.Join(dir, s.Name), dir} {
			if _, err := os.Stat(filepath.Join(d, s.files[0].name)); err == nil {
				return folder(d), nil
			}
		}
	}
	if s.Embedded {
		return nil, nil
	}
	where := "no folder was given (--data-dir or GRADREG_DATA)"
	if given := strings.Join(nonEmpty(dirs), ", "); given != "" {
		where = "not in " + given
	}
	return nil, fault.Inputf("data set %s: found no %s, %s", s.Name, s.files[0].name, where)
}

func nonEmpty(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// maxFile bounds what is read into memory: no file of a source is larger than 32 MiB.
const maxFile = 64 << 20

// folder reads files of a folder.
func folder(dir string) fetcher {
	return func(name string) (string, []byte, error) {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, nil, fault.Inputf("%s: not found", path)
		case err != nil:
			return path, nil, err
		case !info.Mode().IsRegular():
			return path, nil, fault.Inputf("%s: not a regular file", path)
		case info.Size() > maxFile:
			return path, nil, fault.Inputf("%s: %d bytes, expected at most %d", path, info.Size(), maxFile)
		}
		data, err := os.ReadFile(path)
		return path, data, err
	}
}
