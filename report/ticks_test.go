package report

import (
	"math"
	"testing"
)

// TestTicks checks that axes of any range have a few labels that say where they stand.
func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      []string
	}{
		{97.1, 98.25, []string{"97.2", "97.4", "97.6", "97.8", "98.0", "98.2"}},
		{-1, 1, []string{"-1.0", "-0.5", "0.0", "0.5", "1.0"}},
		{0, 2000, []string{"0", "500", "1000", "1500", "2000"}},
		{3, 3, nil},
	} {
		var got []string
		for _, tick := range (evenTicks{}).Ticks(c.low, c.high) {
			got = append(got, tick.Label)
		}
		if len(got) != len(c.want) {
			t.Errorf("%v … %v: %q, want %q", c.low, c.high, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%v … %v: %q, want %q", c.low, c.high, got, c.want)
			}
		}
	}
	for _, c := range []struct {
		low, high float64
		labels    int
	}{{1e-8, 1e-3, 6}, {1e-12, 1e12, 7}, {0.01, 1, 7}, {0.2, 0.9, 2}, {0.4, 0.95, 6}, {0.41, 0.49, 4}, {0.411, 0.419, 4}, {0, 1, 0}, {math.NaN(), 1, 0}} {
		labels := 0
		for _, tick := range (decadeTicks{}).Ticks(c.low, c.high) {
			if tick.Value < c.low || tick.Value > c.high {
				t.Errorf("%v lies outside %v … %v", tick.Value, c.low, c.high)
			}
			if len(tick.Label) > 6 {
				t.Errorf("label %q", tick.Label)
			}
			if tick.Label != "" {
				labels++
			}
		}
		if labels != c.labels {
			t.Errorf("%v … %v: %d labels, want %d", c.low, c.high, labels, c.labels)
		}
	}
}
