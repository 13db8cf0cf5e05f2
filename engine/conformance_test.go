package engine_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/sym"
)

// engines lists every engine, and how far a result may be from the reference's, as a share of the
// largest magnitude.
func engines(t *testing.T) (list []engine.Engine, bound float64) {
	list = append(list, engine.Reference())
	for _, level := range engine.Levels() {
		for _, threads := range []int{1, 3} {
			e, err := engine.Native(engine.Options{Level: level, Threads: threads})
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, e)
		}
	}
	return list, 1e-5
}

// network are expressions that the cases are made of: a regression with dropout on x: [6, 5] with
// integer classes.
type network struct {
	x, y, w, v, count *sym.Expr
	hidden, out, loss *sym.Expr
	top               *sym.Expr // ints
}

func newNetwork() network {
	g := sym.NewGraph()
	n := network{
		x: g.Input("x", sym.Float, 6, 5), y: g.Input("y", sym.Int, 6), w: g.Input("w", sym.Float, 5, 4), v: g.Input("v", sym.Float, 4, 3),
		count: g.Input("count", sym.Float),
	}
	kept := sym.Select(g.Bernoulli(0.5, 7, 6, 4), sym.Tanh(sym.MatMul(n.x, n.w)), g.Const(0, 6, 4))
	n.hidden = sym.Add(kept, sym.Scale(g.Normal(3, 6, 4), 0.1))
	n.out = sym.MatMul(n.hidden, n.v)
	n.loss = sym.Mean(sym.CrossEntropy(n.out, sym.OneHot(n.y, 3)))
	n.top = sym.ArgMax(n.out, 1)
	return n
}

// descent are the updates of w and v by their gradients of an objective, and a count of steps.
func (n network) descent(objective *sym.Expr) []sym.Update {
	grads := sym.Gradient(objective, n.w, n.v)
	return []sym.Update{
		{Target: n.w, Value: sym.Sub(n.w, sym.Scale(grads[0], 0.3))}, {Target: n.v, Value: sym.Sub(n.v, sym.Scale(grads[1], 0.3))},
		{Target: n.count, Value: sym.AddScalar(n.count, 1)},
	}
}

