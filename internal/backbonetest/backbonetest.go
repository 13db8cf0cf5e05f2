// Package backbonetest makes small pretrained networks and photos for tests.
package backbonetest

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Size is the side of the network's images, Classes how many it tells apart.
const (
	Size    = 32
	Classes = 5
)

// Write writes a file of weights of MobileNetV2 that were drawn at random, as timm names them, and a
// config.json beside it if config is set.
func Write(t testing.TB, config bool) (path string) {
	t.Helper()
	m, err := model.Parse("mobilenet-v2")
	if err != nil {
		t.Fatal(err)
	}
	params := nn.NewParams(sym.NewGraph())
	x := params.Graph().Input("x", sym.Float, 1, 3, Size, Size)
	if err := m.Logits(nn.NewContext(params, false, 0), x, Classes).Err(); err != nil {
		t.Fatal(err)
	}
	f := tensorfile.File{Tensors: map[string]tensorfile.Tensor{}}
	for _, p := range params.All() {
		shape := slices.Clone(p.Expr.Shape())
		values := make([]float32, shape.Size())
		p.Fill(values, 1)
		if len(shape) == 2 {
			slices.Reverse(shape) // [out, in]; its values are random in any order
		}
		f.Tensors[m.(model.Backbone).TensorName(p.Name)] = tensorfile.Tensor{Shape: shape, F32: values}
	}
	path = filepath.Join(t.TempDir(), "model.safetensors")
	if err := atomicfile.Write(path, func(w io.Writer) error { return tensorfile.Write(w, f) }); err != nil {
		t.Fatal(err)
	}
	if !config {
		return path
	}
	text := fmt.Sprintf(`{"architecture": "mobilenetv2_100", "pretrained_cfg": {"input_size": [3, %d, %d],
		"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "crop_pct": 0.875, "interpolation": "bicubic"}}`,
		Size, Size)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "config.json"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// Photos writes a folder with n noisy pictures of each of two classes, reddish and bluish ones.
func Photos(t testing.TB, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	for k, class := range []string{"blue", "red"} {
		if err := os.Mkdir(filepath.Join(dir, class), 0o777); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			img := image.NewRGBA(image.Rect(0, 0, 40+i, 36))
			for p := range len(img.Pix) / 4 {
				c := color.RGBA{
					uint8(60 + 90*k + r.IntN(100)), uint8(50 + r.IntN(100)),
					uint8(150 - 90*k + r.IntN(100)), 255,
				}
				img.SetRGBA(p%img.Rect.Dx(), p/img.Rect.Dx(), c)
			}
			f, err := os.Create(filepath.Join(dir, class, fmt.Sprintf("%d.png", i)))
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}
