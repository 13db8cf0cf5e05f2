package plan_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/internal/symtest"
	"github.com/gradreg/gradreg/sym"
)

// agree checks that rewritten expressions have the values of the original ones, in float64.
func agree(t *testing.T, tol float64, values map[*sym.Expr]*sym.Tensor, original, rewritten []*sym.Expr) {
	t.Helper()
	want, got := evaluate(t, values, original...), evaluate(t, values, rewritten...)
	for i, w := range want {
		scale := 1e-300
		for _, v := range w.Data {
			scale = max(scale, math.Abs(v))
		}
		for k, v := range w.Data {
			if d := math.Abs(got[i].Data[k] - v); !(d <= tol*scale) {
				t.Fatalf("output %d, element %d: %v, want %v", i, k, got[i].Data[k], v)
			}
		}
	}
}

// TestFactorsOnRandomGraphs takes every factor out of random graphs, whether that saves anything or
// not.
func TestFactorsOnRandomGraphs(t *testing.T) {
	reached := 0
	for seed := range uint64(800) {
		outputs, values := symtest.Random(rand.New(rand.NewPCG(seed, 21)), sym.NewGraph(), 70)
		rewritten, n := plan.TakeOutFactors(outputs)
		agree(t, 1e-8, values, outputs, rewritten)
		if n > 0 {
			reached++
			compareTo(t, 1e-4, values, outputs, rewritten)
		}
	}
	if reached < 60 {
		t.Errorf("a factor reached a product in %d of 800 graphs only", reached)
	}
}

