package plan_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// operations makes, for every operation, expressions that reach each way it is compiled.
func operations(g *sym.Graph) map[string][]*sym.Expr {
	x := g.Input("x", sym.Float, 6, 4, 7, 9)
	m := g.Input("m", sym.Float, 37, 45)
	n := g.Input("n", sym.Float, 45, 21)
	v := g.Input("v", sym.Float, 45)
	s := g.Input("s", sym.Float)
	y := g.Input("y", sym.Int, 37, 1)
	image := g.Input("image", sym.Float, 5, 3, 11, 13)
	positive := sym.AddScalar(sym.Square(m), 0.1)
	pool := sym.PoolSpec{Window: [2]int{3, 2}, Stride: [2]int{2, 2}, PadBefore: [2]int{1, 0}, PadAfter: [2]int{1, 1}}
	overlapping := sym.PoolSpec{Window: [2]int{3, 3}, Stride: [2]int{2, 2}, PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}}
	pairs := sym.PoolSpec{Window: [2]int{2, 2}}
	spec := sym.ConvSpec{Stride: [2]int{2, 3}, PadBefore: [2]int{1, 2}, PadAfter: [2]int{2, 0}, Dilation: [2]int{2, 1}}
	w := g.Input("w", sym.Float, 7, 3, 3, 2)
	conv := sym.Conv(image, w, spec)
	point := sym.Conv(image, g.Input("w1", sym.Float, 4, 3, 1, 1), sym.ConvSpec{})
	wide := g.Input("many", sym.Float, 3, 9, 13, 12)
	same := sym.Conv(wide, g.Input("w3", sym.Float, 5, 9, 3, 3), sym.ConvSpec{PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}})
	uneven := sym.Conv(wide, g.Input("w4", sym.Float, 5, 9, 2, 3), sym.ConvSpec{PadBefore: [2]int{1, 2}, PadAfter: [2]int{0, 2}, Dilation: [2]int{1, 2}})
	full := sym.Conv(image, g.Input("w2", sym.Float, 4, 3, 11, 13), sym.ConvSpec{})
	batched := sym.MatMulT(g.Input("b1", sym.Float, 3, 5, 4), g.Input("b2", sym.Float, 3, 6, 5), true, true)
	big := g.Input("big", sym.Float, 300, 700)
	ops := map[string][]*sym.Expr{
		"unary": {sym.Neg(m), sym.Abs(m), sym.Sign(m), sym.Exp(m), sym.Log(positive), sym.Log1p(positive), sym.Sqrt(positive), sym.Pow(positive, 1.7),
			sym.Tanh(m), sym.Sigmoid(m), sym.Softplus(m), sym.Erf(m), sym.Sin(m), sym.Cos(m)},
		"binary":    {sym.Add(m, v), sym.Sub(v, m), sym.Mul(m, s), sym.Div(s, positive), sym.Add(sym.Mul(m, m), sym.Mul(v, s))},
		"constants": {g.Const(3, 4, 5), sym.Sub(g.Const(1), m), sym.Select(sym.Greater(m, g.Const(0)), g.Const(2), m)},
		"masks": {sym.ToFloat(sym.And(sym.Greater(m, v), sym.Not(sym.GreaterEqual(m, s)))), sym.ToFloat(sym.Or(sym.Equal(m, m), sym.Less(m, v))),
			sym.Select(sym.Greater(m, v), m, sym.BroadcastTo(s, 37, 45)), sym.Maximum(m, v), sym.Minimum(m, v)},
		"sums": {sym.Sum(x), sym.Sum(x, 0), sym.Sum(x, 1), sym.Sum(x, 2), sym.Sum(x, 3), sym.Sum(x, 0, 2), sym.Sum(x, 1, 3), sym.Sum(x, 0, 2, 3), sym.Sum(x, 1, 2, 3),
			sym.Sum(sym.Mul(m, v), 0), sym.Sum(sym.Mul(m, v), 1), sym.Sum(sym.Broadcast(v, []int{1}, 6, 45, 3), 0, 2)},
		"broadcast": {sym.Broadcast(v, []int{0}, 45, 3, 2), sym.Broadcast(v, []int{2}, 2, 3, 45), sym.BroadcastTo(sym.Sum(x, 1), 4, 6, 7, 9),
			sym.Mul(x, sym.Broadcast(sym.Sum(x, 0, 2, 3), []int{1}, 6, 4, 7, 9)), sym.MatMul(sym.BroadcastTo(s, 2, 45), n)},
		"layout": {sym.Transpose(x, 0, 2, 1, 3), sym.Transpose(x, 3, 1, 0, 2), sym.Transpose(m, 1, 0), sym.Reshape(x, 42, 36), sym.Exp(sym.Reshape(sym.Neg(x), 24, 63)),
			sym.Slice(x, []int{0, 1, 0, 2}, []int{6, 4, 7, 9}, []int{1, 2, 3, 1}), sym.Slice(x, []int{1, 0, 0, 0}, []int{6, 4, 7, 9}, []int{2, 1, 1, 1}),
			sym.Pad(m, []int{0, 2}, []int{0, 1}, []int{0, 1}), sym.Pad(m, []int{1, 0}, []int{2, 0}, []int{1, 0}), sym.Concat(0, m, m), sym.Concat(1, m, sym.Neg(m), m)},
		"index": {sym.OneHot(y, 21), sym.Gather(m, y, 1), sym.Gather(sym.Transpose(m, 1, 0), sym.Reshape(y, 1, 37), 0), sym.Scatter(sym.Sum(sym.Gather(m, y, 1), 1), sym.Reshape(y, 37), 0, 30),
			sym.Scatter(sym.Gather(m, y, 1), y, 1, 22), sym.ArgMax(m, 1), sym.ArgMax(x, 2), sym.ArgMax(m, 0), sym.ToFloat(y), sym.ToFloat(sym.Equal(y, sym.ArgMax(m, 1))),
			sym.ToFloat(sym.Greater(y, sym.ArgMax(m, 1))), sym.ToFloat(sym.GreaterEqual(y, sym.ArgMax(m, 1))), sym.Max(m, 1), sym.OneHot(sym.Broadcast(sym.Reshape(y, 37), []int{0}, 37, 2), 20)},
		"products": {sym.MatMul(m, n), sym.MatMulT(n, m, true, true), sym.MatMulT(m, sym.Transpose(n, 1, 0), false, true), sym.MatMul(sym.Transpose(n, 1, 0), sym.Transpose(m, 1, 0)), batched,
			sym.MatMul(sym.MatMulT(m, m, false, true), m), sym.MatMul(g.Input("wide", sym.Float, 37, 300), big), sym.MatMulT(g.Input("wide2", sym.Float, 37, 700), big, false, true),
			sym.Add(sym.MatMulT(m, sym.Exp(m), true, false), sym.MatMulT(sym.Neg(m), m, true, false)), sym.Add(sym.MatMul(m, n), sym.MatMul(sym.Exp(m), n))},
		"convolutions": append(append(sym.VJP(conv, sym.Sin(conv), image, w), sym.VJP(point, point, image)...), append(sym.VJP(full, full, image), conv, point, full, sym.VJP(same, same, wide)[0], sym.VJP(uneven, uneven, wide)[0])...),
		"depthwise":    depthwiseOperations(g, image),
		"pools": append(sym.VJP(sym.MaxPool(image, pool), sym.MaxPool(image, pool), image), sym.MaxPool(image, pool), sym.MaxPool(image, pairs), sym.MaxPoolIndex(image, pool), sym.MaxPoolIndex(image, overlapping), sym.MaxPool(x, overlapping),
			sym.MaxPoolIndex(image, pairs), sym.AvgPool(image, pool), sym.SumPoolTranspose(sym.SumPool(image, pool), pool, 11, 13), sym.MaxPool(x, sym.PoolSpec{Window: [2]int{7, 9}})),
		"softmax": {sym.LogSumExp(m), sym.Softmax(m), sym.Gradient(sym.Sum(sym.Square(sym.Softmax(m))), m)[0]},
		"random":  {g.Normal(3, 7, 11), g.Uniform(4, 1000), sym.ToFloat(g.Bernoulli(0.4, 5, 13, 3)), sym.Mul(g.Normal(6, 37, 45), m)},
	}
	return ops
}

