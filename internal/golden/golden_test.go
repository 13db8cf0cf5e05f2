package golden

import "testing"

func TestFirstDifference(t *testing.T) {
	for _, c := range []struct {
		a, b string
		line int
	}{
		{"", "", 0}, {"a\nb\n", "a\nb\n", 0}, {"a\nb\n", "a\nc\n", 2}, {"a", "a\n", 1}, {"a\n", "a\nb", 2}, {"", "a", 1}, {"x\na", "y\na", 1},
	} {
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if line, a, b := firstDifference(pair[0], pair[1]); line != c.line || (line > 0) != (a != b) {
				t.Errorf("%q and %q: line %d (%q, %q), expected %d", pair[0], pair[1], line, a, b, c.line)
			}
		}
	}
}
