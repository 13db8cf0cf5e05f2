package folder

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/task"
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
	path  string // relative to the folder, with slashes, as the system has it
	class int    // 0 where there are labels or numbers
	// targets are the labels or numbers of a table [K]; nil of classes.
	targets []float32
	part    int // one of the parts, if folders say so or after dividing
	size    int64

	hash          [32]byte // SHA-256 of the content
	width, height int      // as stored; after loading, as seen
	memory        int64    // bytes that making its image takes, besides the file
	err           error    // why it cannot be read
}

// listing is what the names say.
type listing struct {
	classes []string
	files   []*file
	divided bool // into parts, by folders
	testDir string
	task    task.Task // of a table; nil for classes by folders
}

// scanner walks a folder.
type scanner struct {
	dir      string
	division Division
	report   *Report
	numbers  map[string]int // of the classes, by the form of their names that canonical returns
	listing
}

// scan lists classes and files.
func scan(dir string, opt Options, report *Report) (listing, error) {
	s := &scanner{dir: dir, division: opt.Division, report: report, numbers: map[string]int{}}
	asked := opt.Task
	t, err := readTable(dir)
	if err != nil {
		return listing{}, err
	}
	if t != nil {
		err := s.scanTable(t, asked)
		return s.listing, err
	}
	if asked != nil && asked != (task.Classification{}) {
		return listing{}, fault.Inputf(
			"task is %s, which needs a file %s with the columns file and labels or numbers", asked,
			tableFile,
		)
	}
	if opt.Unclassed && s.isUnclassed() {
		err := s.scanUnclassed()
		return s.listing, err
	}
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

// at returns the path of something in the folder.
func (s *scanner) at(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

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

// folders lists the folders in dir that may be classes, and links to such, in byte order. Files
// there are noted.
func (s *scanner) folders(dir string) ([]string, error) {
	entries, err := os.ReadDir(s.at(dir))
	if err != nil {
		return nil, fault.Inputf("reading the folder %s: %w", readable(dir), cause(err))
	}
	var out []string
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch info := s.look(name, e); {
		case info == nil:
		case info.IsDir():
			out = append(out, e.Name())
		case isPicture(e.Name()):
			s.report.once(Ignored, name, "a picture in no class's folder")
		}
	}
	return out, nil
}

// look returns what an entry is, or a link leads to, wherever that is; nil if it is to be passed
// over. What cannot be looked at is noted.
func (s *scanner) look(name string, e fs.DirEntry) fs.FileInfo {
	if isHidden(e.Name()) {
		return nil
	}
	if e.Type()&fs.ModeSymlink == 0 {
		info, err := e.Info()
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // else removed since
			s.report.once(Unreadable, name, cause(err).Error())
		}
		if err != nil {
			return nil
		}
		return info
	}
	info, err := os.Stat(s.at(name))
	if err != nil {
		s.report.once(Unreadable, name, brokenLink(err))
		return nil
	}
	return info
}

// brokenLink says what a link is that following it gives an error of.
func brokenLink(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "a link to nothing"
	}
	return "a link that cannot be followed: " + cause(err).Error()
}

// cause returns what a file system's error says besides operation and name.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// classFolders lists the files of the classes in dir. Those of train/ come first and say which
// classes there are.
func (s *scanner) classFolders(dir string, part int, names []string) error {
	if part == train {
		if err := s.listClasses(dir, names); err != nil {
			return err
		}
	}
	seen := map[int]string{}
	for _, name := range names {
		class, ok := s.numbers[canonical(name)]
		if !ok {
			return fault.Inputf(
				"%s: %w", readable(path.Join(dir, name)),
				spec.Unknown("class", readable(name), s.classes),
			)
		}
		if other, twice := seen[class]; twice {
			s.report.Problems = append(s.report.Problems, Problem{SameName, []string{
				readable(path.Join(dir, other)), readable(path.Join(dir, name)),
			},
				"two folders of one class, whose names look alike and differ in their Unicode form; both are used"})
		}
		seen[class] = name
		before := len(s.files)
		w := walker{scanner: s, class: class, part: part, seen: s.above(dir)}
		w.walk(path.Join(dir, name), s.info(path.Join(dir, name)))
		if len(s.files) == before && part == train {
			return fault.Inputf("class %s has no pictures: found none in %s with an ending of %s%s",
				readable(name), readable(path.Join(dir, name)),
				strings.Join(endings(), ", "), s.report.why(readable(name)))
		}
	}
	return nil
}

