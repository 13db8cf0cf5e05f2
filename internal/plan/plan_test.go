package plan_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// The random numbers of a test's run.
const key, step = 7, 3

// fill gives every input below roots a value: floats in ±1 around 0.2, ints below limit.
func fill(r *rand.Rand, limit int, roots ...*sym.Expr) map[*sym.Expr]*sym.Tensor {
	values := map[*sym.Expr]*sym.Tensor{}
	for _, e := range sym.Topological(roots...) {
		if e.Op() != sym.OpInput {
			continue
		}
		v := sym.NewTensor(e.Shape()...)
		for i := range v.Data {
			v.Data[i] = float64(float32(2*r.Float64() - 0.8))
			if e.DType() == sym.Int {
				v.Data[i] = float64(r.IntN(limit))
			}
		}
		values[e] = v
	}
	return values
}

// set copies values to the program's inputs.
func set(p *plan.Program, values map[*sym.Expr]*sym.Tensor) {
	for e, v := range values {
		if !p.Takes(e) {
			continue
		}
		if e.DType() == sym.Int {
			for i, x := range v.Data {
				p.Int(e)[i] = int32(x)
			}
			continue
		}
		for i, x := range v.Data {
			p.Float(e)[i] = float32(x)
		}
	}
}

// compare runs the compiled outputs at every level and with one and three threads, and checks them
// against the reference evaluator: within tol of the largest element of each output, and bit for
// bit the same for any number of threads.
func compare(t *testing.T, tol float64, values map[*sym.Expr]*sym.Tensor, outputs ...*sym.Expr) {
	t.Helper()
	compareTo(t, tol, values, outputs, outputs)
}

// compareTo is compare of outputs with the reference's values of others.
func compareTo(t *testing.T, tol float64, values map[*sym.Expr]*sym.Tensor, reference, outputs []*sym.Expr) {
	t.Helper()
	want, err := sym.Eval(sym.Env{Values: values, Key: key, Step: step}, reference...)
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range kernel.Supported() {
		var first [][]float32
		for _, threads := range []int{1, 3} {
			p, err := plan.Compile(outputs, nil, plan.Options{Level: level, Threads: threads})
			if err != nil {
				t.Fatal(err)
			}
			set(p, values)
			for range 2 { // the second run finds what the first one left in memory
				if err := p.Run(key, step); err != nil {
					t.Fatalf("%v\n%v", err, p)
				}
			}
			for i, w := range want {
				got := slices.Clone(p.Output(i))
				if threads == 1 {
					first = append(first, got)
					check(t, fmt.Sprintf("level %v output %d (%v)", level, i, outputs[i]), p.OutputInt(i), got, w, outputs[i], tol)
				} else if !slices.EqualFunc(got, first[i], sameBits) {
					t.Errorf("level %v output %d differs with three threads", level, i)
				}
			}
			p.Close()
		}
	}
}

func sameBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

// errorf is what check needs of a test.
type errorf interface {
	Helper()
	Errorf(format string, args ...any)
}

// check compares one output. An element that is NaN, here or in the reference, is wrong.
func check(t errorf, what string, ints []int32, got []float32, want *sym.Tensor, e *sym.Expr, tol float64) {
	t.Helper()
	scale := 1e-30
	for _, w := range want.Data {
		if !math.IsInf(w, 0) { // it would allow everything
			scale = max(scale, math.Abs(w))
		}
	}
	worst, at := 0.0, 0
	for i, w := range want.Data {
		g := float64(got[i])
		if e.DType() == sym.Int {
			g = float64(ints[i])
		}
		d := math.Abs(g - w)
		if math.IsNaN(d) { // NaN, or infinities: further away than any number
			d = math.Inf(1)
		}
		if d > worst {
			worst, at = d, i
		}
	}
	if !(worst <= tol*scale) {
		t.Errorf("%s: element %d is %v, want %v (scale %v)", what, at, got[at], want.Data[at], scale)
	}
}

