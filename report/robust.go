package report

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// RobustCurves is a part that shows accuracies with their intervals as images are changed more and
// more.
type RobustCurves struct {
	Title  string
	X      Axis
	Series []RobustSeries
	// Unnamed leaves the legend to a [Legend] beside.
	Unnamed bool
}

// RobustSeries is a curve.
type RobustSeries struct {
	Name   string // in the legend
	Style  Style
	Points []RobustPoint
}

// RobustPoint is an accuracy, as a fraction, with its interval.
type RobustPoint struct{ X, Accuracy, Low, High float64 }

func (r RobustCurves) plot() (*plot.Plot, error) {
	p := newPlot(r.Title, false)
	r.X.apply(&p.X, nil)
	p.Y.Label.Text = "accuracy, %"
	p.Y.Tick.Marker = evenTicks{}
	p.Add(plotter.NewGrid())
	for _, s := range r.Series {
		if err := s.add(p, !r.Unnamed); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	p.Y.Min, p.Y.Max = 0, 100
	return p, nil
}

func (s RobustSeries) add(p *plot.Plot, named bool) error {
	var b bars
	for _, v := range s.Points {
		b.add(v.X, 100*v.Accuracy, 100*(v.Accuracy-v.Low), 100*(v.High-v.Accuracy))
	}
	name := s.Name
	if !named {
		name = ""
	}
	return b.draw(p, name, s.Style)
}

// Legend is a part that says what the curves of the parts beside it are.
type Legend struct{ Series []RobustSeries }

func (l Legend) plot() (*plot.Plot, error) {
	p := newPlot("", true)
	p.HideAxes()
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	for _, s := range l.Series {
		line := &plotter.Line{LineStyle: s.Style.line(vg.Points(1.2))}
		marks := &plotter.Scatter{GlyphStyle: s.Style.glyph(vg.Points(3))}
		p.Legend.Add(s.Name, line, marks)
	}
	return p, nil
}
