package plan_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// critic is a convolutional network with one output: convolutions of stride 2, leaky ReLUs, a dense
// layer.
type critic struct {
	g       *sym.Graph
	params  []*sym.Expr
	biases  []*sym.Expr
	dense   *sym.Expr
	batch   int
	forward int // multiply-adds of a pass over a batch, and of its first and last layer
	first   int
	last    int
}

// channels of the images and of the convolutions of a critic, and the extent of its images.
var criticChannels = []int{2, 5, 6, 7}

const criticSize = 12

func newCritic(batch int) *critic {
	c := &critic{g: sym.NewGraph(), batch: batch}
	size := criticSize
	for i, out := range criticChannels[1:] {
		in := criticChannels[i]
		name := string(rune('1' + i))
		c.params = append(c.params, c.g.Input("w"+name, sym.Float, out, in, 5, 5))
		c.biases = append(c.biases, c.g.Input("b"+name, sym.Float, out))
		size = (size + 1) / 2
		macs := batch * size * size * out * in * 25
		if c.forward += macs; i == 0 {
			c.first = macs
		}
	}
	features := size * size * criticChannels[len(criticChannels)-1]
	c.dense = c.g.Input("dense", sym.Float, features, 1)
	c.params = append(c.params, c.dense)
	c.last = batch * features
	c.forward += c.last
	return c
}

// images returns a batch of images.
func (c *critic) images(name string) *sym.Expr {
	return c.g.Input(name, sym.Float, c.batch, criticChannels[0], criticSize, criticSize)
}

// score returns the outputs for x: [batch, 1].
func (c *critic) score(x *sym.Expr) *sym.Expr {
	for i, b := range c.biases {
		before, after := sym.SamePadding(x.Shape()[2], 5, 2, 1)
		x = sym.Conv(x, c.params[i], sym.ConvSpec{
			Stride: [2]int{2, 2}, PadBefore: [2]int{before, before}, PadAfter: [2]int{after, after},
		})
		x = sym.LeakyReLU(sym.Add(x, sym.Broadcast(b, []int{1}, x.Shape()...)), 0.2)
	}
	return sym.MatMul(sym.Reshape(x, x.Shape()[0], c.dense.Shape()[0]), c.dense)
}

// squaredSlopes returns ‖∂D/∂x‖² of each sample: [batch].
func squaredSlopes(score, x *sym.Expr) *sym.Expr {
	return sym.Sum(sym.Square(sym.Gradient(sym.Sum(score), x)[0]), 1, 2, 3)
}

// criticStep is an objective of a critic and the multiply-adds that its gradient should need.
type criticStep struct {
	name string
	loss *sym.Expr
	macs int
}

// steps returns the objectives of a critic, for a loss of the scores of real and fake samples.
func (c *critic) steps() []criticStep {
	real, fake := c.images("real"), c.images("fake")
	onReal, onFake := c.score(real), c.score(fake)
	r1, r2 := sym.Mean(squaredSlopes(onReal, real)), sym.Mean(squaredSlopes(onFake, fake))
	u := c.g.Uniform(1, c.batch, 1, 1, 1)
	between := sym.Add(real, sym.Mul(u, sym.Sub(fake, real)))
	root := func(squares *sym.Expr) *sym.Expr { return sym.Sqrt(sym.AddScalar(squares, 1e-12)) }
	gp := sym.Mean(sym.Square(sym.AddScalar(root(squaredSlopes(c.score(between), between)), -1)))
	losses := map[string][2]*sym.Expr{ // per sample, of real and of fake ones
		"logistic":     {sym.Softplus(sym.Neg(onReal)), sym.Softplus(onFake)},
		"wasserstein":  {sym.Neg(onReal), onFake},
		"relativistic": {sym.Softplus(sym.Sub(onFake, onReal)), c.g.Const(0, c.batch, 1)},
	}
	F, first, last := c.forward, c.first, c.last
	var steps []criticStep
	for _, name := range []string{"logistic", "wasserstein", "relativistic"} {
		l := losses[name]
		loss := sym.Add(sym.Mean(l[0]), sym.Mean(l[1]))
		with := func(what string, penalty *sym.Expr, macs int) {
			total := loss
			if penalty != nil {
				total = sym.Add(loss, sym.Scale(penalty, 0.3))
			}
			steps = append(steps, criticStep{name + " " + what, total, macs})
		}
		with("plain", nil, 6*F-2*first)
		// A slope does not depend on the score's own value, so that no tangent goes through the last
		// layer.
		with("r1", r1, 7*F-first-last)
		// Two more of the last layer: its tangents are not needed, and as the cotangent of both scores
		// is a column of ones, both have one pass backward through it and one outer product.
		with("r1r2", sym.Add(r1, r2), 8*F-4*last)
		// The derivative of a root is one more factor per sample.
		with("two-sided", sym.Mean(sym.Square(sym.AddScalar(root(squaredSlopes(onReal, real)), -1))), 7*F-first-last)
		// The scores between are not needed either.
		with("wgan-gp", gp, 10*F-2*first-2*last)
		if name == "logistic" {
			with("roth", sym.Add(c.roth(l[0], real), c.roth(l[1], fake)), 8*F-2*last)
		}
	}
	return append(steps, c.joined())
}