// depthwiseOperations makes depthwise convolutions with all their derivatives: with strides,
// dilations and uneven borders, and 3×3 and 5×5 filters of strides 1 and 2.
func depthwiseOperations(g *sym.Graph, image *sym.Expr) []*sym.Expr {
	spec := sym.ConvSpec{Stride: [2]int{2, 3}, PadBefore: [2]int{1, 2}, PadAfter: [2]int{2, 0}, Dilation: [2]int{2, 1}}
	var exprs []*sym.Expr
	add := func(name string, kh, kw int, spec sym.ConvSpec) {
		w := g.Input(name, sym.Float, image.Shape()[1], 1, kh, kw)
		y := sym.DepthwiseConv(image, w, spec)
		exprs = append(exprs, y)
		exprs = append(exprs, sym.VJP(y, sym.Sin(y), image, w)...)
		// Two weight gradients that become one.
		exprs = append(exprs, sym.Gradient(sym.Sum(sym.Square(sym.Gradient(sym.Sum(sym.Square(y)), image)[0])), w)...)
	}
	add("depthwise", 3, 2, spec)
	for _, k := range []int{3, 5} {
		for stride := 1; stride <= 2; stride++ {
			spec := sym.ConvSpec{Stride: [2]int{stride, stride}}
			for axis := range 2 {
				spec.PadBefore[axis], spec.PadAfter[axis] = sym.SamePadding(image.Shape()[2+axis], k, stride, 1)
			}
			add(fmt.Sprint("depthwise", k, stride), k, k, spec)
		}
	}
	// Several images in a chunk.
	image = g.Input("batch", sym.Float, 35, 2, 5, 9)
	add("depthwise of chunks", 3, 3, sym.ConvSpec{PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}})
	return exprs
}