// failures counts what a check finds wrong.
type failures int

func (*failures) Helper()                 {}
func (f *failures) Errorf(string, ...any) { *f++ }

// TestCheckFindsNaN checks the comparison that every test of compiled programs relies on: a NaN or
// an infinity is found wherever it stands.
func TestCheckFindsNaN(t *testing.T) {
	x := sym.NewGraph().Input("x", sym.Float, 3)
	want := sym.NewTensor(3)
	copy(want.Data, []float64{1, 2, 3})
	sound := []float32{1, 2, 3}
	var f failures
	if check(&f, "sound", nil, sound, want, x, 1e-6); f != 0 {
		t.Error("equal tensors differ")
	}
	for at := range sound {
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 2.5} {
			var got, reference failures
			wrong := slices.Clone(sound)
			wrong[at] = float32(v)
			check(&got, "wrong", nil, wrong, want, x, 1e-6)
			other := &sym.Tensor{Shape: want.Shape, Data: slices.Clone(want.Data)}
			other.Data[at] = v
			check(&reference, "wrong", nil, sound, other, x, 1e-6)
			if got != 1 || reference != 1 {
				t.Errorf("%v as element %d: %d and %d failures, expected one each", v, at, got, reference)
			}
		}
	}
}

// lenet builds a small network of the shape of LeNet and returns its logits and parameters.
func lenet(g *sym.Graph, x *sym.Expr) (logits *sym.Expr, params []*sym.Expr) {
	param := func(name string, shape ...int) *sym.Expr {
		p := g.Input(name, sym.Float, shape...)
		params = append(params, p)
		return p
	}
	pool := sym.PoolSpec{Window: [2]int{2, 2}}
	bias := func(y, b *sym.Expr) *sym.Expr {
		return sym.Add(y, sym.Broadcast(b, []int{1}, y.Shape()...))
	}
	batch := x.Shape()[0]
	k3 := (x.Shape()[2]/2 - 4) / 2 // the last filter covers its input
	h := sym.Conv(x, param("w1", 6, 1, 5, 5), sym.ConvSpec{PadBefore: [2]int{2, 2}, PadAfter: [2]int{2, 2}})
	h = sym.ReLU(bias(sym.MaxPool(h, pool), param("b1", 6)))
	h = sym.Conv(h, param("w2", 16, 6, 5, 5), sym.ConvSpec{})
	h = sym.ReLU(bias(sym.MaxPool(h, pool), param("b2", 16)))
	h = sym.Conv(h, param("w3", 24, 16, k3, k3), sym.ConvSpec{})
	h = sym.Reshape(sym.ReLU(bias(h, param("b3", 24))), batch, 24)
	h = sym.ReLU(sym.Add(sym.MatMul(h, param("w4", 24, 20)), param("b4", 20)))
	h = sym.Scale(sym.Mul(h, sym.ToFloat(g.Bernoulli(0.5, 1, batch, 20))), 2)
	return sym.Add(sym.MatMul(h, param("w5", 20, 10)), param("b5", 10)), params
}

// objective returns the regularized objective of a classifier and its parameters.
func objective(g *sym.Graph, batch, size int) (loss, penalty *sym.Expr, params []*sym.Expr) {
	x := g.Input("x", sym.Float, batch, 1, size, size)
	logits, params := lenet(g, x)
	targets := sym.OneHot(g.Input("y", sym.Int, batch), 10)
	losses := sym.CrossEntropy(logits, targets)
	dx := sym.Gradient(sym.Sum(losses), x)[0]
	spect := sym.VJP(logits, g.Normal(2, batch, 10), x)[0]
	penalty = sym.Scale(sym.Add(sym.Sum(sym.Square(dx)), sym.Scale(sym.Sum(sym.Square(spect)), 0.03)), 1/float64(batch))
	return sym.Mean(losses), penalty, params
}

