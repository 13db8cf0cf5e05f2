package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/gradreg/gradreg/stats"
)

// ErrorBars is a figure of means with Student's intervals over a quantity such as the number of
// training images; below them, where series have any, of differences to a baseline.
type ErrorBars struct {
	Title    string
	X, Y     Axis
	Baseline string // what gains are the differences to
	Series   []BarSeries
}

// BarSeries is a method's results at several places.
type BarSeries struct {
	Name   string // in the legend
	Method string // what its style is that of; Name if empty
	Style  *Style // instead, where figures that do not have all methods in common are to look the same
	Points []BarPoint
	Gains  []BarGain
}

// BarPoint is the results of several runs at one place.
type BarPoint struct {
	X      float64
	Values []float64
}

// BarGain is the difference to the baseline at one place.
type BarGain struct {
	X float64
	stats.Paired
}

// gains reports whether there are differences to draw.
func (e ErrorBars) gains() bool {
	return slices.ContainsFunc(e.Series, func(s BarSeries) bool { return len(s.Gains) > 0 })
}

// Caption says what bars are.
func (e ErrorBars) Caption() string {
	least, most := math.MaxInt, 0
	var samples [][]float64
	for _, s := range e.Series {
		for _, p := range s.Points {
			least, most = min(least, len(p.Values)), max(most, len(p.Values))
			samples = append(samples, p.Values)
		}
	}
	interval, notes := e.Y.meanCaption(" and ", samples)
	text := fmt.Sprintf(
		"%s. Mean%s; %s. Methods at the same place are drawn beside each other.%s", e.Title,
		interval, counted(least, most, "runs a point"), notes,
	)
	if e.gains() {
		text += " " + e.gainCaption()
	}
	return text
}

// gainCaption says what the bars of differences are.
func (e ErrorBars) gainCaption() string {
	least, most := math.MaxInt, 0
	var kinds []string
	for _, s := range e.Series {
		for _, g := range s.Gains {
			least, most = min(least, g.Difference.N), max(most, g.Difference.N)
			if g.Interval != nil && g.Difference.N >= stats.FewestForInterval &&
				!slices.Contains(kinds, g.Interval.String()) {
				kinds = append(kinds, g.Interval.String())
			}
		}
	}
	text := fmt.Sprintf("Below: mean difference to %s of runs with the same seed", e.Baseline)
	if len(kinds) > 0 {
		text += " and its " + strings.Join(kinds, " or, of few pairs, ")
	}
	return fmt.Sprintf("%s; %s.", text, counted(least, most, "pairs a point"))
}

func (e ErrorBars) size() (vg.Length, vg.Length) {
	if e.gains() {
		return 8 * vg.Inch, 8 * vg.Inch
	}
	return 8 * vg.Inch, 5 * vg.Inch
}

