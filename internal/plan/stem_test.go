package plan_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// TestStem compares the weight gradient of a stem over large maps, whose sums are made in parts, with
// the reference, one pair of images and gradients and two, and checks which convolutions are stems.
func TestStem(t *testing.T) {
	gradient := func(extent, k, stride int) []*sym.Expr {
		g := sym.NewGraph()
		x, w := g.Input("x", sym.Float, 3, 2, extent, extent+2), g.Input("w", sym.Float, 3, 2, k, k)
		y := sym.Conv(x, w, sym.ConvSpec{
			Stride: [2]int{stride, stride}, PadBefore: [2]int{3, 3}, PadAfter: [2]int{3, 3},
		})
		loss := sym.Sum(sym.Square(sym.Tanh(y)))
		slope := sym.Sum(sym.Square(sym.Gradient(loss, x)[0]))
		return []*sym.Expr{sym.Gradient(loss, w)[0], sym.Gradient(sym.Add(loss, slope), w)[0]}
	}
	outputs := gradient(131, 7, 2)
	text := listing(t, plan.Options{}, outputs...)
	for _, want := range []string{"1 pairs, 4 parts}", "2 pairs, 4 parts}"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	// Sums of 13,200 products of one sign in places.
	compare(t, 2e-5, fill(rand.New(rand.NewPCG(5, 5)), 1, outputs...), outputs...)
	for name, other := range map[string][]*sym.Expr{
		"a small map": gradient(60, 7, 2), "5×5": gradient(131, 5, 2), "no stride": gradient(70, 7, 1),
	} {
		if text := listing(t, plan.Options{}, other...); strings.Contains(text, "parts}") {
			t.Errorf("%s: sums in parts in\n%s", name, text)
		}
	}
	for _, c := range []struct {
		extent, k, stride int
		want              bool
	}{{60, 7, 2, true}, {60, 5, 2, false}, {60, 7, 1, false}} {
		if got := plan.Stems(gradient(c.extent, c.k, c.stride)...); got != c.want {
			t.Errorf("%d×%d of stride %d is a stem: %v, want %v", c.k, c.k, c.stride, got, c.want)
		}
	}
}
