package plan_test

import (
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// TestMeasure checks that the cost measured is that of the program compiled, and that a program of many gigabytes
// can be measured on any machine.
func TestMeasure(t *testing.T) {
	steps := func(n int) ([]*sym.Expr, []sym.Update) {
		g := sym.NewGraph()
		x, w := g.Input("x", sym.Float, n, 3, 30, 30), g.Input("w", sym.Float, 8, 3, 3, 3)
		y := sym.Tanh(sym.Conv(x, w, sym.ConvSpec{}))
		loss := sym.Sum(sym.Square(y))
		dw := sym.Gradient(loss, w)[0]
		return []*sym.Expr{loss}, []sym.Update{{Target: w, Value: sym.Sub(w, dw)}}
	}
	for _, level := range kernel.Supported() {
		opt := plan.Options{Level: level, Threads: 2}
		outputs, updates := steps(4)
		got, err := plan.Measure([]plan.Step{{Outputs: outputs, Updates: updates}}, opt)
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.Compile(outputs, updates, opt)
		if err != nil {
			t.Fatal(err)
		}
		if want := (plan.Cost{Bytes: p.Bytes(), MACs: p.MACs(0)}); got != want || got.Bytes == 0 || got.MACs == 0 {
			t.Errorf("level %v: measured %v, compiled %v", level, got, want)
		}
		p.Close()
		outputs, updates = steps(300_000)
		if got, err = plan.Measure([]plan.Step{{Outputs: outputs, Updates: updates}}, opt); err != nil || got.Bytes < 4e9 {
			t.Errorf("level %v: a large program measures %v, %v", level, got, err)
		}
	}
	bad := sym.NewGraph().Input("x", sym.Float, 0)
	if _, err := plan.Measure([]plan.Step{{Outputs: []*sym.Expr{bad}}}, plan.Options{}); err == nil {
		t.Error("an expression with an error is measured")
	}
}
