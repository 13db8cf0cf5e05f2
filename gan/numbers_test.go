package gan_test

import (
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/gan"
)

// TestNumbers holds which pairs have numbers of which version: convolutions of stride two with many channels are
// computed by Winograd's algorithm.
func TestNumbers(t *testing.T) {
	for network, want := range map[string]int{
		"dcgan": 2, "dcgan:width=32": 2, "dcgan:width=4": 1, "gulrajani": 2, "mlp": 1, "mlp:width=64,layers=3": 1, "": 1, "none-such": 1,
	} {
		if got := gan.Numbers(network, engine.AutoConvolution); got != want {
			t.Errorf("%q: version %d, expected %d", network, got, want)
		}
		if got := gan.Numbers(network, engine.DirectConvolution); got != 1 {
			t.Errorf("%q by the definition: version %d, expected 1", network, got)
		}
	}
}
