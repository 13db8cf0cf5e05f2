package sym_test

import (
	"slices"
	"testing"

	"github.com/gradreg/gradreg/sym"
)

// TestTopological checks what several roots are computed from: each expression once, after its
// arguments; also roots of other graphs, whose ids are the same, and roots with an error.
func TestTopological(t *testing.T) {
	g, other := sym.NewGraph(), sym.NewGraph()
	x := g.Input("x", sym.Float, 3)
	y := sym.Mul(sym.Add(x, x), x)
	x2 := other.Input("x", sym.Float, 3)
	y2 := sym.Exp(x2)
	wrong := sym.Add(x, x2)
	all := sym.Topological(y, y2, wrong, y, wrong)
	want := []*sym.Expr{x, y.Args()[0], y, x2, y2, wrong}
	if len(all) != len(want) {
		t.Fatalf("%d expressions %v, expected %d", len(all), all, len(want))
	}
	for _, e := range want {
		at := slices.Index(all, e)
		if at < 0 {
			t.Fatalf("%v is not among %v", e, all)
		}
		for _, a := range e.Args() {
			if before := slices.Index(all, a); before < 0 || before > at {
				t.Errorf("%v comes before its argument %v", e, a)
			}
		}
	}
}

// TestWithSame checks that an operation applied to its own arguments is itself.
func TestWithSame(t *testing.T) {
	g := sym.NewGraph()
	x, w := g.Input("x", sym.Float, 2, 3), g.Input("w", sym.Float, 3, 2)
	y := sym.MatMul(x, w)
	if y.With(x, w) != y || sym.MatMul(x, w) != y {
		t.Error("the same operation on the same arguments is another expression")
	}
	if z := y.With(sym.Neg(x), w); z == y || z.Op() != sym.OpMatMul || z.Args()[0].Op() != sym.OpNeg {
		t.Errorf("on other arguments it is %v", z)
	}
}
