package sym_test

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg/internal/symtest"
	"github.com/gradreg/gradreg/sym"
)

// FuzzGraph builds expressions from bytes, with wrong arguments among the right ones, and checks that nothing panics,
// that ids increase, that rewriting by nothing changes nothing, and that reverse and forward mode agree to second order.
func FuzzGraph(f *testing.F) {
	for _, size := range []int{0, 3, 10, 60, 200} {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(i * i * 37)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := symtest.FromBytes(data)
		g := sym.NewGraph()
		outputs, values := symtest.Random(r, g, 5+r.IntN(30))
		for _, e := range sym.Topological(outputs...) {
			for _, a := range e.Args() {
				if a.ID() >= e.ID() || a.Err() != nil {
					t.Fatalf("%v is made of %v", e, a)
				}
			}
		}
		for i, e := range sym.Rewrite(outputs, func(*sym.Expr, []*sym.Expr) *sym.Expr { return nil }) {
			if e != outputs[i] {
				t.Errorf("%v is rebuilt as another expression", outputs[i])
			}
		}
		var xs, tangents []*sym.Expr
		for _, e := range sym.Topological(outputs...) {
			if e.Op() == sym.OpInput && e.DType() == sym.Float {
				xs, tangents = append(xs, e), append(tangents, g.Normal(uint32(100+e.ID()), e.Shape()...))
			}
		}
		y := g.Const(0)
		for _, e := range outputs {
			y = sym.Add(y, sym.Sum(sym.Mul(e, g.Normal(uint32(100+e.ID()), e.Shape()...))))
		}
		for order := range 2 {
			reverse, forward := g.Const(0), sym.JVP(y, xs, tangents)
			gradients := sym.Gradient(y, xs...)
			for i, d := range gradients {
				if !d.Shape().Equal(xs[i].Shape()) {
					t.Fatalf("derivative %v for %v", d, xs[i])
				}
				reverse = sym.Add(reverse, sym.Sum(sym.Mul(d, tangents[i])))
			}
			got, err := sym.Eval(sym.Env{Values: values, Key: symtest.Key, Step: symtest.Step}, append(gradients, reverse, forward)...)
			if err != nil {
				t.Fatal(err)
			}
			size := 1.0
			for _, v := range got {
				for _, x := range v.Data {
					size = max(size, math.Abs(x))
				}
			}
			back, along := got[len(xs)].Data[0], got[len(xs)+1].Data[0]
			if !(math.Abs(back-along) <= 1e-9*size) {
				t.Errorf("order %d: reverse mode gives %v, forward mode %v, of %v", order+1, back, along, size)
			}
			y = forward
		}
	})
}
