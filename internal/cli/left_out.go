package cli

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/dataset/picture"
)

// leftOut counts the files of a folder whose names are those of pictures in formats that are known
// but not read.
type leftOut struct {
	endings map[string]int
	files   int
}

func (l *leftOut) add(path string) {
	if picture.Foreign(path) == "" {
		return
	}
	if l.endings == nil {
		l.endings = map[string]int{}
	}
	l.endings[strings.ToLower(filepath.Ext(path))]++
	l.files++
}

// String says in one line how many files of which kinds were left out; it is empty if none were.
func (l *leftOut) String() string {
	if l.files == 0 {
		return ""
	}
	endings := slices.SortedFunc(maps.Keys(l.endings), func(x, y string) int {
		return cmp.Or(cmp.Compare(l.endings[y], l.endings[x]), strings.Compare(x, y))
	})
	var parts []string
	for _, e := range endings {
		parts = append(parts, fmt.Sprintf("%d %s", l.endings[e], e))
	}
	what := "files are"
	if l.files == 1 {
		what = "file is"
	}
	return fmt.Sprintf("%d %s left out, in formats that are not supported (%s): convert pictures to JPEG or PNG",
		l.files, what, strings.Join(parts, ", "))
}