// TestPassages takes a factor to a product through every operation that lets it through, and
// through none that does not.
func TestPassages(t *testing.T) {
	for _, batch := range []int{1, 3} {
		g := sym.NewGraph()
		input := func(name string, shape ...int) *sym.Expr { return g.Input(name, sym.Float, shape...) }
		s, r := input("s", batch), input("r", batch, 1)
		spread := func(x *sym.Expr) *sym.Expr { return sym.Mul(x, sym.Broadcast(s, []int{0}, x.Shape()...)) }
		x, y := input("x", batch, 4), input("y", batch, 4)
		image, other := input("image", batch, 2, 4, 6), input("other", batch, 2, 4, 6)
		index := g.Input("index", sym.Int, batch, 4)
		square, w := input("q", 4, 4), input("w", 2, 2, 3, 3)
		thin := input("thin", 2, 1, 3, 3)
		pad := sym.ConvSpec{PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}}
		pool := sym.PoolSpec{Window: [2]int{2, 2}}
		dense := func(x *sym.Expr) *sym.Expr {
			n := x.Shape().Size() / x.Shape()[0]
			return sym.MatMul(sym.Reshape(x, x.Shape()[0], n), input(fmt.Sprint("dense", n), n, 3))
		}
		sx, si := spread(x), spread(image)
		mask := sym.Greater(y, g.Const(0, batch, 4))
		for name, c := range map[string]struct {
			e      *sym.Expr
			passes bool
		}{
			"neg": {sym.Neg(sx), true}, "div": {sym.Div(sx, sym.Exp(y)), true}, "mul": {sym.Mul(y, sx), true},
			"two factors":      {sym.Mul(sx, sym.BroadcastTo(r, batch, 4)), true},
			"add":              {sym.Add(sx, spread(y)), true},
			"sub":              {sym.Sub(spread(y), sx), true},
			"leaky relu":       {sym.Select(mask, sx, spread(y)), true},
			"relu":             {sym.Select(mask, sx, g.Const(0, batch, 4)), true},
			"concat":           {sym.Concat(1, sx, spread(y)), true},
			"transpose":        {sym.Transpose(si, 0, 3, 1, 2), true},
			"slice":            {sym.SliceAxis(si, 2, 1, 3), true},
			"pad":              {sym.Pad(si, []int{0, 1, 0, 2}, []int{0, 0, 1, 1}, []int{0, 1, 0, 0}), true},
			"sum":              {sym.Sum(si, 1, 3), true},
			"broadcast":        {sym.Broadcast(sx, []int{0, 2}, batch, 2, 4), true},
			"gather":           {sym.Gather(sx, index, 1), true},
			"scatter":          {sym.Scatter(sx, index, 1, 5), true},
			"sum pool":         {sym.SumPool(si, pool), true},
			"sum pool back":    {sym.SumPoolTranspose(si, pool, 8, 12), true},
			"conv":             {sym.Conv(si, w, pad), true},
			"conv back":        {sym.ConvInputGradient(si, w, pad, 4, 6), true},
			"depthwise":        {sym.DepthwiseConv(si, thin, pad), true},
			"depthwise back":   {sym.DepthwiseConvInputGradient(si, thin, pad, 4, 6), true},
			"matmul":           {sym.MatMul(sx, square), true},
			"matmul of each":   {sym.MatMul(sym.Reshape(si, batch, 8, 6), sym.Reshape(other, batch, 6, 8)), true},
			"exp":              {sym.Exp(sx), false},
			"square":           {sym.Mul(sx, sx), false},
			"divided by":       {sym.Div(y, sx), false},
			"one of two terms": {sym.Add(sx, y), false},
			"other factors":    {sym.Add(sx, sym.Mul(y, sym.BroadcastTo(r, batch, 4))), false},
			"one branch":       {sym.Select(mask, sx, y), false},
			"guard":            {sym.Select(sym.Broadcast(sym.Greater(s, g.Const(0, batch)), []int{0}, batch, 4), sx, g.Const(0, batch, 4)), false},
			"guard in part": {sym.Select(sym.And(mask, sym.Greater(sym.BroadcastTo(sym.Square(r), batch, 4), g.Const(0.01, batch, 4))),
				sx, g.Const(0, batch, 4)), false},
			"softmax":              {sym.Softmax(sx), false},
			"transposed":           {sym.Transpose(sx, 1, 0), true},
			"samples side by side": {sym.Transpose(si, 1, 0, 2, 3), false},
			"some samples":         {sym.SliceAxis(sym.Concat(0, sx, y), 0, 1, 1+batch), false},
			"more samples":         {sym.Pad(sx, []int{1, 0}, []int{0, 0}, []int{0, 0}), false},
			"both halves":          {sym.Concat(0, sx, spread(y)), false},
			"over samples":         {sym.BroadcastTo(sym.Sum(sx, 0), batch, 4), false},
			"new leading axis":     {sym.Broadcast(sx, []int{1, 2}, 2, batch, 4), false},
			"rows of samples":      {sym.Reshape(si, 2*batch, 24), false},
			"along samples":        {sym.Gather(sx, sym.ArgMax(y, 0), 0), false},
			"to samples":           {sym.Scatter(sx, index, 0, 4), false},
			"weights":              {sym.Conv(g.Input("one", sym.Float, 2, batch, 4, 4), sym.Reshape(sx, 1, batch, 2, 2), sym.ConvSpec{}), false},
			"columns":              {sym.MatMul(g.Input("wide", sym.Float, 3, batch), sx), false},
			"transposed weight":    {sym.MatMulT(x, sx, false, true), false},
			"both transposed":      {sym.MatMulT(sx, g.Input("high", sym.Float, 5, batch), true, true), false},
		} {
			t.Run(fmt.Sprint(name, " ", batch), func(t *testing.T) {
				out := dense(c.e)
				values := fill(rand.New(rand.NewPCG(3, 3)), 4, out)
				rewritten, n := plan.TakeOutFactors([]*sym.Expr{out})
				agree(t, 1e-12, values, []*sym.Expr{out}, rewritten)
				compareTo(t, 1e-5, values, []*sym.Expr{out}, rewritten)
				// A batch of one is a factor in every shape.
				if c.passes != (n > 0) && (batch > 1 || n == 0) {
					t.Errorf("%d factors came to the product\n%s", n, sym.Format(rewritten...))
				}
			})
		}
	}
}

