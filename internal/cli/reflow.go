package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// reflow stands between bars, which are drawn over those of before, and a terminal that breaks its
// lines again when it becomes narrower. What was drawn then takes more rows than it had lines, and
// without them some of it would stay.
type reflow struct {
	io.Writer
	width func() int // of the terminal now; 0 if it is not known
	drawn []int      // widths of the lines that were written last
}

// Write passes a frame on. It begins with the way up to the beginning of the frame before, unless
// it is the first one.
func (r *reflow) Write(frame []byte) (int, error) {
	lines, text := up(frame)
	if more := r.rowsMore(lines); more > 0 {
		if _, err := fmt.Fprintf(r.Writer, "\x1b[%dA", more); err != nil {
			return 0, err
		}
	}
	r.drawn = r.drawn[:0]
	for line := range strings.Lines(text) {
		r.drawn = append(r.drawn, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
	}
	return r.Writer.Write(frame)
}

// rowsMore returns how many rows the last lines that were drawn take now beside one for each.
func (r *reflow) rowsMore(lines int) int {
	width, more := r.width(), 0
	if width < 1 {
		return 0
	}
	for _, n := range r.drawn[max(0, len(r.drawn)-lines):] {
		more += max(0, n-1) / width
	}
	return more
}

// up returns how many lines a frame moves the cursor up at first, to clear what is there, and what
// it then draws.
func up(frame []byte) (lines int, text string) {
	way, text, ok := strings.Cut(string(frame), "\x1b[J")
	if n, _ := fmt.Sscanf(way, "\x1b[%dA", &lines); !ok || n != 1 {
		return 0, string(frame)
	}
	return lines, text
}
