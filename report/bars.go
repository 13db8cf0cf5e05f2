package report

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// bars is a curve with error bars as gonum's plotters take it.
type bars struct {
	plotter.XYs
	plotter.YErrors
}

// add appends a point whose bar reaches so far below and above it.
func (b *bars) add(x, y, below, above float64) {
	b.XYs = append(b.XYs, plotter.XY{X: x, Y: y})
	b.YErrors = append(b.YErrors, struct{ Low, High float64 }{below, above})
}

// draw draws the curve if it has a point, with its bars beneath, and names it in the legend if it
// has a name.
func (b bars) draw(p *plot.Plot, name string, style Style) error {
	if len(b.XYs) == 0 {
		return nil
	}
	whiskers, err := plotter.NewYErrorBars(b)
	if err != nil {
		return err
	}
	whiskers.LineStyle.Color, whiskers.LineStyle.Width, whiskers.CapWidth = style.Color, vg.Points(1), vg.Points(3)
	line, marks, err := plotter.NewLinePoints(b.XYs)
	if err != nil {
		return err
	}
	line.LineStyle, marks.GlyphStyle = style.line(vg.Points(1.2)), style.glyph(vg.Points(3))
	p.Add(whiskers, line, marks)
	if name != "" {
		p.Legend.Add(name, line, marks)
	}
	return nil
}
