package foreign

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Cell returns text for a cell of CSV: what a spreadsheet would take for a formula is preceded by
// an apostrophe, which makes a text of it. Numbers stay.
func Cell(text string) string {
	text = Lines(text)
	if text == "" || !strings.ContainsRune("=+-@\t\n", rune(text[0])) && !strings.HasPrefix(text, `\r`) {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil || text == "-" {
		return text
	}
	return "'" + text
}

var (
	markdownEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;")
	// A link or a picture, and the definition of a link's address.
	markdownLink = regexp.MustCompile(`\]([(\[:])`)
)

// Markdown returns text as one line of GitHub's Markdown, also in a cell of a table, in which it
// makes no link, no picture and no HTML.
func Markdown(text string) string {
	text = Line(strings.ReplaceAll(text, "\n", " "))
	return markdownLink.ReplaceAllString(markdownEscapes.Replace(text), `\]$1`)
}

// Code returns text for between two backticks of Markdown.
func Code(text string) string { return strings.ReplaceAll(Line(text), "`", "'") }

// XML returns a document in which U+FFFD stands for every character that XML 1.0 does not have, and
// for bytes that are no UTF-8.
func XML(document []byte) []byte {
	out := make([]byte, 0, len(document))
	for len(document) > 0 {
		r, n := utf8.DecodeRune(document)
		if r == '\t' || r == '\n' || r == '\r' || 0x20 <= r && r <= 0xd7ff || 0xe000 <= r &&
			r <= 0xfffd || r >= 0x10000 {
			out = utf8.AppendRune(out, r)
		} else {
			out = append(out, "\uFFFD"...)
		}
		document = document[n:]
	}
	return out
}
