package assess

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Paired compares two classifiers' answers to the same images. Images that both get right, or both
// wrong, say nothing about the difference.
type Paired struct {
	Images     int
	OnlyFirst  int // images that only the first gets right
	OnlySecond int // images that only the second gets right
}

// Pair compares the answers of two classifiers, right or wrong by image. An error if they are of
// different numbers of images.
func Pair(first, second []bool) (Paired, error) {
	if len(first) != len(second) {
		return Paired{}, fmt.Errorf("answers to %d and %d images, expected the same images", len(first), len(second))
	}
	p := Paired{Images: len(first)}
	for i := range first {
		switch {
		case first[i] && !second[i]:
			p.OnlyFirst++
		case second[i] && !first[i]:
			p.OnlySecond++
		}
	}
	return p, nil
}

// Difference returns the second's accuracy less the first's, NaN for no images.
func (p Paired) Difference() float64 {
	return float64(p.OnlySecond-p.OnlyFirst) / float64(p.Images)
}

// Interval returns the 95 % interval of the difference, Wald's with a pseudo-count of 1 for either
// kind of disagreement (Bonett and Price 2012), which holds its level where disagreements are few.
func (p Paired) Interval() (low, high float64) {
	n := float64(p.Images + 2)
	a, b := float64(p.OnlyFirst+1)/n, float64(p.OnlySecond+1)/n
	half := z95 * math.Sqrt((a+b-(b-a)*(b-a))/n)
	return max(-1, b-a-half), min(1, b-a+half)
}

// McNemar returns the two-sided p value of the hypothesis that both are right equally often: of n
// disagreements as many favour one as n tosses of a fair coin would show heads (McNemar 1947). It
// is exact, P = min(1, 2·P[X ≤ least]) with X binomial(n, ½), for large counts as for small ones,
// and 1 without disagreements.
func (p Paired) McNemar() float64 {
	n := p.OnlyFirst + p.OnlySecond
	if n == 0 {
		return 1
	}
	return min(1, 2*distuv.Binomial{N: float64(n), P: 0.5}.CDF(float64(min(p.OnlyFirst, p.OnlySecond))))
}
