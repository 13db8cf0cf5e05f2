package report_test

import (
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/gradreg/gradreg/report"
)

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		names []string
		width int
		want  []string
	}{
		{[]string{"cat", "dog"}, 8, []string{"cat", "dog"}},
		{[]string{"hand_showing_one_finger", "hand_showing_two_fingers"}, 12, []string{"han…e_finger", "han…_fingers"}},
		{[]string{"one, a hand of a grown person", "two, a hand of a grown person"}, 9, []string{"one, …son", "two, …son"}},
		{[]string{"a photograph of one finger", "a photograph of two fingers", "cat"}, 16, []string{"a p…f one finger", "a p… two fingers", "cat"}},
		{[]string{"one, a photograph of a hand", "two, a photograph of a hand"}, 16, []string{"one, a photo…and", "two, a photo…and"}},
		{[]string{"ééééééééééé", "eeee"}, 8, []string{"éééé…ééé", "eeee"}},
	} {
		if got := report.Shorten(c.names, c.width); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, expected %q", c.names, got, c.want)
		}
	}
	// Whatever the names have in common, what stands for them differs and has its width.
	var names []string
	for i := range 120 {
		names = append(names, fmt.Sprintf("a class of pictures that is number %03d of so many others", i))
	}
	names = append(names, "short", "a class …", names[0])
	for width := 3; width < 60; width++ {
		got := report.Shorten(names, width)
		of := map[string]string{}
		for i, s := range got {
			if n := utf8.RuneCountInString(s); n > max(width, 8) {
				t.Fatalf("width %d: %q has %d characters", width, s, n)
			}
			if other, ok := of[s]; ok && other != names[i] {
				t.Fatalf("width %d: %q stands for %q and %q", width, s, other, names[i])
			}
			of[s] = names[i]
		}
		if got[120] != "short" || got[0] != got[122] {
			t.Errorf("width %d: %q, %q and %q", width, got[120], got[0], got[122])
		}
	}
}
