package plan_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// recomputed is a step with a node that can be computed again.
type recomputed struct {
	step  plan.Step
	again int // how many nodes are computed again
}

// recomputedSteps returns the steps of TestRecompute, whose tensors are just large enough.
func recomputedSteps() map[string]recomputed {
	cases := map[string]recomputed{}
	image := []int{32, 4, 64, 64}
	perChannel := func(e *sym.Expr) *sym.Expr { return sym.Broadcast(e, []int{1}, image...) }
	spec := sym.ConvSpec{Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}}
	convolve := func(g *sym.Graph, name string, x *sym.Expr) *sym.Expr {
		return sym.Conv(x, g.Input(name, sym.Float, 4, 4, 3, 3), spec)
	}

	g := sym.NewGraph()
	x := g.Input("x", sym.Float, image...)
	params := []*sym.Expr{}
	a := x
	for _, name := range []string{"1", "2"} {
		z := convolve(g, "w"+name, a)
		beta := g.Input("b"+name, sym.Float, 4)
		centred := sym.Sub(z, perChannel(sym.Mean(z, 0, 2, 3)))
		spread := sym.Sqrt(sym.AddScalar(sym.Mean(sym.Square(centred), 0, 2, 3), 1e-5))
		a = sym.ReLU(sym.Add(sym.Div(centred, perChannel(spread)), perChannel(beta)))
		params = append(params, z.Args()[1], beta)
	}
	loss := sym.Mean(sym.Mul(a, x))
	var updates []sym.Update
	for i, d := range sym.Gradient(loss, params...) {
		updates = append(updates, sym.Update{Target: params[i], Value: sym.Sub(params[i], d)})
	}
	cases["training"] = recomputed{plan.Step{Outputs: []*sym.Expr{loss}, Updates: updates}, 1}

	// twice reads a convolution, and what f makes of it, in two regions, and may change a state at once.
	twice := func(f func(z, state *sym.Expr) *sym.Expr, changes, kept bool) plan.Step {
		g := sym.NewGraph()
		state := g.Input("state", sym.Float, 4)
		z := convolve(g, "w", g.Input("x", sym.Float, image...))
		a := f(z, perChannel(state))
		both := sym.Mul(sym.Add(sym.Square(a), z), perChannel(sym.Sum(a, 0, 2, 3)))
		s := plan.Step{Outputs: []*sym.Expr{sym.Sum(both, 0, 2, 3)}}
		if changes {
			s.Updates = []sym.Update{{Target: state, Value: sym.Scale(state, 0.5)}}
		}
		if kept {
			s.Outputs = append(s.Outputs, a)
		}
		return s
	}
	shifted := func(z, state *sym.Expr) *sym.Expr { return sym.Mul(sym.Add(z, state), sym.Add(z, state)) }
	cases["read twice"] = recomputed{twice(shifted, false, false), 1}
	cases["a state that changes before"] = recomputed{twice(shifted, true, false), 0}
	cases["an output"] = recomputed{twice(shifted, false, true), 0}
	cases["expensive"] = recomputed{twice(func(z, state *sym.Expr) *sym.Expr {
		return sym.Tanh(sym.Add(z, state))
	}, false, false), 0}
	return cases
}

// TestRecompute checks which nodes are computed again, that outputs and states have the bits they
// have without it, on every level and for any number of threads, and that memory is saved.
func TestRecompute(t *testing.T) {
	for name, c := range recomputedSteps() {
		t.Run(name, func(t *testing.T) {
			roots := slices.Clone(c.step.Outputs)
			for _, u := range c.step.Updates {
				roots = append(roots, u.Target, u.Value)
			}
			values := fill(rand.New(rand.NewPCG(3, 9)), 1, roots...)
			for _, level := range kernel.Supported() {
				run := func(opt plan.Options, again int) (results [][]float32, bytes int) {
					p, err := plan.CompileSteps([]plan.Step{c.step}, opt)
					if err != nil {
						t.Fatal(err)
					}
					defer p.Close()
					set(p, values)
					for range 2 {
						if err := p.Run(key, step); err != nil {
							t.Fatal(err)
						}
					}
					for i := range c.step.Outputs {
						results = append(results, slices.Clone(p.Output(i)))
					}
					for _, u := range c.step.Updates {
						results = append(results, slices.Clone(p.Float(u.Target)))
					}
					if got := p.ComputedAgain(); got != again {
						t.Errorf("%v: %d nodes are computed again, expected %d", level, got, again)
					}
					return results, p.Bytes()
				}
				want, most := run(plan.Stored(plan.Options{Level: level, Threads: 1}), 0)
				for _, threads := range []int{1, 2} {
					got, bytes := run(plan.Options{Level: level, Threads: threads}, c.again)
					for i := range want {
						if !slices.Equal(got[i], want[i]) {
							t.Errorf("%v, %d threads: result %d has other bits", level, threads, i)
						}
					}
					if c.again > 0 && threads == 1 && bytes >= most {
						t.Errorf("%v: %d bytes, %d without it", level, bytes, most)
					}
				}
			}
		})
	}
}
