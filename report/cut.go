package report

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gradreg/gradreg/stats"
)

// arrow is a mark that points to where an interval goes on beyond its axis: a filled triangle.
type arrow struct{ x, y vg.Length } // a unit vector

var (
	arrowRight, arrowLeft = arrow{1, 0}, arrow{-1, 0}
	arrowUp, arrowDown    = arrow{0, 1}, arrow{0, -1}
)

// DrawGlyph draws a triangle with its tip at pt.
func (a arrow) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, pt vg.Point) {
	long, wide := 2*style.Radius, 0.9*style.Radius
	base := vg.Point{X: pt.X - a.x*long, Y: pt.Y - a.y*long}
	var path vg.Path
	path.Move(pt)
	path.Line(vg.Point{X: base.X - a.y*wide, Y: base.Y + a.x*wide})
	path.Line(vg.Point{X: base.X + a.y*wide, Y: base.Y - a.x*wide})
	path.Close()
	c.SetColor(style.Color)
	c.Fill(path)
}

// addCuts marks the ends of an interval, as the axis shows it, that were cut off.
func addCuts(
	p *plot.Plot, style Style, at func(end float64) plotter.XY, a Axis, in stats.Interval,
	high, low arrow,
) error {
	if !in.Cut || !a.Percent {
		return nil
	}
	for _, end := range []struct {
		value, bound float64
		arrow        arrow
	}{{in.High, 100, high}, {in.Low, 0, low}} {
		if end.value != end.bound {
			continue
		}
		mark, err := plotter.NewScatter(plotter.XYs{at(end.value)})
		if err != nil {
			return err
		}
		mark.GlyphStyle = draw.GlyphStyle{Color: style.Color, Radius: vg.Points(4), Shape: end.arrow}
		p.Add(mark)
	}
	return nil
}
