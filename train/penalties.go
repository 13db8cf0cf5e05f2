package train

import (
	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// penalty is a regularizer's part of a step.
type penalty struct {
	value   *sym.Expr   // R
	updates []nn.Update // of what it keeps between steps
	weight  *sym.Expr   // the input that holds its weight, nil if the weight is a constant of the program
	decay   *sym.Expr   // the input that holds lr·λ if it decays weights beside the optimizer, else nil
}

// buildPenalties builds the penalties on the problem.
func (e *engine) buildPenalties() {
	e.penalties = nil
	for _, r := range e.regularizers {
		before := len(e.problem.Updates)
		p := penalty{value: gradreg.Penalties(e.problem, []gradreg.Regularizer{r})[0]}
		p.updates = e.problem.Updates[before:]
		if r.Lambda() > 0 {
			d, ok := r.(gradreg.Decoupler)
			if ok && d.Decouples() {
				p.decay = e.problem.Graph.Input("decay/"+r.Name(), sym.Float)
			} else {
				p.weight = gradreg.WeightLeaf(e.problem.Graph, r)
			}
		}
		e.penalties = append(e.penalties, p)
	}
}

// objective returns the outputs and updates of a step that takes the penalties of which active holds: the loss and those
// penalties; the parameters, the optimizer's state, running statistics and what the penalties keep.
func (e *engine) objective(active func(i int) bool) ([]*sym.Expr, []plan.Update) {
	outputs := []*sym.Expr{e.problem.Loss()}
	var regs []gradreg.Regularizer
	var values, decays []*sym.Expr
	kept := e.context.Updates
	for i, p := range e.penalties {
		if !active(i) {
			continue
		}
		regs, values, kept = append(regs, e.regularizers[i]), append(values, p.value), append(kept[:len(kept):len(kept)], p.updates...)
		if p.decay != nil {
			decays = append(decays, p.decay)
		}
	}
	total := gradreg.Total(e.problem, regs, values)
	trainable := e.params.Trainable()
	e.update = e.optimizer.Build(trainable, sym.Gradient(total, nn.Exprs(trainable)...))
	decaying := map[*sym.Expr]bool{}
	for _, p := range trainable {
		decaying[p.Expr] = p.Decay
	}
	var updates []plan.Update
	for _, u := range e.update.Updates {
		if decaying[u.Target] {
			for _, rate := range decays {
				u.Value = sym.Sub(u.Value, sym.Mul(u.Target, rate))
			}
		}
		updates = append(updates, plan.Update(u))
	}
	for _, u := range kept {
		updates = append(updates, plan.Update{Target: u.Param.Expr, Value: u.Value})
	}
	return append(outputs, values...), updates
}

// active reports whether penalty i is taken at a step.
func (e *engine) active(i, step int) bool { return gradreg.ScheduleOf(e.regularizers[i]).Active(step) }

// turn returns the program of a step: the one with every penalty, or one that leaves out those whose turn it is not, which
// is compiled when it is needed first and works on the same parameters and inputs.
func (e *engine) turn(step int) (*plan.Program, error) {
	left := make([]byte, len(e.penalties))
	full := true
	for i := range e.penalties {
		left[i] = '1'
		if !e.active(i, step) {
			left[i], full = '0', false
		}
	}
	if full {
		return e.program, nil
	}
	if p := e.turns[string(left)]; p != nil {
		return p, nil
	}
	options := e.options
	options.Share = e.program
	outputs, updates := e.objective(func(i int) bool { return left[i] == '1' })
	p, err := plan.Compile(outputs, updates, options)
	if err != nil {
		return nil, err
	}
	if e.turns == nil {
		e.turns = map[string]*plan.Program{}
	}
	e.turns[string(left)] = p
	return p, nil
}

// weight returns what penalty i is multiplied by at a step that takes it.
func (e *engine) weight(i, step int) float64 {
	r := e.regularizers[i]
	return r.Lambda() * gradreg.ScheduleOf(r).Factor(step, e.config.planned(step))
}

// shown returns λ of penalty i as people see it at a step: in the mean over the steps, so that every=k does not count.
func (e *engine) shown(i, step int) float64 {
	return e.weight(i, step) / float64(max(gradreg.ScheduleOf(e.regularizers[i]).Every, 1))
}

// setWeights gives the weights that depend on the step their values.
func (e *engine) setWeights(step int, lr float64) {
	for i, p := range e.penalties {
		weight := e.weight(i, step)
		if p.weight != nil {
			e.program.Float(p.weight)[0] = float32(weight)
		}
		if p.decay != nil {
			e.program.Float(p.decay)[0] = float32(lr * weight)
		}
	}
}
