package folder_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
)

// TestForeignNames checks that pictures of other formats are named as what they are, those that
// their names tell and those that their content does.
func TestForeignNames(t *testing.T) {
	files := tree{}
	for i := range 24 {
		files[fmt.Sprintf("%c/%d.png", 'a'+i%2, i)] = shade(t, i, 8, 8)
	}
	heic := []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")
	files["a/one.HEIC"], files["a/two.jpg"], files["b/three.tif"] = heic, heic, []byte("II*\x00")
	files["b/notes.txt"] = []byte("notes")
	set := open(t, files.write(t), folder.Options{})
	found := map[string]string{}
	for _, p := range set.Report.Problems {
		found[p.Paths[0]] = string(p.Kind) + " " + p.Detail
	}
	for name, want := range map[string]string{
		"a/one.HEIC":  "ignored a HEIC picture, which is not supported: convert it",
		"a/two.jpg":   "unreadable a HEIC picture, which is not supported",
		"b/three.tif": "ignored a TIFF picture, which is not supported: convert it",
		"b/notes.txt": "ignored not a name that pictures have",
	} {
		if !strings.HasPrefix(found[name], want) {
			t.Errorf("%s: %q, expected %q", name, found[name], want)
		}
	}
}
