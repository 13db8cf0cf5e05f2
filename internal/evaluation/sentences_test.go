package evaluation

import (
	"strings"
	"testing"

	"github.com/gradreg/gradreg/assess"
)

// TestMeaning checks what is said of a difference: its direction, its size, and whether chance
// explains it.
func TestMeaning(t *testing.T) {
	beside := func(n, onlyA, onlyB, comparisons int) string {
		p := assess.Paired{Images: n, OnlyFirst: onlyA, OnlySecond: onlyB}
		c := &Comparison{Paired: p, P: p.McNemar(), PHolm: min(1, float64(comparisons)*p.McNemar())}
		return meaning(Result{Name: "A"}, Result{Name: "B", Paired: c})
	}
	for want, got := range map[string]string{
		"B answers 31 images rightly that A gets wrong, A 12 that B gets wrong: the difference of 1.90 points is more than chance explains, p = 0.005.":                             beside(1000, 12, 31, 1),
		"B answers 1 image rightly that A gets wrong, A 3 that B gets wrong: the difference of 2.00 points is not more than chance explains, p = 0.625.":                            beside(100, 3, 1, 1),
		"B answers 31 images rightly that A gets wrong, A 12 that B gets wrong: the difference of 1.90 points is not more than chance explains, p = 0.054 after Holm's correction.": beside(1000, 12, 31, 10),
		"A and B are right about the same 100 images.": beside(100, 0, 0, 1),
	} {
		if got != want {
			t.Errorf("%s\nexpected %s", got, want)
		}
	}
	if got := beside(2000, 0, 1000, 1); !strings.HasSuffix(got, "explains, p < 1e-99.") {
		t.Error(got)
	}
}