// joined is r1r2 with real and fake samples in one batch.
func (c *critic) joined() criticStep {
	both := sym.Concat(0, c.images("real"), c.images("fake"))
	scores := c.score(both)
	half := func(lo int) *sym.Expr { return sym.SliceAxis(scores, 0, lo, lo+c.batch) }
	loss := sym.Add(sym.Mean(sym.Softplus(sym.Neg(half(0)))), sym.Mean(sym.Softplus(half(c.batch))))
	penalty := sym.Scale(sym.Mean(squaredSlopes(scores, both)), 2*0.3)
	return criticStep{"joined r1r2", sym.Add(loss, penalty), 8*c.forward - 2*c.last}
}

// roth returns the mean squared gradient of losses in x.
func (c *critic) roth(losses, x *sym.Expr) *sym.Expr {
	return sym.Mean(sym.Sum(sym.Square(sym.Gradient(sym.Sum(losses), x)[0]), 1, 2, 3))
}

// values returns inputs for which no unit of the critic is dead and all slopes are moderate.
func (c *critic) values(roots ...*sym.Expr) map[*sym.Expr]*sym.Tensor {
	r := rand.New(rand.NewPCG(31, uint64(c.batch)))
	values := fill(r, 1, roots...)
	for _, e := range sym.Topological(roots...) { // in one order, so that every run has the same values
		v, given := values[e]
		if !given {
			continue
		}
		scale := 1.0
		if s := e.Shape(); len(s) == 4 && s[2] == 5 {
			scale = math.Sqrt(2 / float64(s[1:].Size()))
		} else if e == c.dense {
			scale = math.Sqrt(1 / float64(s[0]))
		}
		for i := range v.Data {
			v.Data[i] = float64(float32(scale * r.NormFloat64()))
		}
	}
	return values
}

// gradient returns a step's objective followed by its derivatives.
func (c *critic) gradient(s criticStep) []*sym.Expr {
	return append([]*sym.Expr{s.loss}, sym.Gradient(s.loss, append(c.params, c.biases...)...)...)
}

// TestCriticPassCount checks that loss and penalty of a critic that is piecewise linear need one
// outer product a layer: 4F for a penalized batch, where a plain one has 3F − F₁.
func TestCriticPassCount(t *testing.T) {
	for _, batch := range []int{6, 33} {
		c := newCritic(batch)
		for _, s := range c.steps() {
			p, err := plan.Compile(c.gradient(s), nil, plan.Options{Level: kernel.Generic})
			if err != nil {
				t.Fatal(err)
			}
			if got := p.MACs(0); got != s.macs {
				t.Errorf("batch of %d, %s: %d multiply-adds, want %d (%+d; F %d, first %d, last %d)",
					batch, s.name, got, s.macs, got-s.macs, c.forward, c.first, c.last)
			}
			p.Close()
		}
	}
}

// TestCriticSteps compares compiled steps of critics with the reference, and the derivatives that
// are compiled, in float64, with central differences.
func TestCriticSteps(t *testing.T) {
	for _, batch := range shapes([]int{6, 1}) {
		c := newCritic(batch)
		for _, s := range c.steps() {
			t.Run(fmt.Sprintf("%s %d", s.name, batch), func(t *testing.T) {
				outputs := c.gradient(s)
				values := c.values(outputs...)
				// The loss is a difference of scores about 1, which may leave little: its error is measured
				// by them.
				compare(t, 2e-5, values, append([]*sym.Expr{sym.AddScalar(s.loss, 1)}, outputs[1:]...)...)
				if !testing.Short() { // with -short threads are what is tested, and here are none
					c.difference(t, s.loss, after(t, "products", outputs)[1:], values)
				}
			})
		}
	}
}

// after returns what a pass makes of outputs.
func after(t *testing.T, pass string, outputs []*sym.Expr) (made []*sym.Expr) {
	t.Helper()
	p, err := plan.Compile(outputs, nil, plan.Options{Level: kernel.Generic, Trace: func(name string, roots []*sym.Expr) {
		if name == pass {
			made = roots
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	return made
}

// difference compares derivatives of loss in all parameters with central differences along two
// random directions of each.
func (c *critic) difference(t *testing.T, loss *sym.Expr, grads []*sym.Expr, values map[*sym.Expr]*sym.Tensor) {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 8))
	const h = 1e-6
	for i, w := range append(slices.Clone(c.params), c.biases...) {
		for range 2 {
			direction := make([]float64, w.Shape().Size())
			for k := range direction {
				direction[k] = r.NormFloat64()
			}
			at := func(h float64) float64 {
				moved := sym.NewTensor(w.Shape()...)
				for k, v := range values[w].Data {
					moved.Data[k] = v + h*direction[k]
				}
				there := maps.Clone(values)
				there[w] = moved
				return evaluate(t, there, loss)[0].Data[0]
			}
			want, got := (at(h)-at(-h))/(2*h), 0.0
			for k, g := range evaluate(t, values, grads[i])[0].Data {
				got += g * direction[k]
			}
			if d := math.Abs(got - want); !(d <= 1e-6*max(1, math.Abs(want))) {
				t.Errorf("derivative along a direction of %s: %v, central difference %v", w.Name(), got, want)
			}
		}
	}
}

// evaluate evaluates expressions in float64.
func evaluate(t *testing.T, values map[*sym.Expr]*sym.Tensor, roots ...*sym.Expr) []*sym.Tensor {
	t.Helper()
	got, err := sym.Eval(sym.Env{Values: values, Key: key, Step: step}, roots...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
