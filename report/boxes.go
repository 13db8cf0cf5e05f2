package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gradreg/gradreg/stats"
)

// Boxes is a box plot of methods, one below the other: median, quartiles, whiskers to the last
// value within 1.5 interquartile ranges (Tukey 1977), every run as a point, the mean with Student's
// interval, and a published value where there is one.
type Boxes struct {
	Title  string
	Value  Axis
	Groups []BoxGroup
}

// BoxGroup is a method's results.
type BoxGroup struct {
	Name      string // what stands beside the box
	Method    string // what its style is that of; Name if empty
	Style     *Style // instead, where figures that do not have all methods in common are to look the same
	Values    []float64
	Published *float64
}

// Caption says what boxes, points, diamonds and bars are.
func (b Boxes) Caption() string {
	least, most, published := math.MaxInt, 0, false
	var samples [][]float64
	for _, g := range b.Groups {
		least, most, published = min(least, len(g.Values)), max(most, len(g.Values)), published || g.Published != nil
		samples = append(samples, g.Values)
	}
	interval, notes := b.Value.meanCaption(" with its ", samples)
	sign := "bar"
	if interval == "" {
		sign = "mark"
	}
	text := fmt.Sprintf("%s. Box: median and quartiles; whiskers: last value within 1.5 "+
		"interquartile ranges; points: runs; %s below a box: mean%s; %s.%s",
		b.Title, sign, interval, counted(least, most, "runs a method"), notes)
	if published {
		text += " Vertical stroke: published value."
	}
	return text
}

// counted returns "n = 10 runs a method", or the range of n.
func counted(least, most int, what string) string {
	switch {
	case most == 0:
		return "no " + what
	case least == most:
		return fmt.Sprintf("n = %d %s", most, what)
	}
	return fmt.Sprintf("n = %d … %d %s", least, most, what)
}

func (b Boxes) size() (vg.Length, vg.Length) {
	return 8 * vg.Inch, vg.Inch + vg.Length(len(b.Groups))*0.42*vg.Inch
}

func (b Boxes) plots() ([][]*plot.Plot, error) {
	p := newPlot(b.Title, true)
	b.Value.apply(&p.X, nil)
	p.X.Padding = vg.Points(8)
	var names []string
	var looks []look
	for _, g := range b.Groups {
		looks = append(looks, look{g.Style, g.Method, g.Name})
	}
	styles := styles(looks)
	p.Add(plotter.NewGrid())
	for i := range b.Groups {
		k := len(b.Groups) - 1 - i // the first on top
		g := b.Groups[k]
		names = append(names, g.Name)
		if err := b.add(p, g, styles[k], float64(i)); err != nil {
			return nil, fmt.Errorf("%s: %w", g.Name, err)
		}
	}
	if len(names) == 0 {
		return [][]*plot.Plot{{p}}, nil
	}
	p.NominalY(names...)
	p.Y.Padding = vg.Points(14)
	p.Y.Min, p.Y.Max = -0.4, float64(len(names))-0.6
	b.Value.bound(&p.X)
	return [][]*plot.Plot{{p}}, nil
}

// add draws a group at height y.
func (b Boxes) add(p *plot.Plot, g BoxGroup, style Style, y float64) error {
	var values plotter.Values
	var points plotter.XYs
	for i, v := range g.Values {
		if !b.Value.drawable(v) {
			return fmt.Errorf("run %d is %v, which the axis cannot show", i, v)
		}
		values = append(values, b.Value.shown(v))
		points = append(points, plotter.XY{X: b.Value.shown(v), Y: y + jitter(i)})
	}
	if g.Published != nil {
		if err := addStroke(p, b.Value.shown(*g.Published), y); err != nil {
			return err
		}
	}
	if len(values) == 0 {
		return nil
	}
	box, err := plotter.NewBoxPlot(vg.Points(13), y, values)
	if err != nil {
		return err
	}
	box.Horizontal, box.FillColor = true, pale(style.Color)
	box.BoxStyle.Color, box.MedianStyle.Color, box.WhiskerStyle.Color = style.Color, style.Color, style.Color
	box.MedianStyle.Width = vg.Points(2)
	box.GlyphStyle.Radius = 0 // the points are drawn anyway
	scatter, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	scatter.GlyphStyle = style.glyph(vg.Points(2))
	p.Add(box, scatter)
	return b.addMean(p, values, y-0.36, style)
}

// jitter spreads points that lie side by side: the golden ratio's multiples are even for any number
// of them.
func jitter(i int) float64 {
	const golden = 0.6180339887498949
	return 0.2 * (math.Mod(float64(i)*golden+0.5, 1) - 0.5)
}

// addStroke draws a published value at height y.
func addStroke(p *plot.Plot, x, y float64) error {
	stroke, err := plotter.NewLine(plotter.XYs{{X: x, Y: y - 0.42}, {X: x, Y: y + 0.42}})
	if err != nil {
		return err
	}
	stroke.LineStyle = draw.LineStyle{Color: palette[0], Width: vg.Points(2.5)}
	p.Add(stroke)
	return nil
}

// addMean draws mean and interval at height y.
func (b Boxes) addMean(p *plot.Plot, values []float64, y float64, style Style) error {
	center := stats.Summarize(values).Mean
	mean, err := plotter.NewScatter(plotter.XYs{{X: center, Y: y}})
	if err != nil {
		return err
	}
	mean.GlyphStyle = style.glyph(vg.Points(3))
	p.Add(mean)
	in, ok, err := b.Value.interval(values)
	if err != nil || !ok {
		return err
	}
	line, err := plotter.NewLine(plotter.XYs{{X: in.Low, Y: y}, {X: in.High, Y: y}})
	if err != nil {
		return err
	}
	line.LineStyle = draw.LineStyle{Color: style.Color, Width: vg.Points(1.5)}
	p.Add(line)
	return addCuts(
		p, style, func(end float64) plotter.XY { return plotter.XY{X: end, Y: y} }, b.Value, in,
		arrowRight, arrowLeft,
	)
}
