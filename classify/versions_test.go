package classify_test

import (
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/model"
)

// TestVersionOfNumbers holds which networks have numbers of which version: convolutions of 3×3 and 5×5 with many
// channels may be computed by Winograd's algorithm, many filters may be read once for a batch.
func TestVersionOfNumbers(t *testing.T) {
	for network, want := range map[string]int{
		"lenet": 2, "lenet:norm=batch,dropout=0.2": 2, "lenet-caffe": 4, "mlp": 2, "resnet:depth=8": 4, "vgg": 4, "wideresnet": 4, "resnet18": 5, "mobilenet-v2": 4, "resnet18:norm=affine": 5,
		"mobilenet-v2:norm=frozen": 5, "lenet:norm=affine": 2,
	} {
		cfg := classify.Default()
		cfg.Model = model.ParseSpec(network)
		if got, err := classify.Numbers(cfg); err != nil || got != want {
			t.Errorf("%s: version %d, %v, expected %d", network, got, err, want)
		}
	}
	for network, want := range map[string]int{ // many filters are read once for a batch without Winograd's algorithm, too
		"lenet": 2, "lenet-caffe": 2, "resnet:depth=8": 2, "vgg": 4, "mobilenet-v2": 4, "resnet18": 5,
	} {
		cfg := classify.Default()
		cfg.Model, cfg.Convolution = model.ParseSpec(network), engine.DirectConvolution
		if got, err := classify.Numbers(cfg); err != nil || got != want {
			t.Errorf("%s, direct: version %d, %v, expected %d", network, got, err, want)
		}
	}
	for _, network := range []string{"efficientnet-lite0", "mobilenet-v2", "resnet18"} {
		cfg := classify.Default()
		cfg.Model, cfg.BackboneSHA256 = model.ParseSpec(network), "0"
		for l2, want := range map[float64]int{0: 7, 0.01: 5} { // λ of the head is found, or given
			cfg.HeadL2 = l2
			if got, err := classify.Numbers(cfg); err != nil || got != want {
				t.Errorf("%s from a pretrained one, λ %g: version %d, %v, expected %d", network, l2, got, err, want)
			}
		}
	}
	cfg := classify.Default()
	cfg.Model = model.ParseSpec("none-such")
	if v, err := classify.Numbers(cfg); err == nil {
		t.Errorf("an unknown model has numbers of version %d", v)
	}
}
