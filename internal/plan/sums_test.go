package plan_test

import (
	"math/rand/v2"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// TestSums compares sums that are put together from others with the reference, and counts the sums that remain.
func TestSums(t *testing.T) {
	g := sym.NewGraph()
	x, u := g.Input("x", sym.Float, 6, 3, 4, 5), g.Input("u", sym.Float, 6, 3, 4, 5)
	v := g.Input("v", sym.Float, 3)
	axes := []int{0, 2, 3}
	spread := func(e *sym.Expr) *sym.Expr { return sym.Broadcast(e, []int{1}, x.Shape()...) }
	centred := sym.Sub(x, spread(sym.Mean(x, axes...)))
	recentred := sym.Add(u, spread(sym.Neg(sym.Mean(u, axes...))))
	sum := func(e *sym.Expr) *sym.Expr { return sym.Sum(e, axes...) }
	for name, c := range map[string]struct {
		e    *sym.Expr
		sums int // that are left
	}{
		"a factor of its own per channel": {sum(sym.Mul(sym.Mul(x, u), spread(v))), 1},
		"centred":                         {sym.Add(sum(centred), sum(x)), 1},
		"centred by adding":               {sym.Add(sum(recentred), sum(x)), 1},
		"not centred along these axes":    {sym.Sum(centred, 0), 2},
		"centred twice the mean":          {sum(sym.Sub(x, spread(sym.Scale(sym.Mean(x, axes...), 2)))), 1},
		"product of two centred":          {sum(sym.Mul(centred, recentred)), 2},
		"square of a centred":             {sum(sym.Square(centred)), 2},
		"terms that are known":            {sym.Add(sum(sym.Add(sym.Mul(u, spread(v)), sym.Scale(centred, 3))), sum(u)), 1},
		"terms that are not":              {sum(sym.Add(sym.Mul(u, spread(v)), sym.Exp(x))), 1},
		"a constant term":                 {sum(sym.Add(sym.Mul(u, spread(v)), g.Const(2, 6, 3, 4, 5))), 1},
	} {
		t.Run(name, func(t *testing.T) {
			compare(t, 1e-5, fill(rand.New(rand.NewPCG(4, 4)), 1, c.e), c.e)
			left := -1
			p, err := plan.Compile([]*sym.Expr{c.e}, nil, plan.Options{Level: kernel.Generic, Trace: func(_ string, roots []*sym.Expr) {
				left = 0
				for _, e := range sym.Topological(roots...) {
					if e.Op() == sym.OpSum {
						left++
					}
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			p.Close()
			if left != c.sums {
				t.Errorf("%d sums are left, expected %d", left, c.sums)
			}
		})
	}
}