// TestFactorRange checks that taking factors out neither overflows nor loses digits where the
// factors, or what they scale, are very large or small.
func TestFactorRange(t *testing.T) {
	const batch = 4
	t.Run("losses", func(t *testing.T) {
		for name, offset := range map[string]float64{"saturated": 200, "flat": 60, "steep": -1e6, "usual": 0} {
			for what, loss := range map[string]func(y *sym.Expr) *sym.Expr{
				"logistic": func(y *sym.Expr) *sym.Expr { return sym.Softplus(sym.Neg(y)) }, "square": sym.Square,
			} {
				g := sym.NewGraph()
				x := g.Input("x", sym.Float, batch, 11)
				y, params, _, _, _ := perceptron(g, x, 17, 13, 1)
				each := sym.Reshape(loss(y), batch)
				datagrad := sym.Mean(sym.Sum(sym.Square(sym.Gradient(sym.Sum(each), x)[0]), 1))
				program := sym.Gradient(sym.Add(sym.Mean(each), sym.Scale(datagrad, 0.5)), params...)
				values := fill(rand.New(rand.NewPCG(1, 4)), 1, program...)
				values[params[5]].Data[0] += offset
				if before, made := after(t, "transposes", program), after(t, "factors", program); before[0] == made[0] {
					t.Errorf("%s, %s: nothing is taken out", name, what)
				}
				compare(t, 1e-5, values, program...)
			}
		}
	})
	g := sym.NewGraph()
	s, x, y := g.Input("s", sym.Float, batch), g.Input("x", sym.Float, batch, 5), g.Input("y", sym.Float, batch, 5)
	q, w := g.Input("q", sym.Float, 5, 5), g.Input("w", sym.Float, 5, 3)
	by := func(s, x *sym.Expr) *sym.Expr { return sym.Mul(x, sym.Broadcast(s, []int{0}, x.Shape()...)) }
	scaled := sym.MatMul(by(s, x), q)
	inverse := by(sym.Pow(s, -1), sym.MatMul(x, q))
	beyond := sym.Broadcast(sym.Greater(s, g.Const(0, batch)), []int{0}, batch, 5)
	for name, c := range map[string]struct {
		e            *sym.Expr
		small, large float64 // what s and x are multiplied by
	}{
		"square":           {sym.Square(scaled), 1e-25, 1e25},
		"quotient":         {sym.Div(y, scaled), 1e-30, 1e30},
		"chain":            {sym.MatMul(by(s, by(s, x)), q), 1e-25, 1e37},
		"meeting":          {sym.MatMulT(by(s, x), by(s, sym.Exp(y)), true, false), 1e-15, 1e3},
		"infinite, unused": {sym.Select(beyond, inverse, g.Const(0, batch, 5)), 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			out := sym.MatMul(c.e, w)
			values := fill(rand.New(rand.NewPCG(6, 6)), 1, out)
			for i := range values[s].Data {
				values[s].Data[i] = c.small * (0.5 + float64(i))
			}
			for i := range values[x].Data {
				values[x].Data[i] *= c.large
			}
			rewritten, _ := plan.TakeOutFactors([]*sym.Expr{out})
			compareTo(t, 1e-5, values, []*sym.Expr{out}, rewritten)
		})
	}
}

// TestFactorsMeet checks which argument of an outer product gets the factors: not the one that two
// products share, wherever it stands.
func TestFactorsMeet(t *testing.T) {
	const batch = 8
	g := sym.NewGraph()
	input := func(name string, shape ...int) *sym.Expr { return g.Input(name, sym.Float, shape...) }
	a, u, d := input("a", batch, 5), input("u", batch, 5), input("d", batch, 7)
	s, r := input("s", batch, 1), input("r", batch, 1)
	by := func(s, x *sym.Expr) *sym.Expr { return sym.Mul(sym.BroadcastTo(s, x.Shape()...), x) }
	conv := func(x, dy *sym.Expr) *sym.Expr {
		return sym.ConvWeightGradient(sym.Reshape(x, batch, 5, 1, 1), sym.Reshape(dy, batch, 7, 1, 1), sym.ConvSpec{}, 1, 1)
	}
	outer := func(x, dy *sym.Expr) *sym.Expr { return sym.MatMulT(x, dy, true, false) }
	back := func(x, dy *sym.Expr) *sym.Expr { return outer(dy, x) }
	for name, p := range map[string]func(x, dy *sym.Expr) *sym.Expr{"conv": conv, "outer": outer, "transposed": back} {
		for what, sum := range map[string]*sym.Expr{
			"both scaled": sym.Add(p(a, by(s, d)), p(u, by(r, d))),
			"one scaled":  sym.Add(p(a, by(s, d)), p(u, d)),
			"all scaled":  sym.Add(p(by(r, a), by(s, d)), p(by(s, u), by(r, d))),
		} {
			values := fill(rand.New(rand.NewPCG(3, 4)), 1, sum)
			compare(t, 1e-5, values, sum)
			checkMACs(t, name+", "+what, batch*5*7, sum)
		}
	}
}

