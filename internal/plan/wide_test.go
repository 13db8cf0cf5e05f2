package plan_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// TestWide compares convolutions with the images in the lanes, their gradients and the gradients of a squared input
// gradient with the reference, over strides, paddings beyond the filter and channels that split into blocks or do not.
func TestWide(t *testing.T) {
	for _, c := range shapes([]struct {
		b, ch, h, w, oc, kh, kw int
		sh, sw                  int
		before, after           [2]int
	}{
		{32, 32, 7, 7, 48, 5, 5, 2, 2, [2]int{2, 2}, [2]int{2, 2}},
		{48, 37, 4, 5, 32, 3, 3, 1, 1, [2]int{1, 1}, [2]int{1, 1}},
		{32, 96, 5, 6, 33, 2, 3, 3, 2, [2]int{0, 3}, [2]int{4, 1}},
		{32, 32, 3, 2, 72, 1, 1, 1, 2, [2]int{1, 0}, [2]int{2, 1}},
		{64, 33, 6, 3, 35, 4, 2, 1, 3, [2]int{5, 0}, [2]int{4, 3}},
		{16, 128, 3, 5, 256, 3, 3, 1, 1, [2]int{1, 1}, [2]int{1, 1}}, // many filters
		{16, 132, 5, 4, 256, 3, 2, 2, 1, [2]int{1, 0}, [2]int{1, 1}},
		{16, 260, 19, 2, 132, 1, 1, 2, 2, [2]int{0, 0}, [2]int{0, 0}},
	}) {
		t.Run(fmt.Sprintf("%dx%dx%d*%dx%dx%d", c.ch, c.h, c.w, c.oc, c.kh, c.kw), func(t *testing.T) {
			g := sym.NewGraph()
			x, w := g.Input("x", sym.Float, c.b, c.ch, c.h, c.w), g.Input("w", sym.Float, c.oc, c.ch, c.kh, c.kw)
			y := sym.Conv(x, w, sym.ConvSpec{Stride: [2]int{c.sh, c.sw}, PadBefore: c.before, PadAfter: c.after})
			loss := sym.Mean(sym.Square(sym.LeakyReLU(y, 0.1)))
			grads := sym.Gradient(loss, x, w)
			penalty := sym.Gradient(sym.Sum(sym.Square(grads[0])), w)
			outputs := append([]*sym.Expr{y, sym.Add(grads[1], penalty[0])}, grads...)
			p, err := plan.Compile(outputs, nil, plan.Options{Level: kernel.Generic})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			kinds := []string{"wide-conv{", "wide-conv-input-gradient{", "wide-conv-weight-gradient{", ", 2 pairs"}
			if c.ch*c.oc >= 1<<15 {
				kinds[0], kinds[1] = "taps-conv{", "taps-conv-input-gradient{"
			}
			for _, kind := range kinds {
				if !strings.Contains(p.Listing(0), kind) {
					t.Errorf("no %s in\n%v", kind, p)
				}
			}
			compare(t, 1e-5, fill(rand.New(rand.NewPCG(3, 3)), 1, outputs...), outputs...)
		})
	}
}
