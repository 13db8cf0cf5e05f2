package cli

import "testing"

// TestLeftOut says how many files of which formats were left out, in one line, and nothing of files
// that are no pictures.
func TestLeftOut(t *testing.T) {
	const of = " left out, in formats that are not supported "
	for want, names := range map[string][]string{
		"": {"d/notes.txt", "README"},
		"1 file is" + of + "(1 .heic): convert pictures to JPEG or PNG": {"a.HEIC", "a.txt"},
		"5 files are" + of + "(2 .tif, 1 .heic, 1 .npy, 1 .pdf): convert pictures to JPEG or PNG": {
			"a.tif", "b/A.TIF", "c.heic", "e.pdf", "README", "x.npy",
		},
	} {
		var l leftOut
		for _, name := range names {
			l.add(name)
		}
		if got := l.String(); got != want {
			t.Errorf("%q, expected %q", got, want)
		}
	}
}
