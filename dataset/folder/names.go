package folder

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// readable returns a name as text: of bytes that are not UTF-8, which systems allow, their numbers
// as \xff. It is for people, for classes and reports; files are opened by the names that they have.
func readable(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	var b strings.Builder
	for len(name) > 0 {
		r, n := utf8.DecodeRuneInString(name)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, name[0])
		} else {
			b.WriteString(name[:n])
		}
		name = name[n:]
	}
	return b.String()
}

// canonical returns the form of a class's name that is equal for names that look alike. Systems
// store é as one code point or as e and an accent; copied from one to the other, the folders of one
// class have different bytes.
func canonical(name string) string { return norm.NFC.String(readable(name)) }
