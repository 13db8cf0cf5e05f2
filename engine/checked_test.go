package engine_test

import (
	"strings"
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/sym"
)

// brokenRunner is a runner whose every method panics, but for what it takes.
type brokenRunner struct {
	engine.Runner // nil
	input         *sym.Expr
}

func (r brokenRunner) Takes(e *sym.Expr) bool                   { return e == r.input }
func (brokenRunner) Run(step int, key, t uint64) error          { panic("a kernel broke") }
func (brokenRunner) Close()                                     {}
func (brokenRunner) Listing(step int) string                    { return "listing" }
func (r brokenRunner) Fork(...*sym.Expr) (engine.Runner, error) { return r, nil }

// TestChecked gives a runner that checks nothing what callers can do wrong: nothing reaches it. A
// panic of a run is an error, and there is no output after it. A runner that can be read makes a
// program, and forks of it, that can.
func TestChecked(t *testing.T) {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 2)
	k := g.Input("k", sym.Int, 2)
	p := engine.Checked(brokenRunner{input: x}, engine.Step{Outputs: []*sym.Expr{x}})
	var two [2]float32
	var three [3]float32
	var ints [2]int32
	wrong := func(want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected %q", err, want)
		}
	}
	fill := func([]float32) { t.Error("filled") }
	wrong("no input of the program", p.Write(nil, two[:]))
	wrong("no input of the program", p.Fill(nil, fill))
	wrong("no input of the program", p.FillInts(nil, func([]int32) { t.Error("filled") }))
	wrong("no input of the program", p.WriteInts(k, ints[:]))
	wrong("holds 2 values, found 3", p.Write(x, three[:]))
	wrong("holds 2 values, found 3", p.Read(x, three[:]))
	wrong("holds float, found int", p.WriteInts(x, ints[:]))
	wrong("holds float, found int", p.FillInts(x, func([]int32) { t.Error("filled") }))
	wrong("no step has run yet", p.Output(0, two[:]))
	wrong("step 1 of a program that has 1", p.Run(1, 0, 0))
	wrong("a kernel broke", p.Run(0, 0, 0))
	wrong("no step has run yet", p.Output(0, two[:]))
	if _, err := p.Fork(nil); err == nil {
		t.Error("a fork with an input of its own that is none")
	}
	fork, err := p.Fork(x)
	if err != nil {
		t.Fatal(err)
	}
	if l, ok := fork.(engine.Lister); !ok || l.Listing(0) != "listing" || l.Listing(1) != "" {
		t.Error("a fork that cannot be read")
	}
	p.Close()
	p.Close()
	for _, err := range []error{p.Write(x, two[:]), p.Fill(x, fill), p.Run(0, 0, 0), p.Output(0, two[:])} {
		if err != engine.ErrClosed {
			t.Errorf("%v after Close", err)
		}
	}
	if p.MACs(0) != 0 || p.Bytes() != 0 || p.Takes(x) {
		t.Error("a closed program answers")
	}
	if _, ok := engine.Checked(struct{ engine.Runner }{}).(engine.Lister); ok {
		t.Error("a runner that cannot be read makes a program that can")
	}
}
