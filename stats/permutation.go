package stats

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/gradreg/gradreg/internal/philox"
)

// exactPairs is the largest number of pairs whose 2ⁿ signs are all tried: 65,536, a millisecond.
const exactPairs = 16

// SignFlip returns the two-sided p value of the paired permutation test (Fisher 1935, section 21):
// the share of all assignments of signs to the differences d whose mean is at least as far from 0
// as the given one, if the two methods were interchangeable. Up to 16 pairs it is exact, hence
// never below 2/2ⁿ; for more it is (1 + hits)/(1 + r.Count) over random signs. An error if d is
// empty or a difference is not finite.
func SignFlip(d []float64, r Resampling) (float64, error) {
	if len(d) == 0 {
		return 0, fmt.Errorf("found no pairs, expected at least 1")
	}
	if err := checkFinite(d); err != nil {
		return 0, err
	}
	if len(d) <= exactPairs {
		return exactSigns(d), nil
	}
	return sampledSigns(d, r), nil
}

// LeastP returns the least p value that [SignFlip] can give for a number of pairs, of whatever
// differences: 2/2ⁿ where all signs are tried, 1/(1 + r.Count) where random ones are. Without a
// pair it is 1.
func LeastP(pairs int, r Resampling) float64 {
	switch {
	case pairs < 1:
		return 1
	case pairs <= exactPairs:
		return math.Ldexp(2, -pairs)
	}
	return 1 / float64(1+r.count())
}

// FewestPairs returns the least number of pairs whose p value can be at most alpha after Holm's
// correction over some comparisons that have as many each; all of them may be that small at once.
// It returns 0 if no number of pairs is enough.
func FewestPairs(alpha float64, comparisons int, r Resampling) int {
	for n := 1; n <= exactPairs+1; n++ {
		if LeastP(n, r)*float64(max(1, comparisons)) <= alpha {
			return n
		}
	}
	return 0
}

// exactSigns tries all signs in Gray's order, in which one sign changes at a time. The first sign
// stays +: its two values give means of opposite sign.
func exactSigns(d []float64) float64 {
	signed := slices.Clone(d)
	limit, hits, all := extreme(d), 0, 1<<(len(d)-1)
	for i := range all {
		if i > 0 {
			k := 1 + bits.TrailingZeros(uint(i))
			signed[k] = -signed[k]
		}
		// Summed afresh, so that rounding does not depend on the path.
		if math.Abs(sum(signed)) >= limit {
			hits++
		}
	}
	return float64(hits) / float64(all)
}

// sampledSigns tries random signs; the given ones count as one of them.
func sampledSigns(d []float64, r Resampling) float64 {
	limit, hits := extreme(d), 1
	coins, signed := make([]float32, len(d)), make([]float64, len(d))
	for b := range r.count() {
		philox.Stream{Key: r.Key, Step: uint64(b), ID: streamSigns}.Bernoulli(coins, 0, 0.5)
		for i, c := range coins {
			signed[i] = d[i] * float64(1-2*c)
		}
		if math.Abs(sum(signed)) >= limit {
			hits++
		}
	}
	return float64(hits) / float64(1+r.count())
}

// tie is the share of Σ|d| by which two sums may differ and still be equal. Differences of
// accuracies, which are multiples of one over the number of test images, carry the rounding of
// values near 1: sums that are equal differ by some 1e-14, others by at least 1e-6.
const tie = 1e-9

// extreme returns |Σ d|, less what makes a tie.
func extreme(d []float64) float64 {
	total := 0.0
	for _, v := range d {
		total += math.Abs(v)
	}
	return math.Abs(sum(d)) - tie*total
}

func sum(x []float64) float64 {
	total := 0.0
	for _, v := range x {
		total += v
	}
	return total
}

// Holm returns the p values corrected for being several (Holm 1979), in their order: with p₍₁₎ ≤ …
// ≤ p₍ₘ₎ the i-th is max over j ≤ i of min(1, (m − j + 1)·p₍ⱼ₎). Rejecting those at most α errs in
// any with probability at most α.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	out, largest := make([]float64, len(p)), 0.0
	for i, k := range order {
		largest = max(largest, min(1, float64(len(p)-i)*p[k]))
		out[k] = largest
	}
	return out
}
