package train

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// engine is the compiled training step with its state.
type engine struct {
	parts
	config  Config
	asked   string // the data as it was asked for, where config has a path that does not depend on where we are
	digest  string // of the pictures of a folder
	params  *nn.Params
	update  *optim.Step
	program *plan.Program // of a step with every penalty
	options plan.Options
	level   kernel.Level
	x, y    *sym.Expr
	mixed   *mixed // nil without Mixup

	problem   *gradreg.Problem
	context   *nn.Context
	penalties []penalty
	turns     map[string]*plan.Program // by which penalties they leave out
	latest    []float64                // loss and penalties when last taken
}

// newEngine compiles the step for images of the given shape. Loss, penalties, gradients and the optimizer's
// update are one program.
func newEngine(cfg Config, p parts, shape dataset.Shape, classes int, level kernel.Level, threads int) (*engine, error) {
	e := &engine{parts: p, config: cfg, level: level, options: plan.Options{Level: level, Threads: threads}}
	outputs, updates, err := e.build(shape, classes)
	if err != nil {
		return nil, err
	}
	if e.program, err = plan.Compile(outputs, updates, e.options); err != nil {
		return nil, err
	}
	for _, p := range e.params.All() {
		p.Fill(e.program.Float(p.Expr), cfg.Seed)
	}
	return e, nil
}

// build makes the step's expressions: loss and penalties, and the updates of the parameters, of the optimizer's state
// and of running statistics.
func (e *engine) build(shape dataset.Shape, classes int) ([]*sym.Expr, []plan.Update, error) {
	g := sym.NewGraph()
	e.params = nn.NewParams(g)
	e.x = g.Input("x", sym.Float, e.config.Batch, shape.C, shape.H, shape.W)
	e.y = g.Input("y", sym.Int, e.config.Batch)
	e.context = nn.NewContext(e.params, true, 0)
	forward := gradreg.Transform(func(c *nn.Context, x *sym.Expr) *sym.Expr { return e.model.Logits(c, x, classes) }, e.regularizers)
	if e.augment.Mixup > 0 {
		e.mixed = newMixed(g, e.config.Batch)
	}
	e.problem = gradreg.NewProblem(task.Classification{}, e.context, e.x, e.mixed.targets(e.y, classes), forward)
	if err := gradreg.Refused(e.problem.Logits); err != nil {
		return nil, nil, fault.Inputf("model %s: %w", e.model, err)
	} else if err := e.problem.Logits.Err(); err != nil {
		return nil, nil, fault.Inputf("model %s does not take images of %v: %w", e.model, shape, err)
	}
	e.buildPenalties()
	for _, p := range e.penalties {
		if err := gradreg.Refused(p.value); err != nil {
			return nil, nil, fault.Input(err)
		}
	}
	outputs, updates := e.objective(func(int) bool { return true })
	return outputs, updates, nil
}

// close ends the engine's workers.
func (e *engine) close() {
	if e == nil {
		return
	}
	for _, p := range e.turns {
		p.Close()
	}
	e.program.Close()
}

// step takes step s, counted from 1, on the batch in the program's inputs. It returns the loss and the
// penalties, of those that are not taken at this step the last value, and an error if one is not finite.
func (e *engine) step(s int) ([]float64, error) {
	program, err := e.turn(s)
	if err != nil {
		return nil, err
	}
	lr := e.config.LearningRate * e.schedule.At(s, e.config.planned(s))
	for i, v := range e.update.Values(s, lr) {
		e.program.Float(e.update.Scalars[i])[0] = v
	}
	e.setWeights(s, lr)
	if err := program.Run(e.config.Seed, uint64(s)); err != nil {
		return nil, err
	}
	if e.latest == nil {
		e.latest = slices.Repeat([]float64{nan}, 1+len(e.regularizers))
	}
	values, output := e.latest, 0
	for i := range values {
		if i > 0 && !e.active(i-1, s) {
			continue
		}
		values[i] = float64(program.Output(output)[0])
		output++
		if math.IsNaN(values[i]) || math.IsInf(values[i], 0) {
			return values, e.diverged(s, e.label(i), values[i])
		}
	}
	return slices.Clone(values), nil
}

// label names output i.
func (e *engine) label(i int) string {
	if i == 0 {
		return "loss"
	}
	return e.regularizers[i-1].Name()
}

// diverged is the error of a run whose numbers are no longer finite.
func (e *engine) diverged(step int, what string, value float64) error {
	type norm struct {
		name string
		norm float64
	}
	var norms []norm
	for _, p := range e.params.Trainable() {
		sum := 0.0
		for _, v := range e.program.Float(p.Expr) {
			sum += float64(v) * float64(v)
		}
		norms = append(norms, norm{p.Name, math.Sqrt(sum)})
	}
	slices.SortStableFunc(norms, func(a, b norm) int { // NaN first, then the largest
		return cmp.Or(-cmp.Compare(number(math.IsNaN(a.norm)), number(math.IsNaN(b.norm))), -cmp.Compare(a.norm, b.norm))
	})
	var parts []string
	for _, n := range norms[:min(3, len(norms))] {
		parts = append(parts, fmt.Sprintf("%s %.3g", n.name, n.norm))
	}
	return divergence{fmt.Errorf("%s is %v at step %d; largest parameter norms: %s; try a lower learning rate or λ",
		what, value, step, strings.Join(parts, ", "))}
}

// number returns 1 for true.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// divergence is the error of a run whose numbers are no longer finite.
type divergence struct{ error }

// finite reports whether all parameters are.
func (e *engine) finite() bool {
	for _, p := range e.params.All() {
		if !plan.Finite(e.program.Float(p.Expr)) {
			return false
		}
	}
	return true
}
