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

// Bands is a figure of curves over steps: the mean of the runs and a band around it.
type Bands struct {
	Title  string
	X, Y   Axis
	Spread Spread
	Series []BandSeries
}

// Spread is what a band shows.
type Spread int

// Spreads.
const (
	SpreadInterval Spread = iota // Student's 95 % interval of the mean
	SpreadRange                  // from the lowest run to the highest
)

// BandSeries is a method's curves.
type BandSeries struct {
	Name   string
	Method string // what its style is that of; Name if empty
	Style  *Style // instead, where figures that do not have all methods in common are to look the same
	X      []float64
	Runs   [][]float64 // each of the length of X
}

// Caption says what bands are.
func (b Bands) Caption() string {
	least, most := math.MaxInt, 0
	var samples [][]float64
	for _, s := range b.Series {
		least, most = min(least, len(s.Runs)), max(most, len(s.Runs))
		for i := range s.X {
			samples = append(samples, s.column(i))
		}
	}
	spread, notes := b.Y.meanCaption(" and ", samples)
	if b.Spread == SpreadRange {
		spread, notes = " and range of the runs", ""
	}
	return fmt.Sprintf(
		"%s. Mean%s; %s.%s", b.Title, spread, counted(least, most, "runs a curve"),
		strings.Replace(notes, cutNote, cutBandNote, 1),
	)
}

// cutBandNote explains a band that ends at the axis's end.
const cutBandNote = "Intervals are cut where they reach beyond what is possible."

// column returns the values of all runs at place i of X, of those that have one.
func (s BandSeries) column(i int) []float64 {
	var column []float64
	for _, run := range s.Runs {
		if i < len(run) {
			column = append(column, run[i])
		}
	}
	return column
}

func (b Bands) size() (vg.Length, vg.Length) { return 8 * vg.Inch, 4.6 * vg.Inch }

func (b Bands) plots() ([][]*plot.Plot, error) {
	p := newPlot(b.Title, false)
	p.Legend.Top = false
	b.X.apply(&p.X, nil)
	b.Y.apply(&p.Y, nil)
	p.Add(plotter.NewGrid())
	// All areas first, so that none covers a line.
	lines, styles := make([]plotter.XYs, len(b.Series)), b.styles()
	var names []string
	var lows []plotter.XYs
	for i, s := range b.Series {
		line, outline, err := b.curve(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		lines[i] = line
		if len(line) > 0 {
			names, lows = append(names, s.Name), append(lows, outline[:len(line)])
		}
		if len(s.Runs) < 2 || b.Spread == SpreadInterval && len(s.Runs) < stats.FewestForInterval {
			continue
		}
		area, err := plotter.NewPolygon(outline)
		if err != nil {
			return nil, err
		}
		area.Color, area.LineStyle.Width = translucent(styles[i]), 0
		p.Add(area)
	}
	for i, s := range b.Series {
		if len(lines[i]) == 0 {
			continue
		}
		line, err := plotter.NewLine(lines[i])
		if err != nil {
			return nil, err
		}
		line.LineStyle = styles[i].line(vg.Points(1.5))
		p.Add(line)
		p.Legend.Add(s.Name, line)
	}
	b.Y.bound(&p.Y)
	legendBelow(p, names, b.Y, 7.2*vg.Inch, 3.6*vg.Inch, lows)
	return [][]*plot.Plot{{p}}, nil
}

// styles returns the styles of the series.
func (b Bands) styles() []Style {
	var looks []look
	for _, s := range b.Series {
		looks = append(looks, look{s.Style, s.Method, s.Name})
	}
	return styles(looks)
}

// curve returns the line of the means and the outline of the band.
func (b Bands) curve(s BandSeries) (line, outline plotter.XYs, err error) {
	var back plotter.XYs
	column := make([]float64, len(s.Runs))
	for i, x := range s.X {
		for r, run := range s.Runs {
			if len(run) != len(s.X) {
				return nil, nil, fmt.Errorf("run %d has %d values, expected %d", r, len(run), len(s.X))
			}
			if !b.X.drawable(x) || !b.Y.drawable(run[i]) {
				return nil, nil, fmt.Errorf("run %d at %v is %v, which the axes cannot show", r, x, run[i])
			}
			column[r] = b.Y.shown(run[i])
		}
		if len(column) == 0 {
			continue
		}
		low, high, err := b.spread(column)
		if err != nil {
			return nil, nil, err
		}
		if b.Y.Log && low <= 0 { // an interval may reach below what the axis has
			low = stats.Summarize(column).Mean / 10
		}
		x = b.X.shown(x)
		line = append(line, plotter.XY{X: x, Y: stats.Summarize(column).Mean})
		outline = append(outline, plotter.XY{X: x, Y: low})
		back = append(back, plotter.XY{X: x, Y: high})
	}
	for i := range back {
		outline = append(outline, back[len(back)-1-i])
	}
	return line, outline, nil
}

// spread returns the ends of a band around values as the axis shows them.
func (b Bands) spread(shown []float64) (low, high float64, err error) {
	if b.Spread == SpreadRange {
		return slices.Min(shown), slices.Max(shown), nil
	}
	in, ok, err := b.Y.interval(shown)
	if !ok {
		mean := stats.Summarize(shown).Mean
		return mean, mean, err
	}
	return in.Low, in.High, nil
}
