package cli

import (
	"fmt"
	"strings"
	"testing"
)

// TestLeftOut says how many files of which kinds were left out, in one line.
func TestLeftOut(t *testing.T) {
	const of = " left out, as their names are not those of JPEG, PNG, GIF, BMP or WebP pictures: "
	for want, names := range map[string][]string{
		"": nil,
		"1 file is left out, as its name is not that of a JPEG, PNG, GIF, BMP or WebP picture: .txt": {"d/notes.txt"},
		"2 files are" + of + "1 without an ending, 1 .txt":                                           {"v1.of something", "a.txt"},
		"5 files are" + of + "2 .tif, 1 without an ending, 1 .heic, 1 .pdf" +
			"; pictures in other formats can be converted to JPEG or PNG": {"a.tif", "b/A.TIF", "c.heic", "e.pdf", "README"},
	} {
		var l leftOut
		for _, name := range names {
			l.add(name)
		}
		if got := l.String(); got != want {
			t.Errorf("%q, expected %q", got, want)
		}
	}
	var many leftOut
	for i := range 100 {
		many.add(fmt.Sprintf("x.e%02d\n", i))
	}
	if text := many.String(); strings.Contains(text, "\n") || !strings.HasSuffix(text, `, 92 more endings`) {
		t.Errorf("%q", text)
	}
}
