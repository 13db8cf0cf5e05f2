package gradreg

import (
	"errors"
	"fmt"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// What is nil and is expected to be something is an error that sticks to expressions like any other
// of building. Compiling returns it.

var errNilRegularizer = &OptionError{"nil", errors.New("found nil, expected a regularizer")}

func missing(what string) error { return fmt.Errorf("the %s is nil, expected one", what) }

// replaceMissing returns what a problem can be built from, with errors in it, of arguments that may
// be nil.
func replaceMissing(t task.Task, c *nn.Context, x *sym.Expr, forward Forward) (task.Task, *nn.Context, Forward) {
	var errs []error
	if forward == nil {
		errs = append(errs, missing("network"))
	}
	if c == nil {
		errs = append(errs, missing("context"))
		g := sym.NewGraph()
		if x != nil && x.Graph() != nil {
			g = x.Graph()
		}
		c = nn.NewContext(nn.NewParams(g), true, 0)
	}
	if len(errs) > 0 {
		err := errors.Join(errs...)
		forward = func(_ *nn.Context, x *sym.Expr) *sym.Expr { return sym.Refuse(x, err) }
	}
	if t == nil {
		t = missingTask{}
	}
	return t, c, forward
}

// missingContext stands for a context that is nil: its updates are an error.
func missingContext() *nn.Context {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	err := sym.Refuse(g.Const(0), missing("context"))
	c.Updates = []sym.Update{{Target: err, Value: err}}
	return c
}

// missingTask stands for a task that is nil: its losses are an error.
type missingTask struct{ task.Classification }

func (missingTask) String() string { return "nil" }

func (missingTask) Losses(outputs, _ *sym.Expr) *sym.Expr {
	return sym.Refuse(outputs, missing("task"))
}

// missingProblem stands for a problem that is nil: its losses are an error.
func missingProblem() *Problem {
	g := sym.NewGraph()
	err := sym.Refuse(g.Const(0), missing("problem"))
	return &Problem{
		Graph: g, Input: err, Targets: err, Outputs: err, Losses: err, Batch: 1, Task: missingTask{},
		Params: nn.NewParams(g), Forward: func(*sym.Expr) *sym.Expr { return err },
		NextStream: func() uint32 { return 0 },
	}
}

// missingOptimizer stands for an optimizer that is nil: its updates are an error.
type missingOptimizer struct{ optim.SGD }

func (o missingOptimizer) Build(params []*nn.Param, grads []*sym.Expr) *optim.Step {
	s := o.SGD.Build(params, grads)
	for i, u := range s.Updates {
		s.Updates[i].Value = sym.Refuse(u.Value, missing("optimizer"))
	}
	return s
}
