package gradreg_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// TestOneOutput counts the multiply-adds of a step with penalties of a network with one output:
// loss and penalty share a backward pass and one outer product a layer. F is a pass over the batch,
// last its last layer, which no tangent of a slope goes through.
func TestOneOutput(t *testing.T) {
	const batch, in, hidden, channels, size = 6, 2, 9, 5, 8
	const conv = batch * size / 2 * size / 2 * channels * in * 9
	const last = batch * hidden
	const F = conv + batch*channels*size/2*size/2*hidden + last
	for _, c := range []struct {
		reg  gradreg.Regularizer
		want int
	}{
		{gradreg.DataGrad{Weight: 0.5}, 4 * F}, {gradreg.FrobReg{Weight: 0.5}, 4*F - last},
		{gradreg.SpectReg{Weight: 0.5}, 4*F - last}, {gradreg.Hoffman{Weight: 0.5, Projections: -1}, 4*F - last},
	} {
		for _, learns := range []task.Task{task.Regression{}, task.MultiLabel{}} {
			g := sym.NewGraph()
			layers := nn.NewContext(nn.NewParams(g), true, 0)
			targets := g.Input("targets", sym.Float, batch, 1)
			x := g.Input("x", sym.Float, batch, in, size, size)
			p := gradreg.NewProblem(learns, layers, x, targets, func(c *nn.Context, x *sym.Expr) *sym.Expr {
				x = sym.LeakyReLU(nn.Conv{Out: channels, Kernel: 3, Stride: 2, Padding: nn.Same}.Apply(c, x), 0.2)
				x = sym.ReLU(nn.Dense{Out: hidden}.Apply(c, nn.Flatten(x)))
				return nn.Dense{Out: 1}.Apply(c, x)
			})
			total := sym.Add(p.Loss(), sym.Scale(c.reg.Penalty(p), c.reg.Lambda()))
			var params []*sym.Expr
			for _, w := range p.Params.Trainable() {
				params = append(params, w.Expr)
			}
			on, err := engine.Native(engine.Options{})
			if err != nil {
				t.Fatal(err)
			}
			program, err := on.Compile(engine.Step{Outputs: append(sym.Gradient(total, params...), total)})
			if err != nil {
				t.Fatal(err)
			}
			if got := program.MACs(0); got != c.want {
				t.Errorf("%v, %v: %d multiply-adds, expected %d, F is %d and the last layer %d",
					c.reg, learns, got, c.want, F, last)
			}
			program.Close()
			if _, exact := c.reg.(gradreg.FrobReg); exact {
				slope := sym.Gradient(sym.Sum(p.Outputs), x)[0]
				checkEqual(t, c.reg.Penalty(p), sym.Scale(sym.Sum(sym.Square(slope)), 1.0/batch))
			}
		}
	}
}

// checkEqual evaluates two scalars for random inputs.
func checkEqual(t *testing.T, got, want *sym.Expr) {
	t.Helper()
	r := rand.New(rand.NewPCG(8, 2))
	values := map[*sym.Expr]*sym.Tensor{}
	for _, e := range sym.Topological(got, want) {
		if e.Op() == sym.OpInput {
			values[e] = sym.NewTensor(e.Shape()...)
			for i := range values[e].Data {
				values[e].Data[i] = r.NormFloat64()
			}
		}
	}
	v, err := sym.Eval(sym.Env{Values: values}, got, want)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := v[0].Data[0], v[1].Data[0]; !(math.Abs(a-b) <= 1e-12*math.Abs(b)) {
		t.Errorf("found %v, expected %v", a, b)
	}
}
