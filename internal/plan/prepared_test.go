package plan_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// refill writes the same random numbers to an input for the same seed.
func refill(p *plan.Program, e *sym.Expr, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 71))
	for i, data := 0, p.Float(e); i < len(data); i++ {
		data[i] = float32(r.NormFloat64())
	}
}

// TestPrepared runs programs whose filters are packed, scaled and transformed once, and writes to
// each of their inputs in turn: a run's result is that of a program that has never run before. So is
// that of a fork, which shares the weights.
func TestPrepared(t *testing.T) {
	const once = "while their inputs stay as they are"
	for _, l := range kernel.Supported() {
		g := sym.NewGraph()
		x := g.Input("x", sym.Float, 16, 16, 8, 8)
		s, b := g.Input("s", sym.Float, 16), g.Input("b", sym.Float, 16)
		w3, w1 := g.Input("w3", sym.Float, 16, 16, 3, 3), g.Input("w1", sym.Float, 6, 16, 1, 1)
		scaled := sym.Mul(w3, sym.Broadcast(s, []int{0}, w3.Shape()...))
		y := sym.Conv(x, scaled, sym.ConvSpec{PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}})
		y = relu6(sym.Add(y, sym.Broadcast(sym.Square(b), []int{1}, y.Shape()...)))
		y = sym.Conv(y, w1, sym.ConvSpec{})
		outputs := []*sym.Expr{y, sym.Mul(s, b)}
		opt := plan.Options{Level: l, Threads: 2}
		steps := []plan.Step{{Outputs: outputs}, {Outputs: []*sym.Expr{sym.Exp(x), sym.Sin(x), sym.Cos(x), sym.Tanh(x)}}}
		p, err := plan.CompileSteps(steps, opt)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if n := strings.Count(p.Listing(0), once); n == 0 {
			t.Fatalf("level %v: nothing is prepared:\n%s", l, p.Listing(0))
		}
		seeds := map[*sym.Expr]uint64{x: 1, s: 2, b: 3, w3: 4, w1: 5}
		for e, seed := range seeds {
			refill(p, e, seed)
		}
		fork, err := p.Fork(x)
		if err != nil {
			t.Fatal(err)
		}
		defer fork.Close()
		refill(fork, x, 1)
		check := func(what string) {
			t.Helper()
			fresh, err := plan.CompileSteps(steps, opt)
			if err != nil {
				t.Fatal(err)
			}
			defer fresh.Close()
			for e, seed := range seeds {
				refill(fresh, e, seed)
			}
			if err := fresh.RunStep(0, 0, 0); err != nil {
				t.Fatal(err)
			}
			for _, q := range []*plan.Program{p, fork} {
				for range 2 { // prepared, and as it was prepared
					if err := q.RunStep(0, 0, 0); err != nil {
						t.Fatal(err)
					}
					for i := range outputs {
						for k, want := range fresh.Output(i) {
							if got := q.Output(i)[k]; got != want {
								t.Fatalf("level %v, %s: output %d has %v at %d, want %v", l, what, i, got, k, want)
							}
						}
					}
					if err := q.RunStep(1, 0, 0); err != nil { // which takes the arena
						t.Fatal(err)
					}
				}
			}
		}
		check("at first")
		for _, e := range []*sym.Expr{s, w3, b, w1, x} {
			seeds[e] += 10
			refill(p, e, seeds[e])
			if e == x {
				refill(fork, e, seeds[e])
			}
			check(e.Attr().(sym.InputAttr).Name)
		}
	}
}

// TestTrainedIsNotPrepared checks that what is made of weights which some step of the program changes
// is made anew in each run.
func TestTrainedIsNotPrepared(t *testing.T) {
	g := sym.NewGraph()
	x, w := g.Input("x", sym.Float, 2, 3, 5, 5), g.Input("w", sym.Float, 4, 3, 3, 3)
	y := sym.Conv(x, w, sym.ConvSpec{})
	steps := []plan.Step{
		{Outputs: []*sym.Expr{y}},
		{Updates: []sym.Update{{Target: w, Value: sym.Scale(w, 2)}}},
	}
	p, err := plan.CompileSteps(steps, plan.Options{Level: kernel.Generic})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	refill(p, x, 1)
	refill(p, w, 2)
	var before []float32
	for step := range 3 {
		if err := p.RunStep(step%2, 0, 0); err != nil {
			t.Fatal(err)
		}
		if step == 0 {
			before = append(before, p.Output(0)...)
		}
	}
	for i, v := range p.Output(0) {
		if v != 2*before[i] {
			t.Fatalf("element %d is %v, want twice %v", i, v, before[i])
		}
	}
}
