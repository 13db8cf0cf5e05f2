package score

import "github.com/gradreg/gradreg/internal/fault"

// NeighbourScore are the scores by nearest neighbours of real and generated samples.
type NeighbourScore struct {
	K         int     `json:"k"`
	Precision float64 `json:"precision"` // 0 … 1
	Recall    float64 `json:"recall"`    // 0 … 1
	Density   float64 `json:"density"`   // 0 … N/k, 1 for samples of one distribution
	Coverage  float64 `json:"coverage"`  // 0 … 1, see ExpectedCoverage
}

// Neighbours returns precision, recall, density and coverage. With r_k(x) the distance of a sample
// to its k-th nearest neighbour among the other samples of its own set, N real samples x and M
// generated samples y:
//
//	precision  share of y with ‖y − x‖ ≤ r_k(x) for some x
//	recall     share of x with ‖x − y‖ ≤ r_k(y) for some y
//	density    1/(kM) · number of pairs with ‖y − x‖ ≤ r_k(x)
//	coverage   share of x with ‖y − x‖ ≤ r_k(x) for some y
//
// Only recall takes the generated samples' radii, which grow where samples are few and far. k is 5
// if 0; a sample is not its own neighbour, a copy of it is.
//
// Samples of one distribution have a density of 1 and a coverage of [ExpectedCoverage] on average.
// Density may be above 1: samples that crowd where real ones are dense. Precision and recall of one
// distribution have no such value, it depends on the distribution and on N and M; so all four stand
// beside those of two sets of real samples of the same numbers.
//
// Traps: the roles are not symmetric; a collapsed generator has a recall of about 0, and of about 1
// when roles are swapped. With < instead of ≤, sets in which samples are there more than k times
// have no neighbours at all, because r_k is 0.
//
// Source: Kynkäänniemi et al., "Improved precision and recall metric for assessing generative
// models", NeurIPS 2019, equations 1 and 2; Naeem et al., "Reliable fidelity and diversity metrics
// for generative models", ICML 2020, section 3.
func Neighbours(real, generated Matrix, k int) (NeighbourScore, error) {
	if k == 0 {
		k = 5
	}
	if k < 1 {
		return NeighbourScore{}, fault.Inputf("neighbour %d, expected at least 1", k)
	}
	err := checkAll(named{"real samples", 2, real}, named{"generated samples", 2, generated})
	if err != nil {
		return NeighbourScore{}, err
	}
	if k >= min(real.N, generated.N) {
		return NeighbourScore{}, fault.Inputf(
			"neighbour %d of %d real and %d generated samples, expected more samples than that",
			k, real.N, generated.N,
		)
	}
	f, err := newFrame(real, generated)
	if err != nil {
		return NeighbourScore{}, err
	}
	x, y := real.in(f), generated.in(f)
	ofX, ofY := radii2(x, k), radii2(y, k)

	inside := make([]int, y.N) // number of x whose ball holds y
	products(y, x, func(i, first int, dots []float32) {
		for j, dot := range dots {
			if within(y, x, i, first+j, dot, ofX[first+j]) {
				inside[i]++
			}
		}
	})
	covered := make([]bool, x.N)  // some y is in the ball of x
	recalled := make([]bool, x.N) // x is in the ball of some y
	products(x, y, func(i, first int, dots []float32) {
		for j, dot := range dots {
			covered[i] = covered[i] || within(x, y, i, first+j, dot, ofX[i])
			recalled[i] = recalled[i] || within(x, y, i, first+j, dot, ofY[first+j])
		}
	})
	pairs := 0
	precise := make([]bool, y.N)
	for i, n := range inside {
		pairs += n
		precise[i] = n > 0
	}
	return NeighbourScore{
		K: k, Precision: share(precise), Recall: share(recalled), Coverage: share(covered),
		Density: float64(pairs) / float64(k*y.N),
	}, nil
}

// share returns the share of true values.
func share(of []bool) float64 {
	n := 0
	for _, v := range of {
		if v {
			n++
		}
	}
	return float64(n) / float64(len(of))
}

// radii2 returns the squared distance of each row to its k-th nearest neighbour among the others.
func radii2(a framed, k int) []float64 {
	radii := make([]float64, a.N)
	for i, near := range nearest(a, a, k, true) {
		radii[i] = distance2(a.Matrix, i, a.Matrix, near[k-1].Index)
	}
	return radii
}

// ExpectedCoverage returns the mean coverage of N real samples by M generated ones of the same
// continuous distribution,
//
//	1 − Π_{i=1…k} (N−i)/(N−i+M)
//
// which is 1 − 2⁻ᵏ for large N = M: a sample is not covered if the k nearest of the other N−1+M are
// all real. k is 5 if 0.
//
// Source: Naeem et al. 2020, section 3.3; TestExpectedCoverage counts it.
func ExpectedCoverage(real, generated, k int) float64 {
	if k == 0 {
		k = 5
	}
	missed := 1.0
	for i := 1; i <= k && missed > 0; i++ {
		missed *= float64(max(real-i, 0)) / float64(max(real-i+generated, 1))
	}
	return 1 - missed
}
