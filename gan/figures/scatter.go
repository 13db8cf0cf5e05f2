package figures

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/report"
)

// The extents of a scatter of points in pixels, and what a point is worth.
const (
	scatterSide = 336
	pointAlpha  = 150
)

// Scatter draws points [n, 2] in a square from −reach to reach. A point beyond it stands at the
// edge, in vermilion.
func Scatter(points []float32, reach float64) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, scatterSide, scatterSide))
	draw.Draw(m, m.Bounds(), image.White, image.Point{}, draw.Src)
	frame(m)
	for i := 0; i+1 < len(points); i += 2 {
		x, out := place(float64(points[i]), reach)
		y, beyond := place(-float64(points[i+1]), reach)
		ink := color.NRGBA{R: 0, G: 114, B: 178, A: pointAlpha}
		if out || beyond {
			ink = color.NRGBA{R: 213, G: 94, B: 0, A: pointAlpha}
		}
		dot := image.Rect(x, y, x+2, y+2)
		draw.Draw(m, dot, image.NewUniform(ink), image.Point{}, draw.Over)
	}
	return m
}

// frame draws the edge of a scatter.
func frame(m *image.RGBA) {
	for i := range scatterSide {
		for _, p := range []image.Point{{i, 0}, {i, scatterSide - 1}, {0, i}, {scatterSide - 1, i}} {
			m.SetRGBA(p.X, p.Y, color.RGBA{170, 170, 170, 255})
		}
	}
}

// place returns the pixel of a coordinate, and whether it lies beyond the picture.
func place(v, reach float64) (at int, beyond bool) {
	const most = scatterSide - 3
	p := (v + reach) / (2 * reach) * most
	if math.IsNaN(p) {
		return 1, true
	}
	return int(math.Min(math.Max(p, 1), most)), p < 0 || p > most
}

// Reach returns how far a scatter of points goes: a quarter beyond the farthest coordinate.
func Reach(points []float32) float64 {
	far := 0.0
	for _, v := range points {
		far = math.Max(far, math.Abs(float64(v)))
	}
	return math.Max(1.25*far, 1e-3)
}

// besideData draws points of a generator beside as many of the data.
func besideData(c gan.Config, s gan.Sheet) (image.Image, error) {
	set, ok := gan.PointSetOf(c.Data)
	if !ok || set.Dimensions != 2 {
		return nil, fmt.Errorf("figures: samples of %s, expected points of the plane", c.Data)
	}
	data := make([]float32, len(s.Samples))
	set.Draw(c.Seed, 0, s.Count, data)
	reach := Reach(data)
	return Beside(fmt.Sprintf("%s, step %d", c.Data, s.Step), []string{"data", "generator"},
		[]image.Image{Scatter(data, reach), Scatter(s.Samples, reach)})
}

// Beside draws pictures side by side, with a head above each.
func Beside(title string, heads []string, pictures []image.Image) (image.Image, error) {
	t := report.Tiles{Title: title, Columns: len(pictures), Heads: heads}
	for _, m := range pictures {
		t.List = append(t.List, report.Tile{Picture: m})
	}
	data, err := t.PNG()
	if err != nil {
		return nil, err
	}
	return png.Decode(bytes.NewReader(data))
}
