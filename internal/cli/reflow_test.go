package cli

import (
	"strings"
	"testing"
)

// TestReflow draws over frames whose lines the terminal has broken meanwhile: the cursor goes up by the rows that they take now, of
// the bars alone and not of the text above them.
func TestReflow(t *testing.T) {
	var out strings.Builder
	width := 80
	r := &reflow{Writer: &out, width: func() int { return width }}
	for _, step := range []struct {
		width       int
		frame, want string
	}{
		{80, strings.Repeat("n", 70) + "\n" + strings.Repeat("a", 60) + "\n" + strings.Repeat("λ", 30) + "\n", ""},
		{40, "\x1b[2A\x1b[Jshort\nλ·R\n", "\x1b[1A"}, // the line of 60
		{10, "\x1b[2A\x1b[J" + strings.Repeat("b", 10) + "\n" + strings.Repeat("c", 10) + "\n", ""},
		{3, "\x1b[2A\x1b[Jx\n", "\x1b[6A"}, // 4 rows instead of one, twice
		{0, "\x1b[1A\x1b[Jxxxx\n", ""},
		{2, "no way up\n", ""},
	} {
		width = step.width
		out.Reset()
		if n, err := r.Write([]byte(step.frame)); n != len(step.frame) || err != nil {
			t.Errorf("%d of %d bytes, %v", n, len(step.frame), err)
		}
		if got := out.String(); got != step.want+step.frame {
			t.Errorf("with %d columns: %q before %q, expected %q", step.width, strings.TrimSuffix(got, step.frame), step.frame, step.want)
		}
	}
}
