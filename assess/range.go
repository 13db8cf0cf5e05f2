package assess

import (
	"math"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// inUnits says what amounts are measured in, for those who think in steps of a byte.
const inUnits = "sizes are in units of the pixels' range [0, 1], where 8 steps of a byte are 8/255"

// Reach returns the largest size that a perturbation of pixels in [0, 1] can have: 1 in L∞, and
// √(C·H·W) in L2, the distance of two images that are black where the other is white.
func (n Norm) Reach(shape dataset.Shape) float64 {
	if n == L2 {
		return math.Sqrt(float64(shape.Size()))
	}
	return 1
}

// label names a size of the norm as formulas do.
func (n Norm) label() string {
	if n == L2 {
		return "L2 ε"
	}
	return "L∞ ε"
}

// within returns an error unless a size is a finite number from 0 to the most that can mean
// anything.
func within(label string, size, most float64) error {
	switch {
	case !(size >= 0) || math.IsInf(size, 0):
		return fault.Inputf("%s is %v, expected a finite number from 0 up", label, size)
	case size > most:
		return fault.Inputf("%s is %v, expected at most %.4g: %s", label, size, most, inUnits)
	}
	return nil
}
