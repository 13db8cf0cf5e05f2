package report

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/gradreg/gradreg/study/stats"
)

// ErrorBars is a figure of means with Student's intervals over a quantity such as the number of training images.
type ErrorBars struct {
	Title  string
	X, Y   Axis
	Series []BarSeries
}

// BarSeries is a method's results at several places.
type BarSeries struct {
	Name   string // in the legend
	Method string // what its style is that of; Name if empty
	Points []BarPoint
}

// BarPoint is the results of several runs at one place.
type BarPoint struct {
	X      float64
	Values []float64
}

// Caption says what bars are.
func (e ErrorBars) Caption() string {
	least, most := math.MaxInt, 0
	for _, s := range e.Series {
		for _, p := range s.Points {
			least, most = min(least, len(p.Values)), max(most, len(p.Values))
		}
	}
	return fmt.Sprintf("%s. Mean and %s; %s. Methods at the same place are drawn beside each other.",
		e.Title, stats.Interval{Level: boxLevel, Kind: stats.KindT}, counted(least, most, "runs a point"))
}

func (e ErrorBars) size() (vg.Length, vg.Length) { return 8 * vg.Inch, 5 * vg.Inch }

func (e ErrorBars) plots() ([][]*plot.Plot, error) {
	p := newPlot(e.Title, false)
	p.Legend.Top = false // accuracy grows with the number of images: the lower right is free
	places := e.places()
	e.X.apply(&p.X, places)
	e.Y.apply(&p.Y, nil)
	p.Add(plotter.NewGrid())
	for i, s := range e.Series {
		if err := e.add(p, s, float64(i)-float64(len(e.Series)-1)/2); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	if e.X.Log && len(places) > 0 {
		p.X.Min, p.X.Max = places[0]/1.2, places[len(places)-1]*1.2
	}
	return [][]*plot.Plot{{p}}, nil
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

// dodge moves a place by shift hundredths of the axis's range, so that bars do not cover each other.
func (e ErrorBars) dodge(x, shift float64) float64 {
	places := e.places()
	first, last := places[0], places[len(places)-1]
	if e.X.Log {
		return x * math.Pow(math.Max(last/first, 2), 0.008*shift)
	}
	return x + 0.008*shift*math.Max(last-first, 1)
}

// add draws a series, shifted sideways.
func (e ErrorBars) add(p *plot.Plot, s BarSeries, shift float64) error {
	var bars struct {
		plotter.XYs
		plotter.YErrors
	}
	for _, point := range s.Points {
		x := e.X.shown(point.X)
		if len(point.Values) == 0 {
			continue
		}
		values := make([]float64, len(point.Values))
		for i, v := range point.Values {
			if !e.X.drawable(point.X) || !e.Y.drawable(v) {
				return fmt.Errorf("run %d at %v is %v, which the axes cannot show", i, point.X, v)
			}
			values[i] = e.Y.shown(v)
		}
		mean, half := stats.Summarize(values).Mean, 0.0
		if len(values) > 1 {
			in, err := stats.MeanInterval(values, boxLevel)
			if err != nil {
				return err
			}
			half = in.High - mean
		}
		bars.XYs = append(bars.XYs, plotter.XY{X: e.dodge(x, shift), Y: mean})
		bars.YErrors = append(bars.YErrors, struct{ Low, High float64 }{half, half})
	}
	if len(bars.XYs) == 0 {
		return nil
	}
	style := StyleOf(s.Name)
	if s.Method != "" {
		style = StyleOf(s.Method)
	}
	errorBars, err := plotter.NewYErrorBars(bars)
	if err != nil {
		return err
	}
	errorBars.LineStyle.Color, errorBars.LineStyle.Width = style.Color, vg.Points(1)
	line, marks, err := plotter.NewLinePoints(bars.XYs)
	if err != nil {
		return err
	}
	line.LineStyle, marks.GlyphStyle = style.line(vg.Points(1.2)), style.glyph(vg.Points(3))
	p.Add(errorBars, line, marks)
	p.Legend.Add(s.Name, line, marks)
	return nil
}