// fill writes everything that a program takes.
func (n network) fill(t *testing.T, p engine.Program) {
	t.Helper()
	for k, e := range []*sym.Expr{n.x, n.w, n.v} {
		if !p.Takes(e) {
			continue
		}
		check(t, p.Fill(e, func(dst []float32) {
			for i := range dst {
				dst[i] = float32(math.Sin(float64(i*i + 11*k)))
			}
		}))
	}
	if p.Takes(n.y) {
		check(t, p.WriteInts(n.y, []int32{0, 1, 2, 2, 1, 0}))
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// conformance is a program of steps and what is done with it, which appends all that it sees.
type conformance struct {
	name  string
	steps func(n network) []engine.Step
	do    func(t *testing.T, n network, p engine.Program) []float32
}

// outputs runs a step and returns its outputs.
func outputs(t *testing.T, s engine.Step, p engine.Program, step int, at uint64) (all []float32) {
	t.Helper()
	check(t, p.Run(step, 5, at))
	for i, e := range s.Outputs {
		dst, ints := make([]float32, e.Shape().Size()), make([]int32, e.Shape().Size())
		if e.DType() == sym.Float {
			check(t, p.Output(i, dst))
		} else {
			check(t, p.OutputInts(i, ints))
			for j, v := range ints {
				dst[j] = float32(v)
			}
		}
		all = append(all, dst...)
	}
	return all
}

// held returns what inputs hold.
func held(t *testing.T, p engine.Program, inputs ...*sym.Expr) (all []float32) {
	t.Helper()
	for _, e := range inputs {
		dst := make([]float32, e.Shape().Size())
		check(t, p.Read(e, dst))
		all = append(all, dst...)
	}
	return all
}

var conformances = []conformance{
	{
		"outputs, random numbers and ints",
		func(n network) []engine.Step {
			return []engine.Step{{Outputs: []*sym.Expr{n.loss, n.top, n.hidden, n.x}}}
		},
		func(t *testing.T, n network, p engine.Program) (all []float32) {
			for at := range uint64(3) {
				all = append(all, outputs(t, n.step(n.loss, n.top, n.hidden, n.x), p, 0, at)...)
			}
			return all
		},
	},
	{
		"several steps on one state",
		func(n network) []engine.Step {
			penalty := sym.Mean(sym.Square(sym.Gradient(n.loss, n.x)[0]))
			return []engine.Step{
				{Outputs: []*sym.Expr{n.loss, penalty}, Updates: n.descent(sym.Add(n.loss, penalty))},
				{Outputs: []*sym.Expr{n.loss}, Updates: n.descent(n.loss)},
				{Outputs: []*sym.Expr{n.out}},
			}
		},
		func(t *testing.T, n network, p engine.Program) (all []float32) {
			for at, step := range []int{0, 1, 1, 2, 0, 2} {
				check(t, p.Run(step, 9, uint64(at)))
				if step == 2 {
					dst := make([]float32, n.out.Shape().Size())
					check(t, p.Output(0, dst))
					all = append(all, dst...)
					continue
				}
				loss, err := engine.Scalar(p, 0)
				check(t, err)
				all = append(all, loss)
			}
			return append(all, held(t, p, n.w, n.v, n.count)...)
		},
	},
	{
		"updates see old values",
		func(n network) []engine.Step {
			g := n.x.Graph()
			a, b := g.Input("a", sym.Float, 3), g.Input("b", sym.Float, 3)
			return []engine.Step{{Outputs: []*sym.Expr{sym.Add(a, b)}, Updates: []sym.Update{{Target: a, Value: b}, {Target: b, Value: sym.Add(a, b)}}}}
		},
		func(t *testing.T, n network, p engine.Program) []float32 {
			g := n.x.Graph()
			a, b := g.Input("a", sym.Float, 3), g.Input("b", sym.Float, 3)
			check(t, p.Write(b, []float32{1, 2, 3}))
			for range 5 {
				check(t, p.Run(0, 0, 0))
			}
			sum := make([]float32, 3)
			check(t, p.Output(0, sum))
			return append(sum, held(t, p, a, b)...)
		},
	},
	{
		"forks",
		func(n network) []engine.Step { return []engine.Step{n.step(n.out)} },
		func(t *testing.T, n network, p engine.Program) []float32 {
			fork, err := p.Fork(n.x)
			check(t, err)
			defer fork.Close()
			before := held(t, fork, n.x)
			all := append(before, outputs(t, n.step(n.out), fork, 0, 1)...)
			check(t, p.Fill(n.v, func(dst []float32) { dst[0] = 7 })) // shared, but x is not
			check(t, fork.Fill(n.x, func(dst []float32) { dst[3] = 2 }))
			all = append(all, outputs(t, n.step(n.out), fork, 0, 1)...)
			all = append(all, outputs(t, n.step(n.out), p, 0, 1)...)
			p.Close()
			return append(all, outputs(t, n.step(n.out), fork, 0, 2)...)
		},
	},
}

func (n network) step(outputs ...*sym.Expr) engine.Step { return engine.Step{Outputs: outputs} }

// TestConformance compares every engine with the reference.
func TestConformance(t *testing.T) {
	list, bound := engines(t)
	for _, c := range conformances {
		var want []float32
		for _, e := range list {
			n := newNetwork()
			p, err := e.Compile(c.steps(n)...)
			check(t, err)
			n.fill(t, p)
			got := c.do(t, n, p)
			p.Close()
			if want == nil { // the first engine is the reference
				want = got
				continue
			}
			largest := 0.0
			for _, v := range want {
				largest = max(largest, math.Abs(float64(v)))
			}
			if len(got) != len(want) || largest == 0 {
				t.Fatalf("%s, %s: %d numbers, the reference has %d up to %v", c.name, e.Name(), len(got), len(want), largest)
			}
			for i, v := range got {
				if d := math.Abs(float64(v) - float64(want[i])); !(d <= bound*largest) {
					t.Errorf("%s, %s: number %d is %v, by the reference %v", c.name, e.Name(), i, v, want[i])
				}
			}
		}
	}
}

// TestErrors checks that every engine answers wrong use with an error that says what was found and
// what is expected.
func TestErrors(t *testing.T) {
	list, _ := engines(t)
	for _, e := range list {
		n := newNetwork()
		bad := sym.MatMul(n.x, n.x)
		for name, s := range map[string]engine.Step{
			"matmul":      n.step(bad),
			"update of w": {Updates: []sym.Update{{Target: n.w, Value: n.v}}},
			"update":      {Updates: []sym.Update{{Target: n.loss, Value: n.loss}}},
		} {
			if _, err := e.Compile(s); err == nil || !strings.Contains(err.Error(), name[:6]) {
				t.Errorf("%s: compiling a bad %s: %v", e.Name(), name, err)
			}
		}
		if _, err := e.Compile(); err == nil {
			t.Errorf("%s: a program without steps", e.Name())
		}
		p, err := e.Compile(n.step(n.loss, n.top))
		check(t, err)
		stranger := n.x.Graph().Input("stranger", sym.Float, 2)
		var six [6]float32
		var ints [6]int32
		for want, err := range map[string]error{
			"no step has run":                   p.Output(0, six[:1]),
			`"x" has shape [6, 5] and holds 30`: p.Write(n.x, six[:]),
			"holds 30 values, found 6":          p.Read(n.x, six[:]),
			"holds float, found int":            p.WriteInts(n.x, ints[:]),
			"holds int, found float":            p.Fill(n.y, func([]float32) { t.Error("called") }),
			"is no input":                       p.Write(stranger, six[:2]),
			"no input":                          second(p.Fork(stranger)),
			"step 1 of a program that has 1":    p.Run(1, 0, 0),
			"step -1":                           p.Run(-1, 0, 0),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, expected %q", e.Name(), err, want)
			}
		}
		n.fill(t, p)
		check(t, p.Run(0, 0, 0))
		for want, err := range map[string]error{
			"output 2 of a step that has 2": p.Output(2, six[:1]),
			"output -1":                     p.OutputInts(-1, ints[:]),
			"1 values, found 6":             p.Output(0, six[:]),
			"is of int, found float":        p.Output(1, six[:]),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, expected %q", e.Name(), err, want)
			}
		}
		p.Close()
		p.Close()
		for i, err := range []error{
			p.Run(0, 0, 0), p.Write(n.x, nil), p.Read(n.x, nil), p.Output(0, six[:1]), p.OutputInts(1, ints[:]), second(p.Fork()),
			p.WriteInts(n.y, ints[:]), p.Fill(n.x, nil), p.FillInts(n.y, nil),
		} {
			if !errors.Is(err, engine.ErrClosed) {
				t.Errorf("%s: use %d after Close: %v", e.Name(), i, err)
			}
		}
		if p.Takes(n.x) || p.Bytes() != 0 || p.MACs(0) != 0 {
			t.Errorf("%s: a closed program takes %d bytes", e.Name(), p.Bytes())
		}
	}
}

