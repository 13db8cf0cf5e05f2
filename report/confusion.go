package report

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Confusion is a confusion matrix as a picture: a row for each true class, a column for each
// predicted one, darker for a greater share of the row, with the counts in the cells where they
// have room.
type Confusion struct {
	Title   string
	Classes []string
	Counts  []int // [true class, predicted class]
}

// countedClasses is the largest number of classes whose counts are legible.
const countedClasses = 30

// axisName is the number of characters that a class has at the axes.
const axisName = 18

// Caption says what rows and colours are, and what the shortened names of classes stand for, if
// there are not too many.
func (c Confusion) Caption() string {
	images := 0
	for _, n := range c.Counts {
		images += n
	}
	text := fmt.Sprintf(
		"%s. Rows: true class, columns: predicted class; shade: share of the row; n = %d images.",
		OneLine(c.Title), images,
	)
	var legend []string
	for i, short := range Shorten(c.Classes, axisName) {
		if short != c.Classes[i] {
			legend = append(legend, short+" is "+c.Classes[i])
		}
	}
	switch n := len(legend); {
	case n > countedClasses:
		text += fmt.Sprintf(" %d names are shortened.", n)
	case n > 0:
		text += " Shortened names: " + strings.Join(legend, "; ") + "."
	}
	return text
}

func (c Confusion) size() (vg.Length, vg.Length) {
	side := max(5*vg.Inch, 2.2*vg.Inch+min(vg.Length(len(c.Classes))*0.42*vg.Inch, 11*vg.Inch))
	return side, side
}

func (c Confusion) plots() ([][]*plot.Plot, error) {
	k := len(c.Classes)
	if k == 0 || len(c.Counts) != k*k {
		return nil, fmt.Errorf("found %d counts of %d classes, expected %d", len(c.Counts), k, k*k)
	}
	p := newPlot(c.Title, false)
	p.Title.TextStyle.Font.Size = vg.Points(10) // for the text form of a model
	p.X.Label.Text, p.Y.Label.Text = "predicted class", "true class"
	p.Add(cells{c})
	var columns, rows plot.ConstantTicks
	names := Shorten(c.Classes, axisName)
	for i, name := range names {
		columns = append(columns, plot.Tick{Value: float64(i), Label: name})
		rows = append(rows, plot.Tick{Value: float64(k - 1 - i), Label: name})
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = columns, rows
	size := vg.Points(10)
	if k > countedClasses {
		size = vg.Points(5.5)
	}
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = size, size
	if longest(names) > 2 {
		p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = 0.9, draw.XRight, draw.YCenter
	}
	return [][]*plot.Plot{{p}}, nil
}

// longest returns the length of the longest name in characters.
func longest(names []string) int {
	n := 0
	for _, name := range names {
		n = max(n, len([]rune(name)))
	}
	return n
}

// cells draws the matrix.
type cells struct{ Confusion }

// DataRange is half a cell wider than the cells' centres.
func (c cells) DataRange() (xmin, xmax, ymin, ymax float64) {
	k := float64(len(c.Classes))
	return -0.5, k - 0.5, -0.5, k - 0.5
}

// Plot draws a square for every pair of classes that occurs.
func (c cells) Plot(canvas draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&canvas)
	k := len(c.Classes)
	for i := range k {
		row, sum := c.Counts[i*k:(i+1)*k], 0
		for _, n := range row {
			sum += n
		}
		for j, n := range row {
			if n == 0 {
				continue
			}
			share := float64(n) / float64(sum)
			at := float64(k - 1 - i)
			x0, x1, y0, y1 := x(float64(j)-0.5), x(float64(j)+0.5), y(at-0.5), y(at+0.5)
			canvas.FillPolygon(
				shade(share, i == j),
				[]vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}},
			)
			if k <= countedClasses {
				c.count(canvas, n, share, vg.Point{X: (x0 + x1) / 2, Y: (y0 + y1) / 2})
			}
		}
	}
}

// count writes a cell's number.
func (c cells) count(canvas draw.Canvas, n int, share float64, at vg.Point) {
	style := draw.TextStyle{
		Color: color.Black, Font: plot.DefaultFont, XAlign: draw.XCenter, YAlign: draw.YCenter,
		Handler: plot.DefaultTextHandler,
	}
	style.Font.Size = vg.Points(8)
	if share > 0.4 {
		style.Color = color.White
	}
	canvas.FillText(style, at, strconv.Itoa(n))
}

// shade is blue for right answers and orange-red for wrong ones, from nearly white to full. Wrong
// ones darken with the root of their share, as they are few.
func shade(share float64, right bool) color.RGBA {
	full, depth := palette[1], math.Sqrt(share)
	if right {
		full, depth = palette[2], share
	}
	t := 0.05 + 0.95*depth
	mix := func(v uint8) uint8 { return uint8(255 - (255-float64(v))*t) }
	return color.RGBA{mix(full.R), mix(full.G), mix(full.B), 255}
}
