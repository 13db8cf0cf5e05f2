package tune

import (
	"math"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/spec"
)

// ladder is where a search looks for λ.
type ladder struct {
	interval gradreg.Interval
	start    float64 // λ of place 0
}

// half is the distance of neighbouring places.
const half = 0.5

// plain is the place of λ = 0, at the lower end of every ladder.
var plain = math.Inf(-1)

// newLadder returns the ladder of an interval; scale is where gradients are of one size, 0 for a
// rate or a size.
func newLadder(i gradreg.Interval, scale float64) ladder {
	start := scale
	if i.First > 0 {
		start = i.First
	}
	if i.Most > 0 {
		start = math.Min(start, i.Most/10) // leaves room for two candidates
	}
	return ladder{i, start}
}

// at returns the λ of a place, of two digits.
func (l ladder) at(place float64) float64 {
	if place == plain {
		return 0
	}
	if l.interval.Step > 0 {
		return spec.Round(l.start+l.interval.Step*place/half, 2)
	}
	return spec.Round(l.start*math.Pow(10, place), 2)
}

// has reports whether a place's λ lies inside the interval, or is 0. The upper end does not: the
// largest rate leaves nothing of the problem.
func (l ladder) has(place float64) bool {
	lambda := l.at(place)
	return (lambda > 0 || place == plain) && (l.interval.Most == 0 || lambda < l.interval.Most)
}

// among returns the places that the ladder has.
func (l ladder) among(places ...float64) []float64 {
	var out []float64
	for _, p := range places {
		if l.has(p) {
			out = append(out, p)
		}
	}
	return out
}
