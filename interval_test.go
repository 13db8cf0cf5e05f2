package gradreg_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
)

// TestIntervals checks that the interval of every regularizer is what its Validate takes, and that what changes the network
// instead of adding a penalty, and so has no gradient to go by, says where a search begins.
func TestIntervals(t *testing.T) {
	for _, info := range gradreg.Regularizers() {
		i := info.Lambda
		options := ""
		takes := func(lambda float64) bool {
			_, err := gradreg.Parse(fmt.Sprintf("%s:%v%s", info.Name, lambda, options))
			return err == nil
		}
		if i.Most == 0 && !takes(1e6) {
			t.Errorf("%s: %v, but 1e6 is refused", info.Name, i)
		}
		if i.Most > 0 && (takes(i.Most) == i.Exclusive || takes(math.Nextafter(i.Most, math.Inf(1))) || !takes(math.Nextafter(i.Most, 0))) {
			t.Errorf("%s: %v, but 1 is taken: %v", info.Name, i, takes(i.Most))
		}
		if options = ",every=4"; i.Most > 0 && strings.Contains(info.Options, "every") && (!takes(i.Most/4) || takes(math.Nextafter(i.Most/4, 1))) {
			t.Errorf("%s: with every=4 %v is taken: %v", info.Name, i.Most/4, takes(i.Most/4))
		}
		options = ""
		r := parsed(t, info.Example)
		if _, transforms := r.(gradreg.Transformer); transforms && i.First == 0 {
			t.Errorf("%s has no penalty, and nothing says where to look for λ", info.Name)
		}
		if i.First > 0 && (i.First >= r.Lambda() || !takes(i.First)) {
			t.Errorf("%s: a search begins at %v, expected less than the usual %v", info.Name, i.First, r.Lambda())
		}
	}
	for want, i := range map[string]gradreg.Interval{"λ ≥ 0": {}, "0 ≤ λ ≤ 1": {Most: 1}, "0 ≤ λ < 0.5": {Most: 0.5, Exclusive: true}} {
		if got := i.String(); got != want {
			t.Errorf("%+v is %q, expected %q", i, got, want)
		}
	}
}
