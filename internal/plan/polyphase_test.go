package plan_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// halved is like convolved, of a convolution of stride two.
func halved(b, c, h, w, oc, taps int, spec sym.ConvSpec) []*sym.Expr {
	g := sym.NewGraph()
	x, filters := g.Input("x", sym.Float, b, c, h, w), g.Input("w", sym.Float, oc, c, taps, taps)
	spec.Stride = [2]int{2, 2}
	y := sym.Conv(x, filters, spec)
	loss := sym.Mean(sym.Square(sym.LeakyReLU(y, 0.1)))
	grads := sym.Gradient(loss, x, filters)
	penalty := sym.Gradient(sym.Sum(sym.Square(grads[0])), filters)
	return append([]*sym.Expr{y, sym.Add(grads[1], penalty[0])}, grads...)
}

// TestPolyphase compares convolutions of stride two by their phases with the reference, every pass of double
// backpropagation, over maps that tiles do not cover exactly and small ones that lie beside each other.
func TestPolyphase(t *testing.T) {
	border := func(before, after int) sym.ConvSpec {
		return sym.ConvSpec{PadBefore: [2]int{before, before}, PadAfter: [2]int{after, after}}
	}
	for _, c := range shapes([]struct {
		b, ch, h, w, oc, taps int
		spec                  sym.ConvSpec
	}{
		{25, 40, 14, 14, 48, 5, border(1, 2)}, {62, 64, 7, 7, 64, 5, border(2, 2)}, {64, 50, 14, 14, 96, 4, border(1, 1)},
		{6, 40, 32, 64, 70, 4, border(1, 1)},
	}) {
		t.Run(fmt.Sprintf("%dx%dx%dx%d*%dx%d", c.b, c.ch, c.h, c.w, c.oc, c.taps), func(t *testing.T) {
			outputs := halved(c.b, c.ch, c.h, c.w, c.oc, c.taps, c.spec)
			inWholeBatches(t, outputs, func(kind string) string {
				return fmt.Sprintf(" %s%d of %dx%dx%d*%dx%dx%d/2 F(4x4,3x3)", kind, c.b, c.ch, c.h, c.w, c.oc, c.taps, c.taps)
			})
			compare(t, 1e-5, fill(rand.New(rand.NewPCG(3, 3)), 1, outputs...), outputs...)
		})
	}
}

// TestDirectIsKeptPhases lists convolutions of stride two that are computed by their phases, and others: with fewer
// channels, to which the version of a run's numbers keeps, other filters, or inputs that no cache holds.
func TestDirectIsKeptPhases(t *testing.T) {
	for _, c := range []struct {
		b, ch, size, oc, taps int
		phases                bool
	}{
		{64, 32, 16, 128, 4, true}, {64, 64, 16, 32, 5, true}, {64, 31, 16, 128, 4, false}, {64, 64, 16, 31, 5, false},
		{64, 64, 16, 64, 3, false}, {64, 64, 16, 64, 6, false}, {64, 64, 32, 64, 4, false}, {1, 32, 2, 32, 4, false},
	} {
		g := sym.NewGraph()
		x, w := g.Input("x", sym.Float, c.b, c.ch, c.size, c.size), g.Input("w", sym.Float, c.oc, c.ch, c.taps, c.taps)
		y := sym.Conv(x, w, sym.ConvSpec{Stride: [2]int{2, 2}, PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}})
		text := listing(t, plan.Options{}, y)
		if got := strings.Contains(text, "/2 F(4x4,3x3)"); got != c.phases {
			t.Errorf("%v: by phases: %v, expected %v, in\n%s", c, got, c.phases, text)
		}
		if many := min(c.ch, c.oc) >= 32 && (c.taps == 4 || c.taps == 5); plan.Phases(y) != many {
			t.Errorf("%v: may be computed by phases: %v, expected %v", c, !many, many)
		}
	}
}
