package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// evenTicks marks about six multiples of 1, 2 or 5 times a power of ten, each labelled; of whole
// ones none between integers.
type evenTicks struct{ whole bool }

// Ticks returns the marks between low and high.
func (e evenTicks) Ticks(low, high float64) []plot.Tick {
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
	if e.whole {
		step = math.Max(step, 1)
	}
	decimals := max(0, -int(math.Floor(math.Log10(step*1.0001))))
	var ticks []plot.Tick
	for k := math.Ceil(low / step); k*step <= high; k++ {
		ticks = append(ticks, plot.Tick{Value: k * step, Label: strconv.FormatFloat(k*step+0, 'f', decimals, 64)})
	}
	return ticks
}

// shareTicks marks percents: none above 100, where an axis has room for a legend only.
type shareTicks struct{}

// Ticks returns the marks between low and high.
func (shareTicks) Ticks(low, high float64) []plot.Tick {
	return evenTicks{}.Ticks(low, math.Min(high, 100))
}

// decadeTicks marks powers of ten, at most about seven labelled, with unlabelled ones between where
// there are few. At least two have labels, be it as on a linear axis: else nothing says how far
// apart they are.
type decadeTicks struct{}

// Ticks returns the marks between low and high, which are above 0.
func (decadeTicks) Ticks(low, high float64) []plot.Tick {
	const most = 7
	if !(low > 0) || !(high > low) {
		return nil
	}
	first, last := int(math.Floor(math.Log10(low))), int(math.Ceil(math.Log10(high)))
	every := (last-first)/most + 1
	var ticks []plot.Tick
	mark := func(factor, exponent int) {
		// Read from text: a power by multiplication would not be the number that its label says.
		text := strconv.Itoa(factor) + "e" + strconv.Itoa(exponent)
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || v < low || v > high {
			return
		}
		t := plot.Tick{Value: v}
		if exponent%every == 0 && (factor == 1 || last-first <= 2 && (factor == 2 || factor == 5)) {
			t.Label = strconv.FormatFloat(v, 'g', -1, 64)
		}
		ticks = append(ticks, t)
	}
	for e := first; e <= last; e++ {
		mark(1, e)
		for f := 2; f <= 9 && every == 1; f++ {
			mark(f, e)
		}
	}
	labels := 0
	for _, t := range ticks {
		if t.Label != "" {
			labels++
		}
	}
	switch {
	case len(ticks) < 2:
		return evenTicks{}.Ticks(low, high)
	case labels < 2:
		for i := range ticks {
			ticks[i].Label = strconv.FormatFloat(ticks[i].Value, 'g', -1, 64)
		}
	}
	return ticks
}
