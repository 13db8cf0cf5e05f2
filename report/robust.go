package report

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// RobustCurves is a part that shows accuracies with their intervals as images are changed more and more.
type RobustCurves struct {
	Title  string
	X      Axis
	Series []RobustSeries
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
		if err := s.add(p); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	p.Y.Min, p.Y.Max = 0, 100
	return p, nil
}

// bars is a curve as gonum's plotters take it.
type bars struct {
	plotter.XYs
	plotter.YErrors
}

func (s RobustSeries) add(p *plot.Plot) error {
	var b bars
	for _, v := range s.Points {
		b.XYs = append(b.XYs, plotter.XY{X: v.X, Y: 100 * v.Accuracy})
		b.YErrors = append(b.YErrors, struct{ Low, High float64 }{100 * (v.Accuracy - v.Low), 100 * (v.High - v.Accuracy)})
	}
	if len(b.XYs) == 0 {
		return nil
	}
	line, marks, err := plotter.NewLinePoints(b.XYs)
	if err != nil {
		return err
	}
	whiskers, err := plotter.NewYErrorBars(b)
	if err != nil {
		return err
	}
	line.LineStyle, marks.GlyphStyle = s.Style.line(vg.Points(1.3)), s.Style.glyph(vg.Points(2.5))
	whiskers.LineStyle.Color, whiskers.CapWidth = s.Style.Color, vg.Points(3)
	p.Add(line, marks, whiskers)
	p.Legend.Add(s.Name, line, marks)
	return nil
}

// StylesOf returns styles that tell methods apart: their own, but those of their places where two have the same one.
func StylesOf(methods []string) []Style {
	styles, seen := make([]Style, len(methods)), map[string]bool{}
	for i, m := range methods {
		if seen[methodName(m)] {
			for j := range styles {
				styles[j] = styleAt(j)
			}
			return styles
		}
		seen[methodName(m)], styles[i] = true, StyleOf(m)
	}
	return styles
}
