package evaluation

import (
	"image"
	"image/color"
	"math"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/report"
)

// gradients makes pictures of the input gradients at some test images.
func gradients(s *classify.Examined) ([]Gradient, error) {
	images := s.TestImages.Spread(gradientImages)
	list, err := s.Network.Gradients(images)
	if err != nil {
		return nil, err
	}
	out := make([]Gradient, len(list))
	for i, g := range list {
		k, sum := images.Index[i], 0.0
		for _, v := range g {
			sum += float64(v) * float64(v)
		}
		out[i] = Gradient{
			Image: classify.Picture(images.Image(k), images.Shape), Gradient: slopePicture(g, images.Shape),
			Class: s.Classes[images.Labels[k]], Norm: math.Sqrt(sum),
		}
	}
	return out, nil
}

// slopePicture shows a gradient [C, H, W] relative to its largest element: of three channels each
// as its own colour around a middle grey, of others the first one from blue by white to red.
func slopePicture(g []float32, shape dataset.Shape) image.Image {
	largest, area := 0.0, shape.H*shape.W
	for _, v := range g {
		largest = math.Max(largest, math.Abs(float64(v)))
	}
	relative := func(i int) float64 { return float64(g[i]) / math.Max(largest, math.SmallestNonzeroFloat64) }
	m := image.NewRGBA(image.Rect(0, 0, shape.W, shape.H))
	for i := range area {
		var c color.RGBA
		if shape.C == 3 {
			level := func(v float64) uint8 { return uint8(127.5 + 127.5*v) }
			c = color.RGBA{level(relative(i)), level(relative(area + i)), level(relative(2*area + i)), 255}
		} else {
			c = diverging(relative(i))
		}
		m.SetRGBA(i%shape.W, i/shape.W, c)
	}
	return m
}

// diverging maps −1 … 1 to blue, white and red; the ends are of Okabe and Ito's palette, as in all
// figures.
func diverging(v float64) color.RGBA {
	end := color.RGBA{213, 94, 0, 255}
	if v < 0 {
		end = color.RGBA{0, 114, 178, 255}
	}
	mix := func(e uint8) uint8 { return uint8(255 - (255-float64(e))*math.Abs(v)) }
	return color.RGBA{mix(end.R), mix(end.G), mix(end.B), 255}
}

// GradientTiles shows the input gradients of runs side by side: a row for each image, a column for
// each run.
func GradientTiles(results []Result) report.Tiles {
	t := report.Tiles{Title: "Input gradients\n" + title(results), Columns: 1 + len(results), Heads: []string{"image"}}
	for _, r := range results {
		t.Heads = append(t.Heads, r.Name)
	}
	for i := range results[0].Gradients {
		first := results[0].Gradients[i]
		t.List = append(t.List, report.Tile{Picture: first.Image, Lines: []string{first.Class}})
		for _, r := range results {
			t.List = append(
				t.List,
				report.Tile{
					Picture: r.Gradients[i].Gradient,
					Lines:   []string{"norm " + significant(r.Gradients[i].Norm)},
				},
			)
		}
	}
	return t
}
