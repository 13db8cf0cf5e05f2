package score

import (
	"gonum.org/v1/gonum/stat"

	"github.com/gradreg/gradreg/internal/fault"
)

// LimitOptions are how a Fréchet distance is extrapolated.
type LimitOptions struct {
	// Sizes is the number of sizes at which it is computed; 15 if 0.
	Sizes int
	// Smallest is the number of samples of the smallest; a tenth of all if 0, but at least 5·d.
	Smallest int
	Seed     uint64 // of the subsets
}

// Limit is a Fréchet distance extrapolated to infinitely many samples.
type Limit struct {
	Value float64 `json:"value"` // FD∞
	Slope float64 `json:"slope"` // of FD over 1/N
	// Samples are the sizes N of the subsets, Distances their FD.
	Samples   []int     `json:"samples"`
	Distances []float64 `json:"distances"`
}

// FrechetLimit returns FD∞, the intercept of the least-squares line through the Fréchet distances
// of random subsets of N samples of both sets over 1/N, for sizes N evenly spaced up to the whole
// of the smaller set. It takes away the bias of [Frechet] up to terms of 1/N²: a set and another
// one of the same distribution have values about 0, which may be negative.
//
// Sets are cut alike, so that the bias of both goes away; the authors keep all real samples and cut
// the generated ones.
//
// Source: Chong and Forsyth, "Effectively unbiased FID and Inception score and where to find them",
// CVPR 2020.
func FrechetLimit(a, b Matrix, o LimitOptions) (Limit, error) {
	if err := checkFrechet(a, b); err != nil {
		return Limit{}, err
	}
	all := min(a.N, b.N)
	if o.Sizes == 0 {
		o.Sizes = 15
	}
	if o.Smallest == 0 {
		o.Smallest = max(all/10, 5*a.D)
	}
	switch {
	case o.Sizes < 2:
		return Limit{}, fault.Inputf("a line through %d sizes, expected at least 2", o.Sizes)
	case o.Smallest <= a.D || all-o.Smallest < o.Sizes-1:
		return Limit{}, fault.Inputf(
			"%d sizes from %d to %d samples of %d numbers, expected the smallest to be at least %d"+
				" and the largest at least %d",
			o.Sizes, o.Smallest, all, a.D, a.D+1, o.Smallest+o.Sizes-1,
		)
	}
	limit := Limit{Samples: make([]int, o.Sizes), Distances: make([]float64, o.Sizes)}
	inverse, errs := make([]float64, o.Sizes), make([]error, o.Sizes)
	each(o.Sizes, func(i int) {
		n := o.Smallest + i*(all-o.Smallest)/(o.Sizes-1)
		random := generator(o.Seed, i)
		fromA, fromB := a.Rows(choose(random, a.N, n)), b.Rows(choose(random, b.N, n))
		limit.Samples[i], inverse[i] = n, 1/float64(n)
		limit.Distances[i], errs[i] = frechet(momentsOf(fromA), momentsOf(fromB))
	})
	for _, err := range errs {
		if err != nil {
			return Limit{}, err
		}
	}
	limit.Value, limit.Slope = stat.LinearRegression(inverse, limit.Distances, nil, false)
	return limit, nil
}
