package folder

import (
	"os"
	"path"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
)

// Which folders are the parts and which are the classes.

// partOf returns the part that a folder's name stands for: train, test_set, seg_train,
// validation-images.
func (s *scanner) partOf(name string) (part int, ok bool) {
	name = strings.ToLower(name)
	if s.division != ByContent {
		name = bare(name)
	}
	switch name {
	case "train", "training":
		return train, true
	case "val", "valid", "validation":
		return val, true
	case "test", "testing":
		return test, true
	}
	return 0, false
}

// bare returns a name without the words that say no more than that there are images in the folder.
func bare(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("_-. ", r) })
	words = slices.DeleteFunc(words, func(w string) bool {
		return slices.Contains(
			[]string{
				"set", "data", "dataset", "image", "images", "img", "imgs", "pictures", "photos",
				"seg", "split", "folder",
			},
			w,
		)
	})
	if len(words) != 1 {
		return name
	}
	return strings.TrimSuffix(words[0], "set")
}

// partFolders returns the folders of the parts, if there are any: those with such a name that have
// folders in them. A folder train with pictures in it is a class, beside plane and car.
func (s *scanner) partFolders(top []string) (dirs [parts]string, err error) {
	var others []string
	for _, name := range top {
		part, ok := s.partOf(name)
		if ok {
			if inside, err := s.folders(name); err != nil {
				return dirs, err
			} else if ok = len(inside) > 0; ok && dirs[part] != "" {
				return dirs, fault.Inputf(
					"found the folders %s and %s, expected one of them", readable(dirs[part]),
					readable(name),
				)
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
		return dirs, fault.Inputf(
			"found the folder %s with folders in it, but no folder train",
			readable(dirs[test]+dirs[val]),
		)
	}
	for part, dir := range dirs {
		if dir != "" {
			dirs[part] = s.unpacked(dir, part)
		}
	}
	return dirs, nil
}

// unpacked returns the folder of a part that was packed in one of its own name, as
// training_set/training_set.
func (s *scanner) unpacked(dir string, part int) string {
	if s.division == ByContent {
		return dir
	}
	for {
		inside, _ := s.peek(dir)
		if len(inside) != 1 {
			return dir
		}
		deeper := path.Join(dir, inside[0])
		classes, _ := s.peek(deeper)
		if p, ok := s.partOf(inside[0]); !ok || p != part || len(classes) == 0 {
			return dir
		}
		dir = deeper
	}
}

// peek lists the folders in a folder, and tells whether there are pictures, without a note on
// anything.
func (s *scanner) peek(dir string) (folders []string, pictures bool) {
	entries, err := os.ReadDir(s.at(dir))
	if err != nil {
		return nil, false
	}
	silent := *s
	silent.report = &Report{}
	for _, e := range entries {
		switch info := silent.look(path.Join(dir, e.Name()), e); {
		case info == nil:
		case info.IsDir():
			folders = append(folders, e.Name())
		default:
			pictures = pictures || isPicture(e.Name())
		}
	}
	return folders, pictures
}

// deeper is the hint for a folder that was packed in another.
func (s *scanner) deeper(dir, name string) string {
	if inside, _ := s.peek(path.Join(dir, name)); len(inside) > 1 {
		return "; are the classes those in " + readable(path.Join(s.dir, dir, name)) + "?"
	}
	return ""
}

// question returns an error where what is taken for classes are most likely the parts, or folders
// that hold the classes each.
func (s *scanner) question(dir string, names []string) error {
	if s.division == ByContent {
		return nil
	}
	if !slices.ContainsFunc(names, func(name string) bool { _, ok := s.partOf(name); return !ok }) {
		return fault.Inputf(
			"found pictures in %s themselves, expected a folder of pictures for each class in them",
			list(names),
		)
	}
	first, pictures := s.peek(path.Join(dir, names[0]))
	common := first
	divided := true // every class is, into parts
	for _, name := range names {
		inside, more := s.peek(path.Join(dir, name))
		if pictures = pictures || more; pictures || len(inside) == 0 {
			return nil
		}
		if !slices.Equal(inside, common) {
			common = nil
		}
		divided = divided && len(inside) > 1 && !slices.ContainsFunc(
			inside, func(n string) bool { _, ok := s.partOf(n); return !ok },
		)
	}
	switch {
	case divided:
		return fault.Inputf("every one of the folders %s holds folders of the parts, as %s; "+
			"expected the classes in the folders of the parts, as %s",
			list(names), list(first), readable(path.Join(first[0], names[0])))
	case len(common) > 1:
		return fault.Inputf("every one of the folders %s holds the same folders, %s; are the "+
			"classes those? expected the classes' folders side by side, or in train and test; "+
			"where %s are the classes, put their pictures into them without folders", list(names),
			list(common), list(names))
	}
	return nil
}

// list names some folders, and says how many more there are.
func list(names []string) string {
	const shown = 4
	var words []string
	for i, name := range names {
		if i == shown {
			words = append(words, "…")
			break
		}
		words = append(words, readable(name))
	}
	return strings.Join(words, ", ")
}