func TestRegularizedNetwork(t *testing.T) {
	for _, batch := range []int{1, 7, 20} {
		g := sym.NewGraph()
		loss, penalty, params := objective(g, batch, 20)
		total := sym.Add(loss, sym.Scale(penalty, 0.7))
		outputs := append([]*sym.Expr{loss, penalty}, sym.Gradient(total, params...)...)
		values := fill(rand.New(rand.NewPCG(1, uint64(batch))), 10, outputs...)
		for e, v := range values {
			if e.DType() == sym.Float && e.Shape().Size() > 24 {
				for i := range v.Data {
					v.Data[i] = float64(float32(v.Data[i] * 0.1))
				}
			}
		}
		compare(t, 2e-5, values, outputs...)
	}
}

// TestPassCount checks that nothing beyond the passes of docs/definitions.md is computed: 3F − F₁
// for a plain step, 6F − F₁ with an exact input-gradient penalty. SpectReg saves the last layer's
// part of the tangent pass: where DataGrad's cotangent depends on the logits, SpectReg's is random.
func TestPassCount(t *testing.T) {
	const batch = 10
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, batch, 1, 20, 20)
	logits, params := lenet(g, x)
	losses := sym.CrossEntropy(logits, sym.OneHot(g.Input("y", sym.Int, batch), 10))
	dx := sym.Gradient(sym.Sum(losses), x)[0]
	spect := sym.VJP(logits, g.Normal(2, batch, 10), x)[0]
	loss := sym.Mean(losses)
	const first = 6 * 25 * 400
	const last = 20 * 10
	const forward = first + 16*150*36 + 24*144 + 24*20 + last
	for _, c := range []struct {
		name   string
		total  *sym.Expr
		passes int
	}{
		{"plain", loss, 3*forward - first},
		{"datagrad", sym.Add(loss, sym.Sum(sym.Square(dx))), 6*forward - first},
		{"spectreg", sym.Add(loss, sym.Sum(sym.Square(spect))), 6*forward - first - last},
	} {
		p, err := plan.Compile(sym.Gradient(c.total, params...), nil, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.MACs(0), c.passes*batch; got != want {
			t.Errorf("%s: %d multiply-adds, want %d\n%v", c.name, got, want, p)
		}
		p.Close()
	}
}

// TestUpdates checks that updates see the state as it was before the run and that it holds the new
// values after it, also where states exchange places.
func TestUpdates(t *testing.T) {
	g := sym.NewGraph()
	a, b, s := g.Input("a", sym.Float, 40, 3), g.Input("b", sym.Float, 40, 3), g.Input("s", sym.Float)
	c, d := g.Input("c", sym.Float, 40, 3), g.Input("d", sym.Float, 40, 3)
	sum := sym.Add(sym.Mul(a, s), b)
	updates := []sym.Update{
		{Target: a, Value: sym.Sub(a, sym.Mul(sum, s))},
		{Target: b, Value: sum},
		{Target: c, Value: d}, // c and d change places
		{Target: d, Value: c},
	}
	output := sym.Sum(sym.Mul(a, c))
	values := fill(rand.New(rand.NewPCG(2, 2)), 1, output, sum, c, d)
	for _, threads := range []int{1, 2} {
		p, err := plan.Compile([]*sym.Expr{output}, updates, plan.Options{Level: kernel.Supported()[0], Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		set(p, values)
		state := map[*sym.Expr]*sym.Tensor{a: values[a], b: values[b], c: values[c], d: values[d], s: values[s]}
		for range 3 {
			roots := []*sym.Expr{output}
			for _, u := range updates {
				roots = append(roots, u.Value)
			}
			want, err := sym.Eval(sym.Env{Values: state}, roots...)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Run(key, step); err != nil {
				t.Fatal(err)
			}
			check(t, "output", nil, p.Output(0), want[0], output, 1e-5)
			for i, u := range updates {
				check(t, fmt.Sprintf("update %d", i), nil, p.Float(u.Target), want[i+1], u.Target, 1e-5)
				state[u.Target] = want[i+1]
			}
		}
		p.Close()
	}
}