// TestOperations compares every operation, compiled alone, with the reference evaluator.
func TestOperations(t *testing.T) {
	g := sym.NewGraph()
	for name, exprs := range operations(g) {
		t.Run(name, func(t *testing.T) {
			values := fill(rand.New(rand.NewPCG(5, 5)), 21, exprs...)
			compare(t, 3e-6, values, exprs...)
		})
	}
}

// TestEveryOperation checks that the expressions of operations hold every operation there is.
func TestEveryOperation(t *testing.T) {
	found := map[sym.Op]bool{}
	for _, exprs := range operations(sym.NewGraph()) {
		for _, e := range sym.Topological(exprs...) {
			found[e.Op()] = true
		}
	}
	for _, op := range sym.Ops() {
		if !found[op] {
			t.Errorf("%s is not compiled by any test", op)
		}
	}
}

// TestMACs compares the multiply-adds of products that are compiled alone with those of their
// expressions: without padding and without a common factor nothing is saved.
func TestMACs(t *testing.T) {
	g := sym.NewGraph()
	x, w := g.Input("x", sym.Float, 6, 9, 8, 7), g.Input("w", sym.Float, 10, 9, 3, 2)
	spec := sym.ConvSpec{Stride: [2]int{1, 1}}
	y := sym.Conv(x, w, spec)
	dy := g.Input("dy", sym.Float, y.Shape()...)
	dw := g.Input("dw", sym.Float, 9, 1, 3, 2)
	each := sym.DepthwiseConv(x, dw, spec)
	back := g.Input("back", sym.Float, each.Shape()...)
	a, b := g.Input("a", sym.Float, 30, 40), g.Input("b", sym.Float, 40, 50)
	for name, e := range map[string]*sym.Expr{
		"matmul": sym.MatMul(a, b), "matmul transposed": sym.MatMulT(b, a, true, true), "conv": y,
		"conv_input_gradient":            sym.ConvInputGradient(dy, w, spec, 8, 7),
		"conv_weight_gradient":           sym.ConvWeightGradient(x, dy, spec, 3, 2),
		"depthwise_conv":                 each,
		"depthwise_conv_input_gradient":  sym.DepthwiseConvInputGradient(back, dw, spec, 8, 7),
		"depthwise_conv_weight_gradient": sym.DepthwiseConvWeightGradient(x, back, spec, 3, 2),
	} {
		cost, err := plan.Measure([]plan.Step{{Outputs: []*sym.Expr{e}}}, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if cost.MACs != sym.MACs(e) || cost.MACs == 0 {
			t.Errorf("%s: compiled %d multiply-adds, expected %d", name, cost.MACs, sym.MACs(e))
		}
	}
}

// TestRootAtZero checks that programs have first and second derivatives of 0 for a norm that is exactly 0, whatever the
// passes make of them.
func TestRootAtZero(t *testing.T) {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 3, 2)
	norm := sym.Sqrt(sym.Sum(sym.Square(x), 1))
	first := sym.Gradient(sym.Sum(norm), x)[0]
	second := sym.Gradient(sym.Sum(sym.Square(sym.AddScalar(first, -1))), x)[0]
	excess := sym.Gradient(sym.Sum(sym.Square(sym.AddScalar(norm, -1))), x)[0]
	values := map[*sym.Expr]*sym.Tensor{x: {Shape: sym.Shape{3, 2}, Data: []float64{0, 0, 3, 4, 0, 0}}}
	compare(t, 1e-6, values, norm, first, second, excess)
}

