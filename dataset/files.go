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
	"sync"

	"github.com/gradreg/gradreg/internal/fault"
)

//go:embed mnist/*.gz
var embedded embed.FS

// systemFolder is where Debian's dataset-* packages put their files, each set in a folder of its
// name.
const systemFolder = "/usr/share/datasets"

// ErrNotFound is wrapped by the error of [Open] that says that none of a data set's files is
// anywhere. It is [fs.ErrNotExist], too.
var ErrNotFound = fault.Missingf("not found")

// CacheDir returns the folder that [Fetch] downloads to where it is told no other, each set in a
// folder of its name: gradreg in the user's cache folder (XDG_CACHE_HOME or ~/.cache on Linux). It
// need not exist.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("the user's cache folder: %w", err)
	}
	return filepath.Join(dir, "gradreg"), nil
}

// place is where a set's files are: in a folder, or in the program if dir is empty.
type place struct {
	fs.FS
	dir  string
	name string // for messages
}

// placeOf returns the place that a folder is.
func placeOf(dir string) place { return place{os.DirFS(dir), dir, dir} }

// Stat looks at a file without opening it, which waits for ever at a pipe. (An embedded interface
// would hide that the file system can do this.)
func (p place) Stat(name string) (fs.FileInfo, error) { return fs.Stat(p.FS, name) }

// path returns the name of a file for messages.
func (p place) path(name string) string { return filepath.Join(p.name, name) }

// embeddedFolder returns a folder of the files that come with the program.
func embeddedFolder(name string) fs.FS {
	sub, err := fs.Sub(embedded, name)
	if err != nil { // only an invalid name can do that
		panic(err)
	}
	return sub
}

// placeInside returns the place of the set's files in the program.
func (s *row) placeInside() place { return place{s.inside, "", "embedded " + s.Name} }

// embeddedParts are the parts of embedded sets, which are decompressed once per process: by
// set and part, functions that return them.
var embeddedParts sync.Map

// embeddedPart returns what reads a part of the set's files in the program.
func (s *row) embeddedPart(train bool) func() (*Part, error) {
	key := struct {
		name  string
		train bool
	}{s.Name, train}
	read := sync.OnceValues(func() (*Part, error) { return s.part(s.placeInside(), train) })
	kept, _ := embeddedParts.LoadOrStore(key, read)
	return kept.(func() (*Part, error))
}

// locate returns the place of the set's files. One file is enough for a folder to be chosen:
// another that is missing there is an error when it is read, never a reason to take the set from
// elsewhere. given tells whether it is one of dirs, or in one.
func (s *row) locate(dirs []string) (at place, given bool, err error) {
	var looked []string
	usual := len(dirs) == 0
	for _, dir := range dirs {
		if dir == "" {
			usual = true
			continue
		}
		if err := checkFolder(dir); err != nil {
			return place{}, false, err
		}
		looked = append(looked, dir)
		for _, d := range []string{filepath.Join(dir, s.Name), dir} {
			if at, ok := s.isIn(d); ok {
				return at, true, nil
			}
		}
	}
	if !usual {
		return place{}, false, fault.Inputf("data set %s: %w in %s: expected %s there, or in a "+
			"folder %s there%s", s.Name, ErrNotFound,
			strings.Join(looked, ", "), s.expected(), s.Name, s.unsuitable(looked))
	}
	if s.Embedded {
		return s.placeInside(), false, nil
	}
	common := []string{systemFolder}
	if cache, err := CacheDir(); err == nil { // without one, nothing can have been fetched to it
		common = []string{cache, systemFolder}
	}
	for _, dir := range common {
		if at, ok := s.isIn(filepath.Join(dir, s.Name)); ok {
			return at, false, nil
		}
	}
	looked = append(looked, common...)
	return place{}, false, fault.Inputf("data set %s: %w in %s; get it with: gradreg data fetch "+
		"%s%s", s.Name, ErrNotFound,
		strings.Join(looked, ", "), s.Name, s.unsuitable(looked))
}

// expected lists the files, any of which makes a folder one of the set's.
func (s *row) expected() string {
	var names []string
	for _, f := range s.files {
		names = append(names, f.name)
	}
	text := strings.Join(names, ", ") + " (or with .gz or .xz behind the name)"
	for _, a := range s.archives() {
		text += " or " + a
	}
	return text
}

// unsuitable says that one of some folders holds the set in a version that is not read.
func (s *row) unsuitable(dirs []string) string {
	for _, dir := range dirs {
		for _, d := range []string{filepath.Join(dir, s.Name), dir} {
			for _, name := range s.otherVersions {
				if _, err := os.Lstat(filepath.Join(d, name)); err == nil {
					return fmt.Sprintf(
						"; %s is another version: the binary one is needed, %s%s",
						filepath.Join(d, name), s.home, s.downloads[0].name,
					)
				}
			}
		}
	}
	return ""
}

// DirError is the error of a folder that data sets were to be looked for in.
type DirError struct {
	Dir string
	Err error
}

// Error names the folder.
func (e *DirError) Error() string { return fmt.Sprintf("data folder %s: %v", e.Dir, e.Err) }

// Unwrap returns what is wrong with it.
func (e *DirError) Unwrap() error { return e.Err }

// checkFolder says why dir is no folder to look in.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = fault.Missingf("not found")
	case err != nil:
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
	case !info.IsDir():
		err = errors.New("not a folder")
	default:
		return nil
	}
	return fault.Input(&DirError{dir, err})
}

// isIn reports whether any of the set's files is in dir or in the folder there that its archive
// unpacks to, and returns which of the two it is.
func (s *row) isIn(dir string) (place, bool) {
	candidates := []string{dir}
	if s.unpacked != "" {
		candidates = append(candidates, filepath.Join(dir, s.unpacked))
	}
	for _, d := range candidates {
		if slices.ContainsFunc(s.storedNames(), func(name string) bool {
			_, err := os.Lstat(filepath.Join(d, name))
			return err == nil
		}) {
			return placeOf(d), true
		}
	}
	return place{}, false
}

// storedNames lists all names under which files of the set are looked for.
func (s *row) storedNames() []string {
	var names []string
	for _, f := range s.files {
		names = append(names, f.storedNames()...)
	}
	return append(names, s.archives()...)
}

// storedNames lists the names a file can have, in the order in which they are tried: what is read
// fastest first.
func (f file) storedNames() []string { return []string{f.name, f.name + ".gz", f.name + ".xz"} }

// archives lists the names of the archives that the set is published as.
func (s *row) archives() []string {
	var names []string
	for _, d := range s.downloads {
		if strings.HasSuffix(d.name, ".tar.gz") {
			names = append(names, d.name)
		}
	}
	return names
}
