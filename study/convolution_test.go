package study_test

import (
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/study"
)

// TestConvolutionKey: runs of direct convolutions have keys of their own, also where the network's
// bits are the same; the default adds nothing to a key.
func TestConvolutionKey(t *testing.T) {
	key := func(network string, convolution engine.Convolution) string {
		t.Helper()
		cfg := classify.Default()
		cfg.Model, cfg.Convolution = model.ParseSpec(network), convolution
		resolved, err := cfg.Resolved()
		if err != nil {
			t.Fatal(err)
		}
		key, err := study.Key(resolved, true, study.Identity{Numbers: classify.NumericsVersion})
		if err != nil {
			t.Fatal(err)
		}
		text, err := resolved.YAML()
		if err != nil || strings.Contains(string(text), "convolution") != (convolution == "direct") {
			t.Errorf("%q: %v\n%s", convolution, err, text)
		}
		return key
	}
	for _, network := range []string{"lenet", "lenet-caffe"} {
		auto := key(network, "")
		if got := key(network, "auto"); got != auto {
			t.Errorf("%s: key %s, by default %s", network, got, auto)
		}
		if key(network, "direct") == auto {
			t.Errorf("%s: the key of direct convolutions is that of the default", network)
		}
	}
}