// TestRandomGraphs compares programs of random graphs over a common shape, in which everything is used by
// something else, with the reference evaluator: as they are compiled, and with all factors per sample taken out.
func TestRandomGraphs(t *testing.T) {
	factors := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		g := sym.NewGraph()
		const rows, cols = 12, 20
		pool := []*sym.Expr{g.Input("a", sym.Float, rows, cols), g.Input("b", sym.Float, rows, cols)}
		square := g.Input("q", sym.Float, cols, cols)
		pick := func() *sym.Expr { return pool[r.IntN(len(pool))] }
		for range 25 {
			a, b := pick(), pick()
			var e *sym.Expr
			switch r.IntN(12) {
			case 0:
				e = sym.Add(a, b)
			case 1:
				e = sym.Mul(sym.Tanh(a), b)
			case 2:
				e = sym.Select(sym.Greater(a, b), sym.Neg(a), sym.Scale(b, 0.5))
			case 3:
				e = sym.Sub(a, sym.Broadcast(sym.Mean(b, 1), []int{0}, rows, cols))
			case 4:
				e = sym.Mul(a, sym.Broadcast(sym.Mean(sym.Sin(b), 0), []int{1}, rows, cols))
			case 5:
				e = sym.Scale(sym.MatMul(a, square), 0.1)
			case 6:
				e = sym.Scale(sym.MatMul(sym.MatMulT(a, b, false, true), sym.Sin(b)), 0.02)
			case 7:
				e = sym.Reshape(sym.Transpose(sym.Reshape(a, cols, rows), 1, 0), rows, cols)
			case 8:
				e = sym.Gather(a, sym.MaxPoolIndex(sym.Reshape(sym.Concat(1, a, b), rows, 1, 2, cols), sym.PoolSpec{Window: [2]int{1, 2}, Stride: [2]int{2, 1}, PadAfter: [2]int{0, 1}}), 1)
			case 9:
				e = sym.ReLU(sym.Sub(a, b))
			case 10:
				e = sym.Concat(1, sym.SliceAxis(a, 1, 0, 7), sym.SliceAxis(b, 1, 7, cols))
			default:
				e = sym.Softmax(a)
			}
			if e.Err() == nil {
				pool = append(pool, e)
			}
		}
		last := sym.Sum(sym.Mul(pool[len(pool)-1], g.Input("weights", sym.Float, rows, cols)))
		var outputs []*sym.Expr
		for _, e := range append(sym.Gradient(last, pool[:2]...), pool[len(pool)-1], pool[len(pool)/2]) {
			// What cancels is not accurate relative to itself, but to what it came from.
			outputs = append(outputs, sym.Add(e, pool[0]))
		}
		values := fill(r, 1, append(outputs, square)...)
		compare(t, 2e-5, values, outputs...)
		rewritten, n := plan.TakeOutFactors(outputs)
		if factors += n; n > 0 {
			compareTo(t, 2e-5, values, outputs, rewritten)
		}
	}
	if factors == 0 {
		t.Error("no factor of a sample reached a product")
	}
}