// TestDepthwiseSums checks that sums of depthwise products become one product where they are linear
// in what they share, and otherwise one call, and that factors of samples go through them and meet.
func TestDepthwiseSums(t *testing.T) {
	const batch = 8
	g := sym.NewGraph()
	input := func(name string, shape ...int) *sym.Expr { return g.Input(name, sym.Float, shape...) }
	a, u := input("a", batch, 3, 6, 7), input("u", batch, 3, 6, 7)
	d, e := input("d", batch, 3, 4, 5), input("e", batch, 3, 4, 5)
	w, s, r := input("w", 3, 1, 3, 3), input("s", batch), input("r", batch)
	by := func(s, x *sym.Expr) *sym.Expr { return sym.Mul(sym.Broadcast(s, []int{0}, x.Shape()...), x) }
	forward := func(x *sym.Expr) *sym.Expr { return sym.DepthwiseConv(x, w, sym.ConvSpec{}) }
	back := func(dy *sym.Expr) *sym.Expr { return sym.DepthwiseConvInputGradient(dy, w, sym.ConvSpec{}, 6, 7) }
	weights := func(x, dy *sym.Expr) *sym.Expr {
		return sym.DepthwiseConvWeightGradient(x, dy, sym.ConvSpec{}, 3, 3)
	}
	const once = batch * 3 * 4 * 5 * 9
	for what, c := range map[string]struct {
		sum   *sym.Expr
		times int
		calls int
	}{
		"forward":         {sym.Add(forward(a), forward(u)), 1, 1},
		"back":            {sym.Add(back(d), back(e)), 1, 1},
		"weights, shared": {sym.Add(weights(a, d), weights(u, d)), 1, 1},
		"weights":         {sym.Add(weights(a, d), weights(u, e)), 2, 1},
		"scaled":          {sym.Add(weights(a, by(s, d)), weights(u, by(r, d))), 1, 1},
	} {
		values := fill(rand.New(rand.NewPCG(3, 5)), 1, c.sum)
		compare(t, 1e-5, values, c.sum)
		checkMACs(t, what, c.times*once, c.sum)
		p, err := plan.Compile([]*sym.Expr{c.sum}, nil, plan.Options{Level: kernel.Generic})
		if err != nil {
			t.Fatal(err)
		}
		listing := p.Listing(0)
		p.Close()
		if calls := strings.Count(listing, "depthwise-conv"); calls != c.calls {
			t.Errorf("%s: %d calls, expected %d\n%s", what, calls, c.calls, listing)
		}
	}
}

// checkMACs compiles outputs and compares the multiply-adds of products.
func checkMACs(t *testing.T, what string, want int, outputs ...*sym.Expr) {
	t.Helper()
	p, err := plan.Compile(outputs, nil, plan.Options{Level: kernel.Generic})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if got := p.MACs(0); got != want {
		t.Errorf("%s: %d multiply-adds, want %d\n%s", what, got, want, p.Listing(0))
	}
}