// TestForksAtOnce runs forks of one program in goroutines of their own: their numbers are those of
// a fork alone.
func TestForksAtOnce(t *testing.T) {
	list, _ := engines(t)
	for _, e := range list {
		n := newNetwork()
		p, err := e.Compile(n.step(n.out))
		check(t, err)
		defer p.Close()
		n.fill(t, p)
		want := outputs(t, n.step(n.out), p, 0, 1)
		x := held(t, p, n.x)
		var group sync.WaitGroup
		for range 4 {
			fork, err := p.Fork(n.x)
			check(t, err)
			group.Go(func() {
				defer fork.Close()
				got := make([]float32, len(want))
				for range 20 {
					err := errors.Join(fork.Write(n.x, x), fork.Run(0, 5, 1), fork.Output(0, got))
					if err != nil || !slices.Equal(got, want) {
						t.Errorf("%s: a fork computes %v, alone %v (%v)", e.Name(), got, want, err)
						return
					}
				}
			})
		}
		group.Wait()
	}
}

func second[T any](_ T, err error) error { return err }

// TestNative checks what the options mean.
func TestNative(t *testing.T) {
	highest, err := engine.Native(engine.Options{})
	check(t, err)
	if levels := engine.Levels(); len(levels) == 0 || levels[0] != "generic" || !strings.Contains(fmt.Sprint(levels), highest.Name()) {
		t.Errorf("levels %v, by default %s", levels, highest.Name())
	}
	if _, err := engine.Native(engine.Options{Level: "avx3"}); err == nil || !strings.Contains(err.Error(), `"avx3"`) {
		t.Errorf("level avx3: %v", err)
	}
	n := newNetwork()
	s := []engine.Step{n.step(n.out), n.step(n.loss, sym.Gradient(n.loss, n.w)[0])}
	p, err := highest.Compile(s...)
	check(t, err)
	defer p.Close()
	cost, err := highest.(engine.Measurer).Measure(s...)
	check(t, err)
	if cost.Bytes != p.Bytes() || cost.MACs != p.MACs(0) || cost.MACs != 6*5*4+6*4*3 || p.MACs(1) <= p.MACs(0) {
		t.Errorf("measured %+v, the program has %d bytes, %d and %d multiply-adds", cost, p.Bytes(), p.MACs(0), p.MACs(1))
	}
	if text := p.(engine.Lister).Listing(0); !strings.Contains(text, "matmul") {
		t.Errorf("listing %q", text)
	}
	alone, err := highest.Compile(s[1])
	check(t, err)
	defer alone.Close()
	if p.Bytes() > alone.Bytes()+4*64 { // one arena and one set of inputs, but for what aligns them
		t.Errorf("two steps take %d bytes, the larger one alone %d", p.Bytes(), alone.Bytes())
	}
}
