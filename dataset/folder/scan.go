package folder

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
)

// The parts that a picture can be in, in the order of the images in memory.
const (
	train = iota
	val
	test
	parts
)

// file is a picture's file.
type file struct {
	path  string // relative to the folder, with slashes
	class int
	part  int // one of the parts, if folders say so or after dividing
	size  int64

	hash          [32]byte // SHA-256 of the content
	width, height int      // as stored; after loading, as seen
	err           error    // why it cannot be read
}

// listing is what the names say.
type listing struct {
	classes []string
	files   []*file
	divided bool // into parts, by folders
	testDir string
}

// scanner walks a folder.
type scanner struct {
	root   *os.Root
	fsys   fs.FS
	report *Report
	listing
}

// scan lists classes and files.
func scan(root *os.Root, report *Report) (listing, error) {
	s := &scanner{root: root, fsys: root.FS(), report: report}
	top, err := s.folders(".")
	if err != nil {
		return listing{}, err
	}
	dirs, err := s.partFolders(top)
	if err != nil {
		return listing{}, err
	}
	if dirs[train] == "" {
		err = s.classFolders(".", train, top)
	} else {
		err = s.parts(dirs)
	}
	return s.listing, err
}

// parts lists the classes of train/ and the files of all part folders.
func (s *scanner) parts(dirs [parts]string) error {
	for part, dir := range dirs {
		if dir == "" {
			continue
		}
		classes, err := s.folders(dir)
		if err != nil {
			return err
		}
		if err := s.classFolders(dir, part, classes); err != nil {
			return err
		}
	}
	s.divided = dirs[test] != "" || dirs[val] != ""
	s.testDir = dirs[test]
	if s.divided && dirs[test] == "" { // val/ is the only yardstick
		s.testDir = dirs[val]
		for _, f := range s.files {
			if f.part == val {
				f.part = test
			}
		}
	}
	return nil
}

// partOf returns the part that a folder's name stands for.
func partOf(name string) (part int, ok bool) {
	switch strings.ToLower(name) {
	case "train", "training":
		return train, true
	case "val", "valid", "validation":
		return val, true
	case "test", "testing":
		return test, true
	}
	return 0, false
}

// partFolders returns the folders of the parts, if there are any: those with such a name that have folders in them. A
// folder train with pictures in it is a class, beside plane and car.
func (s *scanner) partFolders(top []string) (dirs [parts]string, err error) {
	var others []string
	for _, name := range top {
		part, ok := partOf(name)
		if ok {
			if inside, err := s.folders(name); err != nil {
				return dirs, err
			} else if ok = len(inside) > 0; ok && dirs[part] != "" {
				return dirs, fault.Inputf("found the folders %s and %s, expected one of them", dirs[part], name)
			}
		}
		if ok {
			dirs[part] = name
		} else {
			others = append(others, name)
		}
	}
	switch {
	case dirs[train] != "":
		for _, name := range others {
			s.report.add(Ignored, name, "a folder beside those of the parts")
		}
	case dirs[test]+dirs[val] != "":
		return dirs, fault.Inputf("found the folder %s with folders in it, but no folder train", dirs[test]+dirs[val])
	}
	return dirs, nil
}

// folders lists the folders in dir that may be classes, in byte order. Files there are noted.
func (s *scanner) folders(dir string) ([]string, error) {
	entries, err := fs.ReadDir(s.fsys, dir)
	if err != nil {
		return nil, fault.Inputf("reading the folder: %w", err)
	}
	var out []string
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		info, err := s.look(name, e)
		switch {
		case err != nil:
			return nil, err
		case info == nil:
		case info.IsDir():
			out = append(out, e.Name())
		case isPicture(e.Name()):
			s.report.once(Ignored, name, "a picture in no class's folder")
		}
	}
	return out, nil
}

// look returns what an entry is, following links that stay in the folder; nil if it is to be passed over. What cannot be
// looked at is left to be noted by reading it.
func (s *scanner) look(name string, e fs.DirEntry) (fs.FileInfo, error) {
	if isHidden(e.Name()) {
		return nil, nil
	}
	if e.Type()&fs.ModeSymlink == 0 {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) { // removed since
			return nil, nil
		}
		if err != nil {
			return nil, fault.Input(err)
		}
		return info, nil
	}
	info, err := s.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.report.once(Unreadable, name, "a link to nothing")
		return nil, nil
	case err != nil:
		return nil, fault.Inputf("%s: a link that cannot be followed, or leads out of the folder: %w", name, cause(err))
	case info.IsDir():
		return nil, fault.Inputf("%s: a link to a folder, expected folders and files, and links to files", name)
	}
	return info, nil
}

// cause returns what a file system's error says besides operation and name.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// classFolders lists the files of the classes in dir. Those of train/ come first and say which classes there are.
func (s *scanner) classFolders(dir string, part int, names []string) error {
	if part == train {
		switch {
		case len(names) == 0:
			return fault.Inputf("found no folders, expected a folder of pictures for each class")
		case len(names) == 1:
			return fault.Inputf("found the one class %s, expected at least 2%s", names[0], s.deeper(dir, names[0]))
		case len(names) > maxClasses:
			return fault.Inputf("found %d classes, expected at most %d", len(names), maxClasses)
		}
		s.classes = names
	}
	for _, name := range names {
		class, ok := slices.BinarySearch(s.classes, name)
		if !ok {
			return fault.Inputf("%s: %w", path.Join(dir, name), spec.Unknown("class", name, s.classes))
		}
		before := len(s.files)
		if err := s.walk(path.Join(dir, name), class, part); err != nil {
			return err
		}
		if len(s.files) == before && part == train {
			return fault.Inputf("class %s has no pictures: found none in %s with an ending of %s", name, path.Join(dir, name), strings.Join(endings(), ", "))
		}
	}
	return nil
}

// deeper is the hint for a folder that was packed in another.
func (s *scanner) deeper(dir, name string) string {
	if inside, err := s.folders(path.Join(dir, name)); err == nil && len(inside) > 1 {
		return "; are the classes those in " + path.Join(s.root.Name(), dir, name) + "?"
	}
	return ""
}

// walk lists the pictures of a class.
func (s *scanner) walk(dir string, class, part int) error {
	entries, err := fs.ReadDir(s.fsys, dir)
	if err != nil {
		return fault.Inputf("reading the folder %s: %w", dir, cause(err))
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		info, err := s.look(name, e)
		switch {
		case err != nil:
			return err
		case info == nil:
		case info.IsDir():
			err = s.walk(name, class, part)
		case !isPicture(e.Name()):
			s.report.add(Ignored, name, "not a name that pictures have")
		case !info.Mode().IsRegular():
			s.report.add(Unreadable, name, "not a regular file")
		default:
			s.files = append(s.files, &file{path: name, class: class, part: part, size: info.Size()})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// endings lists the endings of pictures' names, in lower case.
func endings() []string {
	return []string{".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".webp"}
}

// isPicture reports whether a name is one that pictures have.
func isPicture(name string) bool { return slices.Contains(endings(), strings.ToLower(path.Ext(name))) }

// isHidden reports whether a name is that of something hidden, or left behind by Windows, macOS, Synology or an editor.
func isHidden(name string) bool {
	switch strings.ToLower(name) {
	case "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "icon\r":
		return true
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || strings.HasSuffix(name, "~")
}