// TestFactorsLeftAlone checks that a step in which nothing is saved stays as it is, and that in one
// in which something is, the rest does.
func TestFactorsLeftAlone(t *testing.T) {
	c := newCritic(6)
	for _, s := range c.steps() {
		outputs := c.gradient(s)
		before, made := after(t, "transposes", outputs), after(t, "factors", outputs)
		same := sym.Format(before...) == sym.Format(made...)
		saves := plan.Multiplications(made) < plan.Multiplications(before)
		if same == saves {
			t.Errorf("%s: unchanged %v, saves multiplications %v", s.name, same, saves)
		}
		if same && before[1] != made[1] {
			t.Errorf("%s: the same expression, built anew", s.name)
		}
	}
	// R1 at real samples alone: the pass of the fake ones is that of a plain step.
	for _, s := range c.steps() {
		if s.name != "logistic r1" {
			continue
		}
		scaled := 0
		for _, e := range sym.Topological(after(t, "factors", c.gradient(s))...) {
			if e.Op() != sym.OpConvWeightGradient || e.Args()[0].Op() != sym.OpMul {
				continue
			}
			if by := e.Args()[0].Args()[1]; by.Op() == sym.OpBroadcast {
				scaled++
			}
		}
		if layers := len(c.params) - 1; scaled != layers {
			t.Errorf("activations of %d outer products are scaled, expected those of the real samples in %d layers", scaled, layers)
		}
	}
}

// perceptron builds a network of dense layers with leaky ReLUs and one output, and counts the
// multiply-adds of a pass over the batch: all, and those of the first and the last layer.
func perceptron(g *sym.Graph, x *sym.Expr, widths ...int) (y *sym.Expr, params []*sym.Expr, all, first, last int) {
	batch := x.Shape()[0]
	for i, n := range widths {
		in := x.Shape()[1]
		w, b := g.Input(fmt.Sprint("w", i), sym.Float, in, n), g.Input(fmt.Sprint("b", i), sym.Float, n)
		if x = sym.Add(sym.MatMul(x, w), b); i < len(widths)-1 {
			x = sym.LeakyReLU(x, 0.1)
		}
		params = append(params, w, b)
		if last = batch * in * n; i == 0 {
			first = last
		}
		all += last
	}
	return x, params, all, first, last
}

// TestOneOutput checks that a regression of one value and a classifier of one logit gain as critics
// do, and that networks of two outputs stay as they are.
func TestOneOutput(t *testing.T) {
	const batch = 9
	for outputs, factor := range map[int]int{1: 4, 2: 6} {
		for name, losses := range map[string]func(y, target *sym.Expr) *sym.Expr{
			"regression": func(y, target *sym.Expr) *sym.Expr { return sym.Sum(sym.Square(sym.Sub(y, target)), 1) },
			"logit": func(y, target *sym.Expr) *sym.Expr {
				return sym.Sum(sym.Sub(sym.Softplus(y), sym.Mul(target, y)), 1)
			},
		} {
			g := sym.NewGraph()
			x := g.Input("x", sym.Float, batch, 11)
			y, params, all, first, last := perceptron(g, x, 17, 13, outputs)
			each := losses(y, g.Input("target", sym.Float, batch, outputs))
			datagrad := sym.Mean(sym.Sum(sym.Square(sym.Gradient(sym.Sum(each), x)[0]), 1))
			total := sym.Add(sym.Mean(each), sym.Scale(datagrad, 0.5))
			want := 6*all - first
			if factor == 4 {
				want = 4 * all
			}
			program := append([]*sym.Expr{total}, sym.Gradient(total, params...)...)
			checkMACs(t, fmt.Sprint(name, ", datagrad, outputs ", outputs), want, program...)
			compare(t, 1e-5, fill(rand.New(rand.NewPCG(1, 4)), 1, program...), program...)
			if outputs > 1 {
				continue
			}
			slope := sym.Mean(sym.Sum(sym.Square(sym.Gradient(sym.Sum(y), x)[0]), 1)) // FrobReg of one output
			total = sym.Add(sym.Mean(each), sym.Scale(slope, 0.5))
			program = append([]*sym.Expr{total}, sym.Gradient(total, params...)...)
			checkMACs(t, name+", frobreg", 4*all-last, program...)
			compare(t, 1e-5, fill(rand.New(rand.NewPCG(1, 5)), 1, program...), program...)
		}
	}
}
