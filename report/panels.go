package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Panel is one of several plots side by side: lines with a mark at every point.
type Panel struct {
	Title, X, Y string // title, and what the axes show, with units
	LogX, LogY  bool
	Series      []Series
}

// WritePanels draws panels in a row as SVG.
func WritePanels(path string, panels []Panel) error {
	row := make([]*plot.Plot, len(panels))
	for i, p := range panels {
		drawn, err := p.plot()
		if err != nil {
			return err
		}
		row[i] = drawn
	}
	canvas := vgsvg.New(vg.Length(len(panels))*4*vg.Inch, 3.4*vg.Inch)
	tiles := draw.Tiles{
		Rows: 1, Cols: len(panels), PadX: vg.Points(16), PadTop: vg.Points(6),
		PadBottom: vg.Points(6), PadLeft: vg.Points(6), PadRight: vg.Points(12),
	}
	for i, c := range plot.Align([][]*plot.Plot{row}, tiles, draw.New(canvas))[0] {
		row[i].Draw(c)
	}
	return writeSVG(path, canvas)
}

// plot draws one panel.
func (p Panel) plot() (*plot.Plot, error) {
	out := plot.New()
	out.Title.Text, out.X.Label.Text, out.Y.Label.Text = p.Title, p.X, p.Y
	if p.LogX {
		out.X.Scale, out.X.Tick.Marker = plot.LogScale{}, pointTicks(p.Series)
	}
	if p.LogY {
		out.Y.Scale, out.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	out.Add(plotter.NewGrid())
	out.Legend.Top, out.Legend.Padding = true, vg.Points(3)
	for i, s := range p.Series {
		if _, err := addLine(out, s, i, p.LogY); err != nil {
			return nil, err
		}
		points := make(plotter.XYs, len(s.X))
		for j := range s.X {
			points[j] = plotter.XY{X: s.X[j], Y: s.Y[j]}
		}
		marks, err := plotter.NewScatter(points)
		if err != nil {
			return nil, err
		}
		marks.GlyphStyle = draw.GlyphStyle{
			Color: palette[i%len(palette)], Radius: vg.Points(2.5), Shape: draw.CircleGlyph{},
		}
		out.Add(marks)
	}
	if p.LogY { // whole decades, with room for the legend
		out.Y.Min, out.Y.Max = math.Pow(10, math.Floor(math.Log10(out.Y.Min))), math.Pow(
			10, math.Ceil(math.Log10(out.Y.Max*1.5)),
		)
	}
	return out, nil
}

// pointTicks marks the positions at which there are points.
func pointTicks(series []Series) plot.Ticker {
	var xs []float64
	for _, s := range series {
		xs = append(xs, s.X...)
	}
	return constantTicks(xs)
}

// constantTicks marks the given positions, each once.
func constantTicks(xs []float64) plot.Ticker {
	var ticks plot.ConstantTicks
	seen := map[float64]bool{}
	for _, x := range xs {
		if !seen[x] {
			seen[x] = true
			ticks = append(ticks, plot.Tick{Value: x, Label: strconv.FormatFloat(x, 'g', -1, 64)})
		}
	}
	return ticks
}
