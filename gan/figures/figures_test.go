package figures

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/report"
)

// runFolder returns a folder with the configuration of a run on data.
func runFolder(t *testing.T, data string) string {
	t.Helper()
	c := gan.DefaultFor(data)
	text, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "gan.yaml"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestGrid draws images at their places, a pixel apart, each pixel a square, and clamps what is out of
// range.
func TestGrid(t *testing.T) {
	for _, channels := range []int{1, 3} {
		shape := []int{channels, 2, 2}
		samples := make([]float32, 3*channels*4)
		for i := range samples {
			samples[i] = -1
		}
		samples[1] = 7 // right of the first row, of the first image
		samples[channels*4] = 1
		pictures, err := Pictures(samples, 3, shape)
		if err != nil {
			t.Fatal(err)
		}
		m := Grid(pictures, 2)
		if want := image.Rect(0, 0, 3*7, 3*7); m.Bounds() != want {
			t.Fatalf("%d channels: bounds %v, want %v", channels, m.Bounds(), want)
		}
		red := func(x, y int) uint32 { r, _, _, _ := m.At(3*x+1, 3*y+2).RGBA(); return r >> 8 }
		for _, c := range []struct {
			x, y int
			want uint32
		}{{0, 0, 96}, {1, 1, 0}, {2, 1, 255}, {3, 1, 96}, {4, 1, 255}, {1, 4, 0}, {4, 4, 96}} {
			if got := red(c.x, c.y); got != c.want {
				t.Errorf("%d channels: pixel %d, %d is %d, want %d", channels, c.x, c.y, got, c.want)
			}
		}
	}
	if _, err := Picture(make([]float32, 8), []int{2, 2, 2}); err == nil {
		t.Error("drew an image of two channels")
	}
}

// TestSheets draws sheets of images and points into a run folder, and the animation of them.
func TestSheets(t *testing.T) {
	for data, shape := range map[string][]int{"mnist": {1, 28, 28}, "cifar10": {3, 32, 32}, "gaussians-8": {2}} {
		dir := runFolder(t, data)
		size := 1
		for _, e := range shape {
			size *= e
		}
		for step := range 3 {
			s := gan.Sheet{Step: step * 100, Shape: shape, Count: 64, Samples: make([]float32, 64*size)}
			for i := range s.Samples {
				s.Samples[i] = float32((i*7+step*50)%101)/50 - 1
			}
			if err := Sheet(dir, s); err != nil {
				t.Fatalf("%s: %v", data, err)
			}
		}
		last, err := os.ReadFile(SheetPath(dir, 200))
		if err != nil {
			t.Fatal(err)
		}
		if latest, err := os.ReadFile(filepath.Join(dir, gan.SheetFile)); err != nil || !bytes.Equal(last, latest) {
			t.Errorf("%s: %s is not the last sheet: %v", data, gan.SheetFile, err)
		}
		// What somebody put there is left out.
		if err := os.WriteFile(SheetPath(dir, 150), []byte("no picture"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := Animate(dir); err != nil {
			t.Fatal(err)
		}
		g := decodeGIF(t, filepath.Join(dir, gan.AnimationFile))
		if len(g.Image) != 3 || g.Delay[2] <= g.Delay[0] || len(shape) == 3 && g.Image[0].Bounds().Dx() > widest {
			t.Errorf("%s: %d frames of %v, delays %v", data, len(g.Image), g.Image[0].Bounds(), g.Delay)
		}
		for _, m := range g.Image {
			if len(m.Palette) != 256 {
				t.Errorf("%s: %d colours", data, len(m.Palette))
			}
		}
	}
}

// TestAnimationOfAnyFolder animates the sheets of a folder whose name is a pattern that it does not
// match itself, in the order of their steps, which may have seven digits.
func TestAnimationOfAnyFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "seed[1]*")
	if err := os.MkdirAll(filepath.Join(dir, gan.SheetFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	greys := map[int]uint8{999_500: 0, 1_000_000: 128, 1_000_500: 255}
	for step, grey := range greys {
		m := image.NewGray(image.Rect(0, 0, 7, 5))
		for i := range m.Pix {
			m.Pix[i] = grey
		}
		if err := WritePNG(SheetPath(dir, step), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := Animate(dir); err != nil {
		t.Fatal(err)
	}
	g := decodeGIF(t, filepath.Join(dir, gan.AnimationFile))
	var shown []uint8
	for _, m := range g.Image {
		r, _, _, _ := m.At(3, 3).RGBA()
		shown = append(shown, uint8(r>>8))
	}
	if len(shown) != 3 || shown[0] > 5 || shown[1] < 100 || shown[1] > 150 || shown[2] < 250 {
		t.Errorf("frames of greys %v, expected those of steps 999500, 1000000 and 1000500", shown)
	}
	if err := Animate(t.TempDir()); err != nil {
		t.Errorf("without sheets: %v", err)
	}
}

func decodeGIF(t *testing.T, path string) *gif.GIF {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestAnimationBounds takes some of many sheets, the first and the last among them.
func TestAnimationBounds(t *testing.T) {
	list := make([]int, 1000)
	for i := range list {
		list[i] = i
	}
	some := evenly(list, mostFrames)
	if len(some) != mostFrames || some[0] != 0 || some[len(some)-1] != 999 {
		t.Errorf("%d frames from %d to %d", len(some), some[0], some[len(some)-1])
	}
	// Noise of many colours does not become smaller than its pixels.
	var frames []image.Image
	for f := range 40 {
		m := image.NewRGBA(image.Rect(0, 0, 480, 480))
		for i := range m.Pix {
			m.Pix[i] = uint8(i * (i + f) >> 3)
		}
		frames = append(frames, m)
	}
	data, err := animated(frames)
	if err != nil || len(data) > mostBytes {
		t.Errorf("%d bytes, expected at most %d: %v", len(data), mostBytes, err)
	}
}

// TestPalette keeps greys grey, and nearly as they are.
func TestPalette(t *testing.T) {
	p := Palette()
	if len(p) != 256 {
		t.Fatalf("%d colours", len(p))
	}
	for v := range 256 {
		r, g, b, _ := p.Convert(color.Gray{Y: uint8(v)}).RGBA()
		if d := int(r>>8) - v; r != g || g != b || d < -3 || d > 3 {
			t.Errorf("grey %d is %d, %d, %d", v, r>>8, g>>8, b>>8)
		}
	}
}

// TestScatter draws points where they are, and those beyond the edge at it in another colour.
func TestScatter(t *testing.T) {
	m := Scatter([]float32{0, 0, 100, 0}, 1)
	middle := color.RGBAModel.Convert(m.At(scatterSide/2-1, scatterSide/2-1)).(color.RGBA)
	edge := color.RGBAModel.Convert(m.At(scatterSide-3, scatterSide/2-1)).(color.RGBA)
	if middle.B <= middle.R || edge.R <= edge.B {
		t.Errorf("middle %v, edge %v", middle, edge)
	}
}

// TestBelowLegend checks that lines on a logarithmic axis end below the legend.
func TestBelowLegend(t *testing.T) {
	series := []report.LineSeries{{Y: []float64{0.01, 1}}, {Y: []float64{2, 100}}}
	low, high := belowLegend(series)
	if share := math.Log(100/low) / math.Log(high/low); low != 0.01 || share > 0.8 || share < 0.6 {
		t.Errorf("%v to %v: lines end at %v of it", low, high, share)
	}
}

// TestCurve draws runs of any length, with and without what is not always there.
func TestCurve(t *testing.T) {
	for lines, memorizing := range map[int]bool{0: false, 10: true, 3: false, 5000: true} {
		var metrics []gan.Metrics
		for i := range lines {
			m := gan.Metrics{Step: 50 * (i + 1), CriticLoss: -1, Penalties: map[string]float64{"frobreg@real": 0.1, "datagrad": 0}}
			m.Gap, m.SlopeReal, m.Right = 1, 0.5, 0.75
			if memorizing {
				m.Memorizing = new(float64)
			}
			metrics = append(metrics, m)
		}
		svg, err := report.SVG(Curve(gan.Default(), metrics))
		if err != nil {
			t.Errorf("%d lines: %v", lines, err)
		}
		if has := strings.Contains(string(svg), "Memorizing"); has != memorizing {
			t.Errorf("%d lines: memorizing is drawn: %v, expected %v", lines, has, memorizing)
		}
		for _, want := range []string{"Slope of the critic", "mnist, " + gan.Default().Network} {
			if !strings.Contains(string(svg), want) {
				t.Errorf("%d lines: no %q in the curve", lines, want)
			}
		}
	}
}

func ExampleSheetPath() {
	fmt.Println(SheetPath("run", 500))
	// Output: run/sheets/000500.png
}
