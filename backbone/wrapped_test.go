package backbone_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestWrapped opens checkpoints as PyTorch's tutorials write them, and names of its wrappers.
func TestWrapped(t *testing.T) {
	one := []int64{1}
	inner := func(s *script, name string) *script {
		return s.op("}").tensor(name, "0", 1, 0, one, one)
	}
	for name, c := range map[string]struct {
		objects         *script
		wrapper, prefix string
	}{
		"bare":     {inner(new(script).op("\x80\x02"), "a").op("."), "", ""},
		"tutorial": {inner(dict().text("epoch").number(3).op("s").text("model_state_dict"), "a").op("s."), "model_state_dict", ""},
		"ema": {
			inner(inner(dict().text("model"), "b").op("s").text("model_ema"), "a").op("s."), "model_ema", "",
		},
		"parallel": {inner(dict().text("state_dict"), "module.a").op("s."), "state_dict", "module."},
		"compiled": {inner(new(script).op("\x80\x02"), "_orig_mod.a").op("."), "", "_orig_mod."},
		"both":     {inner(new(script).op("\x80\x02"), "_orig_mod.module.a").op("."), "", "_orig_mod.module."},
	} {
		data := legacy(c.objects, keys("0"), row(1, 7))
		f, err := backbone.Decode(bytes.NewReader(data), int64(len(data)))
		if err != nil || len(f.Tensors) != 1 || f.Tensors[0].Name != "a" || f.Wrapper != c.wrapper || f.Prefix != c.prefix {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

// TestDamagedValues refuses weights that are not finite, which a ReLU would hide, and variances below
// 0.
func TestDamagedValues(t *testing.T) {
	nan, infinite := float32(math.NaN()), float32(math.Inf(1))
	for name, c := range map[string]struct {
		tensor string
		value  float32
		want   string
	}{
		"nan":      {"layer1.0.conv1.weight", nan, "has NaN as element 2, expected finite numbers"},
		"infinite": {"fc.bias", infinite, "has +Inf as element 2, expected finite numbers"},
		"variance": {"bn1.running_var", -1, "has -1 as element 2, expected variances"},
	} {
		f := made(networks(t)["torchvision/resnet18"])
		for _, tensor := range f.Tensors {
			if tensor.Name == c.tensor {
				tensor.Float32s()[2] = c.value
			}
		}
		_, err := backbone.Identify(f, "")
		if want := `tensor "` + c.tensor + `" ` + c.want; !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %q", name, err, want)
		}
	}
}

// TestKnownBeforeConfig asks what a known file is where the config.json beside it is another
// network's: the digest is surer.
func TestKnownBeforeConfig(t *testing.T) {
	f := made(networks(t)["timm/tf_efficientnet_lite0"])
	f.SHA256 = "0aa007d2" + strings.Repeat("0", 56) // of tf_efficientnet_lite0
	f.Config = &backbone.Config{
		Architecture: "efficientnet_lite0", Preprocessing: &backbone.Preprocessing{Size: 7},
	}
	if n, err := backbone.Identify(f, ""); err != nil || n.Variant != "tf_efficientnet_lite0" {
		t.Errorf("%+v, %v", n, err)
	}
	if p := f.Preprocessing(); p == nil || p.Size != 224 || p.Source != "the known file tf_efficientnet_lite0" {
		t.Errorf("%+v", p)
	}
}

// TestLocateFolder says that a folder is none.
func TestLocateFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "resnet18.a1_in1k")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := backbone.Locate(dir, "")
	if want := ": a folder, expected a file of weights, such as " + filepath.Join(dir, "model.safetensors"); !fault.IsInput(err) ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("%v, expected %q", err, want)
	}
}
