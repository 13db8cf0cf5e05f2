package report

import (
	"slices"
	"testing"
	"unicode/utf8"

	"gonum.org/v1/plot/vg"
)

// TestWrappedLine breaks lines between words, words between their parts, and parts anywhere.
func TestWrappedLine(t *testing.T) {
	width := func(s string) vg.Length { return vg.Length(utf8.RuneCountInString(s)) }
	for text, want := range map[string][]string{
		"":                                     {""},
		"two words":                            {"two words"},
		"some words of a title":                {"some words of", "a title"},
		"mnist, mlp:hidden=12,activation=relu": {"mnist,", "mlp:hidden=12,", "activation=rel", "u"},
		"a,b,c/d:e,f+g;h,i,j":                  {"a,b,c/d:e,f+g;", "h,i,j"},
		"äöüäöüäöüäöüäöüäöü b":                 {"äöüäöüäöüäöüäö", "üäöü b"},
	} {
		if got := wrappedLine(text, width, 14); !slices.Equal(got, want) {
			t.Errorf("%q becomes %q, expected %q", text, got, want)
		}
	}
}