// listClasses numbers the classes, which are the folders in dir.
func (s *scanner) listClasses(dir string, names []string) error {
	for _, name := range names {
		if _, known := s.numbers[canonical(name)]; !known {
			s.numbers[canonical(name)] = len(s.classes)
			s.classes = append(s.classes, readable(name))
		}
	}
	switch {
	case len(s.classes) == 0:
		return fault.Inputf("found no folders, expected a folder of pictures for each class")
	case len(s.classes) == 1:
		return fault.Inputf("found the one class %s, expected at least 2%s", s.classes[0], s.deeper(dir, names[0]))
	}
	if err := s.bounded(); err != nil {
		return err
	}
	return s.question(dir, names)
}

// bounded refuses more classes than a model's file may have.
func (l listing) bounded() error {
	if n := len(l.classes); n > maxClasses {
		return fault.Inputf("found %d classes, expected at most %d", n, maxClasses)
	}
	return nil
}

// info returns what a folder is; nil if nobody knows.
func (s *scanner) info(name string) fs.FileInfo {
	info, err := os.Stat(s.at(name))
	if err != nil {
		return nil
	}
	return info
}

// above returns what the folders are that a folder of the classes is in, up to the file system's
// root.
func (s *scanner) above(dir string) []fs.FileInfo {
	full, err := filepath.Abs(s.at(dir))
	if err == nil {
		full, err = filepath.EvalSymlinks(full)
	}
	if err != nil {
		return nil
	}
	var out []fs.FileInfo
	for {
		if info, err := os.Stat(full); err == nil {
			out = append(out, info)
		}
		parent := filepath.Dir(full)
		if parent == full {
			return out
		}
		full = parent
	}
}

// walker lists the pictures of a class in a part.
type walker struct {
	*scanner
	class, part int
	// seen are the folders that were walked or that the class is in, for links that lead back to
	// one; linked are those of them that a link led to.
	seen, linked []fs.FileInfo
}

// walk lists the pictures in a folder of the class.
func (w *walker) walk(dir string, here fs.FileInfo) {
	entries, err := os.ReadDir(w.at(dir))
	if err != nil {
		w.report.add(Unreadable, dir, "a folder that cannot be read: "+cause(err).Error())
	}
	if here != nil {
		w.seen = append(w.seen, here)
	}
	for _, e := range entries { // also those before an error
		name := path.Join(dir, e.Name())
		switch info := w.look(name, e); {
		case info == nil:
		case info.IsDir():
			w.enter(name, info, e.Type()&fs.ModeSymlink != 0)
		case !isPicture(e.Name()):
			w.report.add(Ignored, name, unlike(name))
		case !info.Mode().IsRegular():
			w.report.add(Unreadable, name, "not a regular file")
		default:
			w.files = append(w.files, &file{path: name, class: w.class, part: w.part, size: info.Size()})
		}
	}
}

// enter walks a folder in one, unless it was walked already: links can lead round in a circle.
func (w *walker) enter(name string, info fs.FileInfo, link bool) {
	before := w.linked
	if link {
		before = w.seen
		w.linked = append(w.linked, info)
	}
	if slices.ContainsFunc(before, func(other fs.FileInfo) bool { return os.SameFile(info, other) }) {
		w.report.add(Ignored, name, "by a link the same folder as another one, or one that the class is in")
		return
	}
	w.walk(name, info)
}

// endings lists the endings of pictures' names, in lower case.
func endings() []string {
	return []string{".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".webp"}
}

// isPicture reports whether a name is one that pictures have.
func isPicture(name string) bool { return slices.Contains(endings(), strings.ToLower(path.Ext(name))) }

// isHidden reports whether a name is that of something hidden, or left behind by Windows, macOS,
// Synology or an editor.
func isHidden(name string) bool {
	switch strings.ToLower(name) {
	case "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "icon\r":
		return true
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || strings.HasSuffix(name, "~")
}