func (e ErrorBars) plots() ([][]*plot.Plot, error) {
	upper := newPlot(e.Title, false)
	upper.Legend.Top = false // accuracy grows with the number of images: the lower right is free
	e.Y.apply(&upper.Y, nil)
	rows := [][]*plot.Plot{{upper}}
	if e.gains() {
		lower := newPlot("", false)
		lower.Y.Label.Text, lower.Y.Tick.Marker = e.gainLabel(), evenTicks{}
		zero := plotter.NewFunction(func(float64) float64 { return 0 })
		zero.LineStyle = StyleOf("none").line(vg.Points(1))
		lower.Add(zero)
		rows = append(rows, []*plot.Plot{lower})
	}
	places, styles := e.places(), e.styles()
	var names []string
	var drawn []plotter.XYs
	for _, row := range rows {
		e.X.apply(&row[0].X, places)
		row[0].Add(plotter.NewGrid())
	}
	for i, s := range e.Series {
		shift := float64(i) - float64(len(e.Series)-1)/2
		ends, err := e.addPoints(upper, s, shift, styles[i])
		if names = append(names, s.Name); len(ends) > 0 {
			drawn = append(drawn, ends)
		}
		if err == nil && len(rows) > 1 {
			err = e.differences(s, shift).draw(rows[1][0], "", styles[i])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	for _, row := range rows {
		if e.X.Log && len(places) > 0 {
			row[0].X.Min, row[0].X.Max = places[0]/1.2, places[len(places)-1]*1.2
		}
	}
	e.Y.bound(&upper.Y)
	legendBelow(upper, names, e.Y, 7.2*vg.Inch, 3.4*vg.Inch, drawn)
	return rows, nil
}

// gainLabel names the axis of differences: those of percent are points.
func (e ErrorBars) gainLabel() string {
	if e.Y.Percent {
		return "difference to " + e.Baseline + ", points"
	}
	return "difference to " + e.Baseline
}

// styles returns the styles of the series.
func (e ErrorBars) styles() []Style {
	var looks []look
	for _, s := range e.Series {
		looks = append(looks, look{s.Style, s.Method, s.Name})
	}
	return styles(looks)
}

// places returns the values of x, ascending.
func (e ErrorBars) places() []float64 {
	var xs []float64
	for _, s := range e.Series {
		for _, p := range s.Points {
			if e.X.drawable(p.X) {
				xs = append(xs, e.X.shown(p.X))
			}
		}
	}
	slices.Sort(xs)
	return slices.Compact(xs)
}

// dodge moves a place by shift hundredths of the axis's range, so that bars do not cover each
// other.
func (e ErrorBars) dodge(x, shift float64) float64 {
	places := e.places()
	first, last := places[0], places[len(places)-1]
	if e.X.Log {
		return x * math.Pow(math.Max(last/first, 2), 0.008*shift)
	}
	return x + 0.008*shift*math.Max(last-first, 1)
}

// addPoints draws the means of a series with their intervals, shifted sideways, and returns the
// lower ends.
func (e ErrorBars) addPoints(p *plot.Plot, s BarSeries, shift float64, style Style) (ends plotter.XYs, err error) {
	var b bars
	type cut struct {
		x  float64
		in stats.Interval
	}
	var cuts []cut
	for _, point := range s.Points {
		if len(point.Values) == 0 {
			continue
		}
		values := make([]float64, len(point.Values))
		for i, v := range point.Values {
			if !e.X.drawable(point.X) || !e.Y.drawable(v) {
				return nil, fmt.Errorf("run %d at %v is %v, which the axes cannot show", i, point.X, v)
			}
			values[i] = e.Y.shown(v)
		}
		mean, x := stats.Summarize(values).Mean, e.dodge(e.X.shown(point.X), shift)
		in, ok, err := e.Y.interval(values)
		if err != nil {
			return nil, err
		}
		if !ok {
			in.Low, in.High = mean, mean
		}
		b.add(x, mean, mean-in.Low, in.High-mean)
		cuts, ends = append(cuts, cut{x, in}), append(ends, plotter.XY{X: x, Y: in.Low})
	}
	if err := b.draw(p, s.Name, style); err != nil {
		return nil, err
	}
	for _, c := range cuts {
		if err := addCuts(
			p, style, func(end float64) plotter.XY { return plotter.XY{X: c.x, Y: end} }, e.Y, c.in,
			arrowUp, arrowDown,
		); err != nil {
			return nil, err
		}
	}
	return ends, nil
}

// differences returns the differences of a series with their intervals, shifted sideways.
func (e ErrorBars) differences(s BarSeries, shift float64) bars {
	var b bars
	for _, g := range s.Gains {
		mean, below, above := g.Difference.Mean, 0.0, 0.0
		if g.Interval != nil && g.Difference.N >= stats.FewestForInterval {
			below, above = mean-g.Interval.Low, g.Interval.High-mean
		}
		b.add(e.dodge(e.X.shown(g.X), shift), e.Y.shown(mean), e.Y.shown(below), e.Y.shown(above))
	}
	return b
}
