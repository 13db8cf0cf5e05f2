package report

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	gradient "gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sheet is a figure of several plots in rows.
type Sheet struct {
	Title string // above all plots, of one or more lines; none if empty
	Text  string // the caption
	Mark  string // stands before the titles of the first row
	Rows  [][]SheetPlot
}

// SheetPlot is a plot of a sheet: [Lines], [Heat] or [Scale].
type SheetPlot interface{ plot() (*plot.Plot, error) }

// Caption returns the text.
func (s Sheet) Caption() string { return s.Text }

func (s Sheet) size() (vg.Length, vg.Length) {
	columns := 1
	for _, row := range s.Rows {
		columns = max(columns, len(row))
	}
	return vg.Length(columns) * 3.6 * vg.Inch, vg.Length(max(1, len(s.Rows)))*3.3*vg.Inch + titleHeight(s.Title)
}

func (s Sheet) title() string { return s.Title }

func (s Sheet) plots() ([][]*plot.Plot, error) {
	out := make([][]*plot.Plot, len(s.Rows))
	for i, row := range s.Rows {
		for j, part := range row {
			p, err := part.plot()
			if err != nil {
				return nil, fmt.Errorf("row %d, plot %d: %w", i, j, err)
			}
			if i == 0 && s.Mark != "" && p.Title.Text != "" {
				p.Title.Text = s.Mark + p.Title.Text
			}
			out[i] = append(out[i], p)
		}
	}
	return out, nil
}

// Lines is a plot of lines and points.
type Lines struct {
	Title  string
	X, Y   Axis
	Series []LineSeries
	// Low and High bound the y axis, if High is larger.
	Low, High float64
}

// LineSeries is a line, or its points alone.
type LineSeries struct {
	Name   string // in the legend, if not empty
	Method string // what its style is that of; Name if empty
	X, Y   []float64
	Points bool // marks only
}

func (l Lines) plot() (*plot.Plot, error) {
	p := newPlot(l.Title, false)
	l.X.apply(&p.X, nil)
	l.Y.apply(&p.Y, nil)
	p.Add(plotter.NewGrid())
	for _, s := range l.Series {
		if err := l.add(p, s); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	l.X.bound(&p.X)
	l.Y.bound(&p.Y)
	if l.High > l.Low {
		p.Y.Min, p.Y.Max = l.Low, l.High
	}
	return p, nil
}

// add draws a series, cut off where the y axis ends.
func (l Lines) add(p *plot.Plot, s LineSeries) error {
	if len(s.X) != len(s.Y) {
		return fmt.Errorf("found %d values for %d places", len(s.Y), len(s.X))
	}
	var points plotter.XYs
	for i, y := range s.Y {
		if !l.X.drawable(s.X[i]) || !l.Y.drawable(y) {
			return fmt.Errorf("the value at %v is %v, which the axes cannot show", s.X[i], y)
		}
		y = l.Y.shown(y)
		if l.High > l.Low {
			y = min(max(y, l.Low), l.High)
		}
		points = append(points, plotter.XY{X: l.X.shown(s.X[i]), Y: y})
	}
	if len(points) == 0 {
		return nil
	}
	style := StyleOf(s.Name)
	if s.Method != "" {
		style = StyleOf(s.Method)
	}
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.LineStyle = style.line(vg.Points(1.2))
	marks.GlyphStyle = draw.GlyphStyle{
		Color: color.RGBA{110, 110, 110, 255}, Radius: vg.Points(1.6), Shape: draw.CircleGlyph{},
	}
	var drawn plot.Plotter = line
	var thumbnail plot.Thumbnailer = line
	if s.Points {
		drawn, thumbnail = marks, marks
	}
	p.Add(drawn)
	if s.Name != "" {
		p.Legend.Add(s.Name, thumbnail)
	}
	return nil
}

// Heat is a map of a function of two variables, with marks on it.
type Heat struct {
	Title     string
	X, Y      Axis
	Xs, Ys    []float64   // ascending, evenly spaced
	Values    [][]float64 // [len(Ys)][len(Xs)]
	Low, High float64     // what the first and the last colour stand for
	Marks     Series
}

// colours is the number of colours of a map: more than the eye tells apart.
const colours = 64

// colourMap goes from black by blue and green to yellow and white with even steps of lightness, so
// that it reads without colours, too (Kindlmann, Reinhard and Creem 2002, in Moreland's form).
func colourMap(low, high float64) gradient.ColorMap {
	m := moreland.Kindlmann()
	m.SetMin(low)
	m.SetMax(high)
	return m
}

func (h Heat) plot() (*plot.Plot, error) {
	if len(h.Values) != len(h.Ys) || len(h.Xs) < 2 || len(h.Ys) < 2 || !(h.High > h.Low) {
		return nil, fmt.Errorf(
			"found %d rows for %d × %d places from %v to %v, expected a row for each of at least 2 × 2, and a range",
			len(h.Values), len(h.Xs), len(h.Ys), h.Low, h.High,
		)
	}
	for i, row := range h.Values {
		if len(row) != len(h.Xs) {
			return nil, fmt.Errorf("row %d has %d values, expected %d", i, len(row), len(h.Xs))
		}
	}
	p := newPlot(h.Title, false)
	h.X.apply(&p.X, nil)
	h.Y.apply(&p.Y, nil)
	heat := plotter.NewHeatMap(grid{h}, colourMap(h.Low, h.High).Palette(colours))
	heat.Min, heat.Max, heat.Rasterized = h.Low, h.High, true
	p.Add(heat)
	marks := make(plotter.XYs, len(h.Marks.X))
	for i := range marks {
		marks[i] = plotter.XY{X: h.Marks.X[i], Y: h.Marks.Y[i]}
	}
	if len(marks) > 0 {
		scatter, err := plotter.NewScatter(marks)
		if err != nil {
			return nil, err
		}
		scatter.GlyphStyle = draw.GlyphStyle{
			Color: color.RGBA{255, 255, 255, 255}, Radius: vg.Points(1.6), Shape: draw.RingGlyph{},
		}
		p.Add(scatter)
	}
	return p, nil
}

// grid is a map's values as gonum asks for them, within the range of the colours.
type grid struct{ Heat }

func (g grid) Dims() (c, r int)   { return len(g.Xs), len(g.Ys) }
func (g grid) Z(c, r int) float64 { return min(max(g.Values[r][c], g.Low), g.High) }
func (g grid) X(c int) float64    { return g.Xs[c] }
func (g grid) Y(r int) float64    { return g.Ys[r] }

// Scale is the legend of maps with the same range.
type Scale struct {
	Title     string
	Low, High float64
}

func (s Scale) plot() (*plot.Plot, error) {
	if !(s.High > s.Low) {
		return nil, fmt.Errorf("found a scale from %v to %v, expected a range", s.Low, s.High)
	}
	p := newPlot("", false)
	p.Y.Label.Text = s.Title
	p.Add(&plotter.ColorBar{ColorMap: colourMap(s.Low, s.High), Vertical: true, Colors: colours})
	p.HideX()
	p.X.Min, p.X.Max = 0, 9 // a narrow bar at the left
	p.Y.Tick.Marker = evenTicks{}
	return p, nil
}
