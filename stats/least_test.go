package stats_test

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg/stats"
)

// TestLeastP compares the least p value with that of differences that are all alike, of which none
// is less probable.
func TestLeastP(t *testing.T) {
	r := stats.Resampling{Count: 999}
	for n := 1; n <= 30; n++ {
		d := make([]float64, n)
		for i := range d {
			d[i] = 1
		}
		p, err := stats.SignFlip(d, r)
		if least := stats.LeastP(n, r); err != nil || p != least {
			t.Errorf("%d pairs: p is %v, the least is said to be %v (%v)", n, p, least, err)
		}
	}
	if p := stats.LeastP(5, stats.Resampling{}); p != 0.0625 {
		t.Errorf("five pairs: %v", p)
	}
}

// TestFewestPairs compares numbers of pairs with what Holm's correction makes of the least p
// values.
func TestFewestPairs(t *testing.T) {
	for comparisons, want := range map[int]int{0: 6, 1: 6, 2: 7, 3: 7, 6: 8, 100: 12} {
		n := stats.FewestPairs(0.05, comparisons, stats.Resampling{})
		if n != want {
			t.Errorf("%d comparisons: %d pairs, expected %d", comparisons, n, want)
		}
		for pairs, enough := range map[int]bool{n: true, n - 1: false} {
			p := make([]float64, max(1, comparisons))
			for i := range p {
				p[i] = stats.LeastP(pairs, stats.Resampling{})
			}
			if got := stats.Holm(p)[0] <= 0.05; got != enough {
				t.Errorf("%d comparisons of %d pairs: at most 0.05 is %t", comparisons, pairs, got)
			}
		}
	}
	if n := stats.FewestPairs(1e-9, 1, stats.Resampling{}); n != 0 {
		t.Errorf("%d pairs give what no number gives", n)
	}
}

// TestIntervalsOfFew checks that the mean of two runs has no interval, and that no interval of
// fractions reaches where none are.
func TestIntervalsOfFew(t *testing.T) {
	runs := func(values ...float64) (list []stats.Observation) {
		for i, v := range values {
			list = append(list, stats.Observation{Seed: uint64(i), Value: v})
		}
		return list
	}
	groups := []stats.Group{{Name: "none", Runs: runs(0.02, 0, 0.1)}, {Name: "two", Runs: runs(0.9, 0.99)}, {Name: "three", Runs: runs(0.9, 0.99, 1)}}
	for _, fractions := range []bool{false, true} {
		list, err := stats.Compare(groups, "none", stats.Options{Fractions: fractions})
		if err != nil {
			t.Fatal(err)
		}
		if list[1].Interval != nil || list[1].Paired.Interval != nil || list[1].Summary.SD == 0 {
			t.Errorf("two runs: %+v", list[1])
		}
		for _, i := range []*stats.Interval{list[0].Interval, list[2].Interval, list[2].Paired.Interval} {
			if i.Cut != fractions {
				t.Errorf("cut is %t of %v", i.Cut, i)
			}
		}
		if !fractions {
			continue
		}
		if low := list[0].Interval.Low; low != 0 {
			t.Errorf("the mean of fractions is at least %v", low)
		}
		if high := list[2].Interval.High; high != 1 {
			t.Errorf("the mean of fractions is at most %v", high)
		}
		if high := list[2].Paired.Interval.High; high != 1 || math.Abs(list[2].Paired.Interval.Low) > 1 {
			t.Errorf("the mean difference of fractions is %v", list[2].Paired.Interval)
		}
	}
	if i := (stats.Interval{Low: 1.2, High: 1.5}).Within(0, 1); i.Low != 1 || i.High != 1 {
		t.Errorf("an interval beyond the range became %v", i)
	}
}
