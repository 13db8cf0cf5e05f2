package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// evenTicks marks about six multiples of 1, 2 or 5 times a power of ten, each labelled.
type evenTicks struct{}

// Ticks returns the marks between low and high.
func (evenTicks) Ticks(low, high float64) []plot.Tick {
	const wanted = 6
	if !(high > low) {
		return nil
	}
	power := math.Floor(math.Log10((high - low) / wanted))
	factor := 10.0
	for _, f := range []float64{1, 2, 5} {
		if (high-low)/(f*math.Pow(10, power)) <= wanted+1 {
			factor = f
			break
		}
	}
	step := factor * math.Pow(10, power)
	decimals := max(0, -int(math.Floor(math.Log10(step*1.0001))))
	var ticks []plot.Tick
	for k := math.Ceil(low / step); k*step <= high; k++ {
		ticks = append(ticks, plot.Tick{Value: k * step, Label: strconv.FormatFloat(k*step+0, 'f', decimals, 64)})
	}
	return ticks
}
