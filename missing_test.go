package gradreg_test

import (
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// TestMissing takes arguments that are nil: what they lack is an error of compiling.
func TestMissing(t *testing.T) {
	linear := func(c *nn.Context, x *sym.Expr) *sym.Expr { return nn.Dense{Out: 2}.Apply(c, nn.Flatten(x)) }
	regs, err := gradreg.ParseAll([]string{"datagrad:1", "weight-decay:0.1"})
	if err != nil {
		t.Fatal(err)
	}
	type parts struct {
		task    task.Task
		context *nn.Context
		forward gradreg.Forward
		regs    []gradreg.Regularizer
		optim   optim.Optimizer
		problem func(*gradreg.Problem) *gradreg.Problem
	}
	for name, remove := range map[string]func(*parts){
		"":                                  func(*parts) {},
		"the task is nil":                   func(p *parts) { p.task = nil },
		"the context is nil":                func(p *parts) { p.context = nil },
		"the network is nil":                func(p *parts) { p.forward = nil },
		"found nil, expected a regularizer": func(p *parts) { p.regs = append(p.regs[:1:1], nil) },
		"the optimizer is nil":              func(p *parts) { p.optim = nil },
		"the problem is nil": func(p *parts) {
			p.problem = func(*gradreg.Problem) *gradreg.Problem { return nil }
		},
	} {
		c := nn.NewContext(nn.NewParams(sym.NewGraph()), true, 0)
		p := parts{task.Classification{}, c, linear, regs, optim.NewAdam(), func(p *gradreg.Problem) *gradreg.Problem { return p }}
		x, y := c.Graph().Input("x", sym.Float, 4, 2), c.Graph().Input("y", sym.Int, 4)
		remove(&p)
		problem := p.problem(gradreg.NewProblem(p.task, p.context, x, sym.OneHot(y, 2), p.forward))
		objective, penalties := gradreg.Objective(problem, p.regs)
		if len(penalties) != 2 {
			t.Errorf("%s: %d penalties", name, len(penalties))
		}
		check := func(of string, err error) {
			t.Helper()
			if name == "" && err != nil || name != "" && (err == nil || !strings.Contains(err.Error(), name)) {
				t.Errorf("%s: %v, expected %q", of, err, name)
			}
		}
		if p.optim != nil {
			check("objective", objective.Err())
		}
		training := gradreg.NewTraining(p.context, p.optim)
		training.Regularize(problem, p.regs)
		_, err := engine.Reference().Compile(training.Steps(3)...)
		check("training", err)
		if p.task == nil || p.context == nil || problem == nil {
			continue
		}
		_, err = gradreg.NewClassifierTraining(gradreg.ClassifierOptions{
			Model: "linear", Forward: p.forward, Shape: [3]int{1, 8, 8}, Classes: 2, Batch: 4,
			Regularizers: p.regs, Optimizer: p.optim,
		})
		check("classifier", err)
	}
}
