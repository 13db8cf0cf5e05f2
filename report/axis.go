package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"

	"github.com/gradreg/gradreg/stats"
)

// Axis is what an axis shows.
type Axis struct {
	Label   string // with its unit, unless Percent
	Percent bool   // values are fractions and shown in percent
	Log     bool
}

// label returns the label with its unit.
func (a Axis) label() string {
	if a.Percent {
		return a.Label + ", %"
	}
	return a.Label
}

// shown returns a value as the axis shows it.
func (a Axis) shown(v float64) float64 {
	if a.Percent {
		return 100 * v
	}
	return v
}

// drawable reports whether a value has a place on the axis.
func (a Axis) drawable(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (v > 0 || !a.Log)
}

// apply sets up an axis of a plot; ticks are where the data of a logarithmic one lie.
func (a Axis) apply(axis *plot.Axis, ticks []float64) {
	axis.Label.Text = a.label()
	if !a.Log {
		axis.Tick.Marker = evenTicks{}
		return
	}
	axis.Scale, axis.Tick.Marker = plot.LogScale{}, decadeTicks{}
	if len(ticks) > 0 {
		axis.Tick.Marker = constantTicks(ticks)
	}
}

// bound keeps an axis of fractions within 0 and 100 %, where gonum would widen it around values
// that are all alike, and gives it some extent. It comes after the last thing drawn.
func (a Axis) bound(axis *plot.Axis) {
	if !a.Percent || axis.Min > axis.Max {
		return
	}
	axis.Min, axis.Max = max(axis.Min, 0), min(axis.Max, 100)
	if axis.Min >= axis.Max {
		const around = 0.5
		axis.Min, axis.Max = max(axis.Min-around, 0), min(axis.Max+around, 100)
	}
}

// interval returns the interval of the mean of values as the axis shows them, of fractions the part
// that is possible. There is none of few values.
func (a Axis) interval(shown []float64) (in stats.Interval, ok bool, err error) {
	if len(shown) < stats.FewestForInterval {
		return in, false, nil
	}
	if in, err = stats.MeanInterval(shown, meanLevel); err != nil {
		return in, false, err
	}
	if a.Percent {
		in = in.Within(0, 100)
	}
	return in, true, nil
}

// meanLevel is the level of the intervals of means.
const meanLevel = 0.95

// meanCaption says what means of samples are drawn with, joined to the word mean: " and 95 %
// Student t interval", or nothing; and notes on what has none or is cut.
func (a Axis) meanCaption(join string, samples [][]float64) (interval, notes string) {
	few, many, cut := false, false, false
	for _, values := range samples {
		shown := make([]float64, len(values))
		for i, v := range values {
			shown[i] = a.shown(v)
		}
		in, ok, err := a.interval(shown)
		many, few, cut = many || ok, few || !ok && len(values) > 0, cut || err == nil && in.Cut
	}
	if many {
		interval = join + stats.Interval{Level: meanLevel, Kind: stats.KindT}.String()
	}
	if few {
		notes += fmt.Sprintf(" Fewer than %d runs have no interval.", stats.FewestForInterval)
	}
	if cut {
		notes += " " + cutNote
	}
	return interval, notes
}

// cutNote explains the mark at an interval's end.
const cutNote = "An arrow: the interval reaches beyond what is possible and is cut there."
