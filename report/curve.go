package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Series is a named sequence of points.
type Series struct {
	Name string
	X, Y []float64
}

// Add appends a point.
func (s *Series) Add(x, y float64) { s.X, s.Y = append(s.X, x), append(s.Y, y) }

// Curve is a learning curve: the loss, and what the penalties add to it, on a logarithmic axis,
// below it the score by which the task is judged. A title may have several lines.
type Curve struct {
	Title  string
	Losses []Series
	Score  Series
	Axis   Axis // of the score, not logarithmic
}

// palette is Okabe and Ito's, which colour-blind people can tell apart; dashes repeat the colour.
var palette = []color.RGBA{
	{0, 0, 0, 255}, {213, 94, 0, 255}, {0, 114, 178, 255}, {0, 158, 115, 255},
	{204, 121, 167, 255}, {86, 180, 233, 255}, {230, 159, 0, 255},
}

var dashes = [][]vg.Length{nil, {6, 3}, {2, 2}, {8, 2, 2, 2}, {4, 4}, {10, 3}, {1, 3}}

// WriteCurve draws a learning curve as SVG: without a score, the losses alone.
func WriteCurve(path string, c Curve) error {
	upper, lower := plot.New(), plot.New()
	judged := len(c.Score.Y) > 0
	upper.Title.Text = c.Title
	upper.Title.TextStyle.Font.Size, upper.Title.Padding = 10, vg.Points(4)
	upper.Y.Label.Text = "loss, λ·R of penalties"
	upper.Y.Scale = plot.LogScale{}
	upper.Y.Tick.Marker = decadeTicks{}
	upper.Legend.Top = true
	drawn := 0
	for i, s := range c.Losses {
		n, err := addLine(upper, s, lossStyle(i), true)
		if err != nil {
			return err
		}
		drawn += n
	}
	if drawn == 0 { // a logarithmic axis needs something positive
		upper.Y.Scale, upper.Y.Tick.Marker = plot.LinearScale{}, plot.DefaultTicks{}
	} else {
		upper.Y.Max *= 30 // room for the legend above the curves
	}
	shown := Series{Name: c.Score.Name, X: c.Score.X}
	for _, y := range c.Score.Y {
		shown.Y = append(shown.Y, c.Axis.shown(y))
	}
	c.Axis.apply(&lower.Y, nil)
	if _, err := addLine(lower, shown, scoreStyle, false); err != nil {
		return err
	}
	if err := addMarks(lower, shown); err != nil {
		return err
	}
	c.Axis.bound(&lower.Y)
	for _, p := range []*plot.Plot{upper, lower} {
		p.X.Min, p.X.Max = 0, c.lastStep()
		p.X.Tick.Marker = evenTicks{whole: true}
		p.Legend.XOffs = -vg.Points(6)
		p.Legend.TextStyle.Font.Size, p.Legend.Padding = 9, vg.Points(3)
		p.Add(plotter.NewGrid())
	}
	panels := [][]*plot.Plot{{upper}, {lower}}
	if !judged {
		panels = panels[:1]
	}
	panels[len(panels)-1][0].X.Label.Text = "step"
	canvas := vgsvg.New(8*vg.Inch, vg.Length(len(panels))*3*vg.Inch)
	tiles := draw.Tiles{Rows: len(panels), Cols: 1, PadY: vg.Points(8)}
	for i, row := range plot.Align(panels, tiles, draw.Crop(draw.New(canvas), vg.Points(4), -vg.Points(24), 0, 0)) {
		panels[i][0].Draw(row[0])
	}
	return writeSVG(path, canvas)
}

// lastStep returns the largest x of all series, at least 1.
func (c Curve) lastStep() float64 {
	last := 1.0
	for _, s := range append(c.Losses[:len(c.Losses):len(c.Losses)], c.Score) {
		for _, x := range s.X {
			last = math.Max(last, x)
		}
	}
	return last
}

// scoreStyle is the place in palette and dashes of the score, which no loss has.
const scoreStyle = 3

// lossStyle returns the place of a loss or penalty.
func lossStyle(i int) int {
	if i %= len(palette) - 1; i >= scoreStyle {
		i++
	}
	return i
}

// mostDrawn is the largest magnitude that is drawn: axes have room around their values, which has
// to be finite.
const mostDrawn = 1e300

// drawable returns the points of a series that have a place on an axis; on a logarithmic one only
// positive ones do.
func (s Series) drawable(positive bool) plotter.XYs {
	var points plotter.XYs
	for i, y := range s.Y {
		if math.Abs(y) <= mostDrawn && (y >= 1/mostDrawn || !positive) {
			points = append(points, plotter.XY{X: s.X[i], Y: y})
		}
	}
	return points
}

// addMarks puts a dot on every point: between them nothing was measured.
func addMarks(p *plot.Plot, s Series) error {
	points := s.drawable(false)
	if len(points) == 0 {
		return nil
	}
	return addDots(p, points, palette[scoreStyle])
}

// addDots draws points as dots.
func addDots(p *plot.Plot, points plotter.XYs, c color.Color) error {
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	dots.Color, dots.Shape, dots.Radius = c, draw.CircleGlyph{}, vg.Points(2)
	p.Add(dots)
	return nil
}

// addLine draws a series and returns how many points it has.
func addLine(p *plot.Plot, s Series, style int, positive bool) (int, error) {
	points := s.drawable(positive)
	if len(points) == 0 {
		return 0, nil
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return 0, err
	}
	line.Color = palette[style%len(palette)]
	if style != scoreStyle {
		line.Dashes = dashes[style%len(dashes)]
	}
	line.Width = vg.Points(1.2)
	p.Add(line)
	p.Legend.Add(s.Name, line)
	if len(points) == 1 { // a line needs two
		return 1, addDots(p, points, line.Color)
	}
	return len(points), nil
}
