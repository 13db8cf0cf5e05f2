// Package golden compares texts that tests make with files in their testdata.
package golden

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

// Updating reports whether -update was given: tests then write what they otherwise compare.
func Updating() bool { return *update }

// Text compares a text with the file at path, and with -update writes it there.
func Text(t testing.TB, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if line, g, w := firstDifference(got, string(want)); line > 0 {
		t.Errorf(
			"%s, line %d: found %q, expected %q; if that is right, go test -update writes the file",
			path, line, g, w,
		)
	}
}

// firstDifference returns the first line, counted from 1, in which two texts differ, and both of
// them; 0 if none does.
func firstDifference(a, b string) (line int, ofA, ofB string) {
	as, bs := strings.SplitAfter(a, "\n"), strings.SplitAfter(b, "\n")
	for i := range max(len(as), len(bs)) {
		ofA, ofB = "", ""
		if i < len(as) {
			ofA = as[i]
		}
		if i < len(bs) {
			ofB = bs[i]
		}
		if ofA != ofB {
			return i + 1, ofA, ofB
		}
	}
	return 0, "", ""
}
