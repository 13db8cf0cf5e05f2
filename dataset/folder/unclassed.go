package folder

import (
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
)

// unclassed is the class of pictures that lie in no class's folder.
const unclassed = "pictures"

// isUnclassed reports whether the folder has no folders for classes: there are pictures in it, or
// less than two folders in it, or in its train/.
func (s *scanner) isUnclassed() bool {
	top, pictures := s.peek(".")
	if pictures || len(top) < 2 && !s.onlyParts(top) {
		return true
	}
	if !s.onlyParts(top) {
		return false // those of classes, or of parts and others
	}
	for _, name := range top {
		if part, _ := s.partOf(name); part == train {
			classes, _ := s.peek(s.unpacked(name, train))
			return len(classes) < 2
		}
	}
	return false
}

// onlyParts reports whether folders are those of parts, train/ among them.
func (s *scanner) onlyParts(top []string) bool {
	hasTrain := false
	for _, name := range top {
		part, ok := s.partOf(name)
		if !ok {
			return false
		}
		hasTrain = hasTrain || part == train
	}
	return hasTrain
}

// scanUnclassed lists all pictures of the folder as those of one class.
func (s *scanner) scanUnclassed() error {
	s.classes = []string{unclassed}
	if top, pictures := s.peek("."); !pictures && s.onlyParts(top) {
		for _, name := range top {
			part, _ := s.partOf(name)
			w := walker{scanner: s, part: part, seen: s.above(".")}
			w.walk(name, s.info(name))
		}
		s.yardstick(top)
	} else {
		w := walker{scanner: s, part: train}
		w.walk(".", s.info("."))
	}
	if len(s.files) == 0 {
		return fault.Inputf("found no picture with an ending of %s", strings.Join(endings(), ", "))
	}
	return nil
}

// yardstick says which of the parts' folders has the test images: val/ where there is no test/.
func (s *scanner) yardstick(top []string) {
	of := func(wanted int) string {
		i := slices.IndexFunc(top, func(name string) bool { part, _ := s.partOf(name); return part == wanted })
		if i < 0 {
			return ""
		}
		return top[i]
	}
	s.divided = of(test) != "" || of(val) != ""
	if s.testDir = of(test); s.testDir != "" || !s.divided {
		return
	}
	s.testDir = of(val)
	for _, f := range s.files {
		if f.part == val {
			f.part = test
		}
	}
}
