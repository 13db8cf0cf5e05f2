package cli

import "testing"

// TestWrapped breaks messages between words, and nothing that has room.
func TestWrapped(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"it fits 12":                   "it fits 12",
		"one two three four five":      "one two\nthree four\nfive",
		"exactly ten":                  "exactly\nten",
		"abcde fghi jk":                "abcde fghi\njk",
		"/a/path/that/is/long is left": "/a/path/that/is/long\nis left",
		"see /a/path/that/is/long":     "see\n/a/path/that/is/long",
		"  indented words stay":        "  indented\nwords stay",
		"äöü äöü äöü äöü":              "äöü äöü\näöü äöü",
		"a\nsecond line of two\n":      "a\nsecond\nline of\ntwo\n",
	} {
		if got := wrapped(text, 10); got != want {
			t.Errorf("%q becomes %q, expected %q", text, got, want)
		}
	}
}
