package pretrained_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/backbonetest"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/pretrained"
	"github.com/gradreg/gradreg/sym"
)

// TestParsePreprocessing reads text forms, and checks what is refused.
func TestParsePreprocessing(t *testing.T) {
	p, err := pretrained.ParsePreprocessing("timm:crop=0.95,size=288,std=1x1x0.5")
	if err != nil || p.Crop != 0.95 || p.Size != 288 || p.Std != [3]float64{1, 1, 0.5} ||
		p.Mean != [3]float64{0.485, 0.456, 0.406} || p.Interpolation != "bicubic" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, name := range pretrained.Preprocessings() {
		if p, err := pretrained.ParsePreprocessing(name); err != nil || p.Size != 224 {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	for text, want := range map[string]string{
		"torchvison": `did you mean "torchvision"?`, "timm:crop=2": "crop is 2", "half:mean=1x2": "three numbers",
		"half:std=0x1x1": "std of red is 0", "timm:interpolation=nearest": "interpolation", "timm:0.9": "key=value",
		"half:mean=axbxc": "expected a finite number",
	} {
		if _, err := pretrained.ParsePreprocessing(text); !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %q", text, err, want)
		}
	}
}

// TestOpen checks what comes with a file, what identifies it, and what its values are of.
func TestOpen(t *testing.T) {
	path := backbonetest.Write(t, true)
	n, err := pretrained.Open(path, pretrained.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fit, err := n.Fit()
	if err != nil || n.Classes != backbonetest.Classes || n.Size != backbonetest.Size || fit != "crop:share=0.875,chroma=interpolated" ||
		n.Model.String() != "mobilenet-v2:width=1" || n.Normalizer().Std[2] != 0.5 {
		t.Errorf("%+v, %s, %v", n, fit, err)
	}
	other, err := pretrained.Open(path, pretrained.Options{Preprocessing: "timm:size=32"})
	if err != nil || n.Digest(32) == other.Digest(32) || n.Digest(32) == n.Digest(64) {
		t.Errorf("digests do not tell preprocessing and size apart, %v", err)
	}
	params := nn.NewParams(sym.NewGraph())
	x := params.Graph().Input("x", sym.Float, 1, 3, 32, 32)
	if err := n.Model.Logits(nn.NewContext(params, false, 0), x, backbonetest.Classes).Err(); err != nil {
		t.Fatal(err)
	}
	for _, head := range []bool{false, true} {
		values, err := n.Values(params, head)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range params.All() {
			v := values[p.Name]
			if isHead := strings.HasPrefix(p.Name, "head/"); (len(v) != p.Expr.Shape().Size()) != (isHead && !head) {
				t.Errorf("head %v: %d values of %s", head, len(v), p.Name)
			}
		}
	}
	bare := backbonetest.Write(t, false)
	for want, open := range map[string]func() error{
		"expected a preprocessing": func() error { _, err := pretrained.Open(bare, pretrained.Options{}); return err },
		"is resnet18":              func() error { _, err := pretrained.Open(path, pretrained.Options{Variant: "resnet18"}); return err },
		"that does: expected a preprocessing": func() error { // config.json is about another network
			_, err := pretrained.Open(path, pretrained.Options{Variant: "mobilenet_v2"})
			return err
		},
		"no such file": func() error {
			_, err := pretrained.Open(filepath.Join(t.TempDir(), "x.pth"), pretrained.Options{})
			return err
		},
		"not a": func() error {
			empty := filepath.Join(t.TempDir(), "x.safetensors")
			os.WriteFile(empty, []byte("nothing of the kind"), 0o666)
			_, err := pretrained.Open(empty, pretrained.Options{})
			return err
		},
	} {
		if err := open(); !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected %q", err, want)
		}
	}
}
