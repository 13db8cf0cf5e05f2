package nn_test

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// LowRank is a layer of a user's own, y = γ·(x·U·V) + b: a dense layer whose matrix has at most the
// given rank. x: [B, In], U: [In, Rank], V: [Rank, Out], γ: [], b: [Out], y: [B, Out].
type LowRank struct{ Out, Rank int }

// Apply applies the layer. U and V start normal with variance 1/In and 1/Rank, γ at 1, b at 0.
func (l LowRank) Apply(c *nn.Context, x *sym.Expr) *sym.Expr {
	name := c.Name("lowrank")
	if len(x.Shape()) != 2 {
		return sym.Refuse(x, fmt.Errorf("%s: input is %v, expected [B, In]", name, x.Shape()))
	}
	in := x.Shape()[1]
	u := c.Weight(name, normal(in), in, l.Rank)
	second := nn.Param{Name: name + ".weight2", Init: normal(l.Rank), Trainable: true, Decay: true}
	v := c.Params.Get(second, l.Rank, l.Out).Expr
	scale := nn.Param{Name: name + ".scale", Init: nn.Constant(1), Trainable: true}
	gamma := c.Params.Get(scale).Expr
	b := c.Bias(name, l.Out)
	y := sym.Add(sym.Mul(sym.MatMul(sym.MatMul(x, u), v), gamma), b)
	c.Note(name, fmt.Sprintf("dense of rank %d", l.Rank), y, u, v, gamma, b)
	if layer := &c.Layers[len(c.Layers)-1]; y.Err() == nil {
		layer.MACs = u.Shape().Size() + v.Shape().Size()
	}
	return y
}

// normal is the normal distribution of variance 1/n.
func normal(n int) nn.Init {
	return nn.Init{Draw: func(dst []float32, r nn.Random) {
		r.Normal(dst, 0)
		for i := range dst {
			dst[i] /= float32(math.Sqrt(float64(n)))
		}
	}}
}

// A layer with weights of one's own is a function of a [nn.Context] and an expression. It stands
// beside the others in a model, and every penalty differentiates through it.
func ExampleContext_ownLayer() {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	network := func(c *nn.Context, x *sym.Expr) *sym.Expr {
		h := sym.Tanh(LowRank{Out: 64, Rank: 4}.Apply(c, nn.Flatten(x)))
		return nn.Dense{Out: 10}.Apply(c, h)
	}
	x, y := g.Input("x", sym.Float, 2, 1, 8, 8), g.Input("y", sym.Int, 2)
	problem := gradreg.NewProblem(task.Classification{}, c, x, sym.OneHot(y, 10), network)
	total, _ := gradreg.Objective(problem, []gradreg.Regularizer{gradreg.DataGrad{Weight: 50}})
	for _, l := range c.Layers {
		fmt.Println(l.Name, l.Kind, l.Shape, l.Parameters, l.MACs)
	}
	values := map[*sym.Expr]*sym.Tensor{y: sym.NewTensor(2), x: sym.NewTensor(2, 1, 8, 8)}
	for _, p := range c.Params.All() {
		initial := make([]float32, p.Expr.Shape().Size())
		p.Fill(initial, 1)
		values[p.Expr] = sym.NewTensor(p.Expr.Shape()...)
		for i, v := range initial {
			values[p.Expr].Data[i] = float64(v)
		}
		fmt.Println(p.Name, p.Expr.Shape(), p.Decay)
	}
	trainable := nn.Exprs(c.Params.Trainable())
	grads, err := sym.Eval(sym.Env{Values: values}, sym.Gradient(total, trainable...)...)
	nonzero := 0
	for _, d := range grads[0].Data {
		if d != 0 {
			nonzero++
		}
	}
	fmt.Println(len(grads), "gradients;", nonzero, "elements of the first are not 0;", err)
	// Output:
	// lowrank1 dense of rank 4 [2, 64] 577 512
	// dense1 dense [2, 10] 650 640
	// lowrank1.weight [64, 4] true
	// lowrank1.weight2 [4, 64] true
	// lowrank1.scale [] false
	// lowrank1.bias [64] false
	// dense1.weight [64, 10] true
	// dense1.bias [10] false
	// 6 gradients; 256 elements of the first are not 0; <nil>
}
