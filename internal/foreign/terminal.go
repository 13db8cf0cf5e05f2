package foreign

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// disturbs reports whether a terminal, or who looks at it, takes r for something else than a
// character: control characters, those that turn the direction of writing, line separators of
// Unicode, the byte order mark and tags, which are invisible letters.
func disturbs(r rune) bool {
	switch {
	case r < 0x20, 0x7f <= r && r <= 0x9f:
		return true
	case 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069, r == 0x2028, r == 0x2029,
		r == 0xfeff, 0xe0000 <= r && r <= 0xe007f:
		return true
	}
	return false
}

// escape returns r as JSON and Go write it.
func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r == '\r':
		return `\r`
	case r > 0xffff: // the surrogates of UTF-16, as JSON has them
		r -= 0x10000
		return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// escaped returns text with the characters that disturb, but not those of keep, as escapes, and
// bytes that are no UTF-8 as \xff.
func escaped(text, keep string) string {
	clean := true
	for _, r := range text { // a byte that is no UTF-8 comes as RuneError
		if r == utf8.RuneError || disturbs(r) && !strings.ContainsRune(keep, r) {
			clean = false
			break
		}
	}
	if clean {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case disturbs(r) && !strings.ContainsRune(keep, r):
			b.WriteString(escape(r))
		default:
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// Line returns text as one line without characters that disturb a terminal: \n, \t, \r, \u001b and
// \xff stand for them.
func Line(text string) string { return escaped(text, "") }

// Lines is Line of a text whose own line ends and tabs stay.
func Lines(text string) string { return escaped(text, "\n\t") }

// Short returns text with … for its middle if it has more than about limit bytes: head and tail say
// what is wrong with what, and what was expected.
func Short(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	head, tail := limit*2/3, len(text)-limit/3
	for head > 0 && !utf8.RuneStart(text[head]) {
		head--
	}
	for tail < len(text) && !utf8.RuneStart(text[tail]) {
		tail++
	}
	return fmt.Sprintf("%s … (%d bytes left out) … %s", text[:head], tail-head, text[tail:])
}

// Writer passes text on as Lines returns it. In JSON the escapes stand for the same characters.
type Writer struct {
	out  io.Writer
	rest []byte // the beginning of a character whose other bytes have not come
}

// NewWriter returns a writer to out.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out} }

// Write writes p. It may keep up to three bytes for the next call.
func (w *Writer) Write(p []byte) (int, error) {
	text := append(w.rest, p...)
	w.rest = nil
	if n := unfinished(text); n > 0 {
		w.rest = append(w.rest, text[len(text)-n:]...)
		text = text[:len(text)-n]
	}
	if len(text) > 0 {
		if _, err := io.WriteString(w.out, Lines(string(text))); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// Flush writes what was kept.
func (w *Writer) Flush() error {
	rest := string(w.rest)
	w.rest = nil
	if rest == "" {
		return nil
	}
	_, err := io.WriteString(w.out, Lines(rest))
	return err
}

// unfinished returns how many bytes at the end of text are the beginning of a character.
func unfinished(text []byte) int {
	for n := 1; n <= min(len(text), utf8.UTFMax-1); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) {
			if last[0] >= utf8.RuneSelf && !utf8.FullRune(last) {
				return n
			}
			return 0
		}
	}
	return 0
}
