package folder

import (
	"path"
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
)

// Labelled is a folder with a folder of pictures for each class of a model that knows its classes
// already.
type Labelled struct {
	Files  []string // paths of pictures that can be opened, in byte order in each class
	Labels []int    // class numbers of Files
	From   string   // the part whose folders these are, such as test; empty where the classes lie in the folder itself
	// Unknown are folders that are no class of the model, and not looked at; Missing are classes
	// without a picture.
	Unknown, Missing []string
	Problems         []Problem // files that are passed over
}

// OpenLabelled lists the pictures of a folder by the classes of a model. Folders stand for the
// classes of their names, whatever the Unicode form. Where none is a class, but there are the
// folders of parts, as [Open] knows them, it is about those in the test part, or else the one for
// validation, or else the one for training. The input's fault are a dir that is no folder, and one
// without a picture of any class.
func OpenLabelled(dir string, classes []string) (Labelled, error) {
	if err := checkFolder(dir); err != nil {
		return Labelled{}, err
	}
	var l Labelled
	s := &scanner{dir: dir, report: &Report{}, numbers: map[string]int{}, listing: listing{classes: classes}}
	for k, name := range classes {
		s.numbers[canonical(name)] = k
	}
	base, names, err := s.labelledPart()
	if err != nil {
		return l, fault.Inputf("%s: %w", dir, err)
	}
	if base != "." {
		l.From = readable(base)
	}
	for _, name := range names {
		class, ok := s.numbers[canonical(name)]
		if !ok {
			l.Unknown = append(l.Unknown, readable(name))
			continue
		}
		w := walker{scanner: s, class: class, part: test, seen: s.above(base)}
		w.walk(path.Join(base, name), s.info(path.Join(base, name)))
	}
	for _, f := range s.files {
		l.Files, l.Labels = append(l.Files, s.at(f.path)), append(l.Labels, f.class)
	}
	for k, name := range classes {
		if !slices.Contains(l.Labels, k) {
			l.Missing = append(l.Missing, name)
		}
	}
	l.Problems = s.report.Problems
	if len(l.Files) == 0 {
		return l, fault.Inputf("%s: found no picture of the classes %s, expected a folder for each", dir, list(classes))
	}
	return l, nil
}

// labelledPart returns the folder that the classes' folders lie in, and their names.
func (s *scanner) labelledPart() (base string, names []string, err error) {
	top, err := s.folders(".")
	if err != nil {
		return ".", nil, err
	}
	isClass := func(name string) bool { _, ok := s.numbers[canonical(name)]; return ok }
	if slices.ContainsFunc(top, isClass) {
		return ".", top, nil
	}
	for _, wanted := range []int{test, val, train} {
		for _, name := range top {
			if part, ok := s.partOf(name); !ok || part != wanted {
				continue
			}
			base := s.unpacked(name, wanted)
			if inside, err := s.folders(base); err != nil || slices.ContainsFunc(inside, isClass) {
				return base, inside, err
			}
		}
	}
	return ".", top, nil
}
