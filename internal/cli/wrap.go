package cli

import (
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// fitted returns a message for the screen: in a terminal its lines are broken between words, where
// the terminal would break within them.
func (a *app) fitted(text string) string {
	f, ok := a.screen.(*os.File)
	if !ok || !a.terminal {
		return text
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return text
	}
	return wrapped(text, width)
}

// wrapped breaks lines that are wider than width between words. Spaces at the beginning of a line
// stay; a word that is wider alone is left to the terminal.
func wrapped(text string, width int) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		for utf8.RuneCountInString(line) > width {
			at := breakable(line, width)
			if at < 0 {
				break
			}
			lines = append(lines, line[:at])
			line = line[at+1:]
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// breakable returns the index of the last space of a line with at most width characters before it,
// else of the first one behind; −1 if there is none after a word.
func breakable(line string, width int) int {
	at, characters, begun := -1, 0, false
	for i, r := range line {
		if r != ' ' {
			begun = true
		} else if begun {
			if characters <= width || at < 0 {
				at = i
			}
		}
		if characters > width && at >= 0 {
			break
		}
		characters++
	}
	return at
}