// TestErrors checks that Compile returns the error of an expression, and refuses impossible updates.
func TestErrors(t *testing.T) {
	g := sym.NewGraph()
	x, y := g.Input("x", sym.Float, 2), g.Input("y", sym.Float, 3)
	if _, err := plan.Compile([]*sym.Expr{sym.Exp(sym.Add(x, y))}, nil, plan.Options{}); err == nil {
		t.Error("an expression with an error is compiled")
	}
	for _, u := range []sym.Update{{Target: x, Value: y}, {Target: sym.Exp(x), Value: x}} {
		if _, err := plan.Compile(nil, []sym.Update{u}, plan.Options{}); err == nil {
			t.Errorf("update of %v by %v is compiled", u.Target, u.Value)
		}
	}
}

// TestNoAllocation checks that a run takes no memory but that of the program, on every level: of
// convolutions of all kinds, norms and their derivatives.
func TestNoAllocation(t *testing.T) {
	g := sym.NewGraph()
	loss, penalty, params := objective(g, 20, 20)
	steps := [][]*sym.Expr{append(sym.Gradient(sym.Add(loss, penalty), params...), loss)}

	same := sym.ConvSpec{Stride: [2]int{1, 1}, PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}}
	half := same
	half.Stride = [2]int{2, 2}
	for _, extent := range []int{32, 28, 24} { // of tiles in whole groups, halves of them, and across them
		g := sym.NewGraph()
		x, w := g.Input("x", sym.Float, 3, 16, extent, extent), g.Input("w", sym.Float, 16, 16, 3, 3)
		d, v := g.Input("d", sym.Float, 16, 1, 3, 3), g.Input("v", sym.Float, 8, 16, 3, 3)
		y := sym.Conv(x, w, same)
		mean := sym.Scale(sym.Sum(y, 0, 2, 3), 1/float64(3*extent*extent))
		y = sym.ReLU(sym.Sub(y, sym.Broadcast(mean, []int{1}, y.Shape()...)))
		y = sym.Add(sym.DepthwiseConv(y, d, same), x)
		y = sym.SumPool(sym.Conv(y, v, half), sym.PoolSpec{Window: [2]int{2, 2}, Stride: [2]int{2, 2}})
		steps = append(steps, sym.Gradient(sym.Sum(sym.Square(sym.Tanh(y))), x, w, d, v))
	}
	for i, outputs := range steps {
		for _, level := range kernel.Supported() {
			for _, threads := range []int{1, 2} {
				p, err := plan.Compile(outputs, nil, plan.Options{Level: level, Threads: threads})
				if err != nil {
					t.Fatal(err)
				}
				run := func() {
					if err := p.Run(1, 2); err != nil {
						t.Fatal(err)
					}
				}
				if n := testing.AllocsPerRun(20, run); n != 0 {
					t.Errorf("step %d, level %v, %d threads: %v allocations", i, level, threads, n)
				}
				p.Close()
			}
		}
	}
}
