package gradreg_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// objectiveOf returns the objective and the penalties of regularizers on the family's network.
func objectiveOf(regs ...gradreg.Regularizer) (*sym.Expr, []*sym.Expr) {
	s := newStep(network{"refusal", 5, familyNetwork}, []int{3, 2, 8, 8}, regs)
	return s.total, s.penalties
}

// TestRefusedByObjective checks that regularizers made in Go are validated where they are used,
// also those that the objective leaves out, and that compiling says what was wrong with which of
// them, and the line of the caller.
func TestRefusedByObjective(t *testing.T) {
	for _, c := range []struct {
		reg      gradreg.Regularizer
		expected string
	}{
		{gradreg.DataGrad{Weight: -1, Norm: "nonsense", Options: gradreg.Options{At: "moon"}}, "nonsense"},
		{gradreg.DataGrad{Weight: -1}, "λ is -1"},
		{gradreg.DataGrad{Options: gradreg.Options{At: "moon"}}, "moon"},
		{gradreg.SpectReg{Weight: 1, Projections: -3}, "projections is -3"},
		{gradreg.LabelSmoothing{Weight: 2}, "λ is 2"},
		{gradreg.WeightDecay{Weight: math.NaN(), Decoupled: true}, "λ is NaN"},
		{gradreg.Dropout{Weight: 0.5, At: "moon"}, "moon"},
	} {
		total, penalties := objectiveOf(gradreg.ConfidencePenalty{Weight: 1}, c.reg)
		_, err := engine.Reference().Compile(engine.Step{Outputs: []*sym.Expr{total}})
		var wrong *gradreg.OptionError
		if !errors.As(err, &wrong) || wrong.Regularizer != c.reg.String() || !strings.Contains(err.Error(), c.expected) {
			t.Errorf("%v compiles with %v, expected an OptionError with %q", c.reg, err, c.expected)
			continue
		}
		if penalties[0].Err() != nil || !errors.As(penalties[1].Err(), &wrong) {
			t.Errorf("%v: the penalties have errors %v and %v", c.reg, penalties[0].Err(), penalties[1].Err())
		}
		if !strings.Contains(err.Error(), "_test.go:") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: found %q, expected one line with the caller's", c.reg, err)
		}
	}
}

// TestOfOneName checks which regularizers of one name may stand beside each other: those that
// neither share the input of a weight nor what they keep between steps.
func TestOfOneName(t *testing.T) {
	datagrad := func(at string, warmup int) gradreg.Regularizer {
		return gradreg.DataGrad{Weight: 2, Options: gradreg.Options{At: at, Schedule: gradreg.Schedule{Warmup: warmup}}}
	}
	for _, c := range []struct {
		regs     []gradreg.Regularizer
		expected string
	}{
		{[]gradreg.Regularizer{datagrad("", 0), datagrad("noise", 0)}, ""},
		{[]gradreg.Regularizer{datagrad("", 5), datagrad("noise", 0)}, ""},
		{[]gradreg.Regularizer{datagrad("", 5), datagrad("noise", 7)}, "its weight varies"},
		{[]gradreg.Regularizer{datagrad("", 5), gradreg.SpectReg{Weight: 1, Options: gradreg.Options{Schedule: gradreg.Schedule{Ramp: "up"}}}}, ""},
		{[]gradreg.Regularizer{datagrad("", 5), gradreg.DataGrad{Options: gradreg.Options{Schedule: gradreg.Schedule{Ramp: "up"}}}}, ""},
		{[]gradreg.Regularizer{gradreg.SpectralNorm{Weight: 1}, gradreg.SpectralNorm{Weight: 1, Iterations: 2}}, "already keeps state"},
	} {
		total, _ := objectiveOf(c.regs...)
		var wrong *gradreg.OptionError
		if err := total.Err(); (c.expected != "" || err != nil) && (!errors.As(err, &wrong) || c.expected == "" || !strings.Contains(err.Error(), c.expected)) {
			t.Errorf("%v beside each other: %v, expected %q", c.regs, err, c.expected)
		}
	}
	// The input of a weight has its name, by which programs are known.
	s := newStep(network{"name", 5, familyNetwork}, []int{3, 2, 8, 8}, nil)
	if leaf := gradreg.WeightLeaf(s.problem.Params, datagrad("", 5)); leaf.Attr().(sym.InputAttr).Name != "lambda/datagrad" {
		t.Errorf("the weight's input is %v", leaf.Attr())
	}
}

// TestLogitsOfOneAxis checks that a network whose result is no [B, K] is an error of every penalty
// and of the loss, not a panic.
func TestLogitsOfOneAxis(t *testing.T) {
	for _, info := range gradreg.Regularizers() {
		reg, err := gradreg.Parse(info.Example)
		if err != nil {
			t.Fatal(err)
		}
		g := sym.NewGraph()
		c := nn.NewContext(nn.NewParams(g), true, 0)
		x := g.Input("x", sym.Float, 4, 3)
		p := gradreg.NewProblem(task.Classification{}, c, x, sym.OneHot(g.Input("y", sym.Int, 4), 2), func(_ *nn.Context, x *sym.Expr) *sym.Expr { return sym.Sum(x) })
		total, _ := gradreg.Objective(p, []gradreg.Regularizer{reg})
		if total.Err() == nil || !strings.Contains(total.Err().Error(), "expected [samples, outputs]") {
			t.Errorf("%s: %v", info.Name, total.Err())
		}
	}
}
