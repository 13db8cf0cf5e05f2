package plan_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// TestBatchWinograd compares convolutions by Winograd's algorithm that read many filters once for a batch with the
// reference, over maps and blocks of channels that divide evenly and not.
func TestBatchWinograd(t *testing.T) {
	for _, c := range shapes([]struct{ b, ch, h, w, oc int }{
		{16, 96, 8, 8, 96}, {9, 100, 11, 13, 90}, {6, 40, 12, 16, 210},
	}) {
		t.Run(fmt.Sprintf("%dx%dx%dx%d*%d", c.b, c.ch, c.h, c.w, c.oc), func(t *testing.T) {
			outputs := convolved(c.b, c.ch, c.h, c.w, c.oc)
			inWholeBatches(t, outputs, func(kind string) string { return fmt.Sprintf(" %s%d of ", kind, c.b) })
			compare(t, 1e-5, fill(rand.New(rand.NewPCG(3, 3)), 1, outputs...), outputs...)
		})
	}
}

// TestBatchSharesTransforms checks that an input which several convolutions read is transformed once.
func TestBatchSharesTransforms(t *testing.T) {
	outputs := convolved(16, 96, 8, 8, 96)
	text := listing(t, plan.Options{}, outputs[0], outputs[2], outputs[3])
	if n := strings.Count(text, " tiles{"); n != 2 { // the input, for its output and for the filters, and one gradient
		t.Errorf("%d transforms of inputs, expected 2, in\n%s", n, text)
	}
}

// TestBatchOfManyTiles lists a convolution whose tiles are too many to be kept between passes.
func TestBatchOfManyTiles(t *testing.T) {
	g := sym.NewGraph()
	x, w := g.Input("x", sym.Float, 16, 96, 40, 40), g.Input("w", sym.Float, 96, 96, 3, 3)
	y := sym.Conv(x, w, sym.ConvSpec{PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}})
	if text := listing(t, plan.Options{}, y); strings.Contains(text, "tile-products") || !strings.Contains(text, "F(4x4,3x3)") {
		t.Errorf("not chunk by chunk:\n%s", text)
	}
}

// inWholeBatches checks that a convolution and all its derivatives are computed for whole batches by
// F(4×4, 3×3), with every node in the listing as form has it for its kind, two sums of filters in one
// node, and directly where that is asked for.
func inWholeBatches(t *testing.T, outputs []*sym.Expr, form func(kind string) string) {
	t.Helper()
	text := listing(t, plan.Options{}, outputs...)
	for _, kind := range []string{
		"tiles{", "gradient-tiles{", "tile-products{", "tile-sums{", "conv{", "conv-weight-gradient{",
	} {
		if n := strings.Count(text, " "+kind); n == 0 || n != strings.Count(text, form(kind)) {
			t.Errorf("%d %s, not all of the form%s, in\n%s", n, kind, form(kind), text)
		}
	}
	if strings.Contains(text, "conv-input-gradient") || strings.Contains(text, "combine") {
		t.Errorf("image by image:\n%s", text)
	}
	if !strings.Contains(text, "F(4x4,3x3), 2 pairs") {
		t.Errorf("no sum of pairs in\n%s", text)
	}
	if text := listing(t, plan.Options{Direct: true}, outputs...); strings.Contains(text, "F(4x4") {
		t.Errorf("Winograd's algorithm where it is forbidden:\n%s", text)
	}
}
