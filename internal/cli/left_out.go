package cli

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/foreign"
)

// endingsShown is how many endings of names a line lists, longestEnding how long one is at most with
// its dot: what is longer is part of a name that has a dot in it.
const endingsShown, longestEnding = 8, 8

// leftOut counts the files of a folder whose names are not those of pictures that are read.
type leftOut struct {
	endings map[string]int
	files   int
	foreign bool // some are pictures of other formats
}

func (l *leftOut) add(path string) {
	if l.endings == nil {
		l.endings = map[string]int{}
	}
	ending := strings.ToLower(filepath.Ext(path))
	if len(ending) > longestEnding {
		ending = ""
	}
	l.endings[ending]++
	l.files++
	l.foreign = l.foreign || picture.Foreign(path) != ""
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
	for _, e := range endings[:min(len(endings), endingsShown)] {
		parts = append(parts, fmt.Sprintf("%d %s", l.endings[e], cmp.Or(foreign.Line(e), "without an ending")))
	}
	if more := len(endings) - endingsShown; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more endings", more))
	}
	text := fmt.Sprintf(
		"%d files are left out, as their names are not those of JPEG, PNG, GIF, BMP or WebP pictures: %s",
		l.files, strings.Join(parts, ", "),
	)
	if l.files == 1 {
		text = "1 file is left out, as its name is not that of a JPEG, PNG, GIF, BMP or WebP picture: " +
			strings.TrimPrefix(parts[0], "1 ")
	}
	if l.foreign {
		text += "; pictures in other formats can be converted to JPEG or PNG"
	}
	return text
}
