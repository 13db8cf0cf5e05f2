package gradreg

import (
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
)

// Term is a penalty as a part of the steps of a [Training].
type Term struct {
	Name     string
	Value    *sym.Expr // R
	Lambda   float64
	Schedule Schedule
	// Decoupled is set where the term is no part of the objective, but shrinks the weights beside
	// the optimizer.
	Decoupled bool
	// Updates are those of what the penalty keeps between steps.
	Updates []sym.Update

	weight, decay *sym.Expr // inputs: λ if it varies, and the learning rate times λ if it is decoupled
}

// Training makes the steps in which parameters learn: the loss, penalties, the gradient of the
// objective loss + Σ λ·R, and an optimizer's update, as steps of one program. A step takes the
// penalties whose turn it is ([Schedule.Every]).
//
//	t := gradreg.NewTraining(context, optim.NewAdam())
//	t.Regularize(problem, regularizers) // or Loss and Add, for a loss of one's own
//	program, err := native.Compile(t.Steps(total)...)
//	err = params.Initialize(program, seed)
//	for s := 1; s <= total; s++ { // … fill the inputs
//		err = t.Run(program, seed, s, total, rate)
//	}
type Training struct {
	Params *nn.Params
	Loss   *sym.Expr // a scalar
	Terms  []Term

	optimizer optim.Optimizer
	context   *nn.Context // its updates are running statistics
	kept      map[*sym.Expr]bool
	update    *optim.Step
	steps     map[string]int // by which terms they have
	mask      []byte         // that At looks up
}

// NewTraining returns the training of the context's parameters, to which a loss that was built with
// the context has to be given.
// Of an argument that is nil the steps carry an error.
func NewTraining(c *nn.Context, o optim.Optimizer) *Training {
	if c == nil {
		c = missingContext()
	}
	if o == nil {
		o = missingOptimizer{}
	}
	return &Training{Params: c.Params, optimizer: o, context: c, kept: map[*sym.Expr]bool{}}
}

// Add adds a penalty.
func (t *Training) Add(term Term) {
	switch {
	case !(term.Lambda > 0):
	case term.Decoupled:
		term.decay = scalarLeaf(t.Params, "decay", term.Name)
	case term.Schedule.Varies():
		term.weight = scalarLeaf(t.Params, "lambda", term.Name)
	}
	t.Terms = append(t.Terms, term)
}

// Regularize takes the loss of a problem and adds the penalties R of regularizers: 0 where λ is 0, and
// an expression with an [OptionError] where options do not validate.
func (t *Training) Regularize(p *Problem, regs []Regularizer) {
	if p == nil {
		p = missingProblem()
	}
	for _, r := range regs {
		before := len(p.Updates)
		value := validated(p, r)
		updates := p.Updates[before:]
		t.Add(newTerm(r, refuseShared(value, r, updates, t.kept), updates))
	}
	t.Loss = refuseCollision(p.Loss(), regs)
}

// newTerm returns the term of a regularizer's penalty.
func newTerm(r Regularizer, value *sym.Expr, updates []sym.Update) Term {
	if r == nil {
		return Term{Name: "nil", Value: value}
	}
	d, ok := r.(Decoupler)
	return Term{
		Name: Label(r), Value: value, Lambda: r.Lambda(), Schedule: ScheduleOf(r),
		Decoupled: ok && d.Decouples(), Updates: updates,
	}
}

// weighted returns λ·R.
func (t *Term) weighted() *sym.Expr {
	if t.weight != nil {
		return sym.Mul(t.Value, t.weight)
	}
	return sym.Scale(t.Value, t.Lambda*t.Schedule.multiple())
}

// Refused returns the [OptionError] of a penalty, nil if there is none.
func (t *Training) Refused() error {
	for _, term := range t.Terms {
		if err := Refused(term.Value); err != nil {
			return err
		}
	}
	return Refused(t.Loss)
}

// Objective returns loss + Σ λ·R over the terms of which taken holds, all if it is nil. It carries
// the first error of a penalty that is taken.
func (t *Training) Objective(taken func(term int) bool) *sym.Expr {
	total := t.Loss
	for i := range t.Terms {
		if taken == nil || taken(i) {
			total = addTerm(total, &t.Terms[i])
		}
	}
	return total
}

// addTerm adds λ·R to an objective, if it is a part of it.
func addTerm(total *sym.Expr, term *Term) *sym.Expr {
	if total.Err() != nil {
		return total
	}
	if term.Value.Err() != nil {
		return term.Value
	}
	v, constant := sym.ConstValue(term.Value)
	if term.Decoupled || term.Lambda == 0 || constant && v == 0 {
		return total
	}
	return sym.Add(total, term.weighted())
}

// Step returns a step with the terms of which taken holds, all if it is nil. Its outputs are the
// loss and the values of those terms.
func (t *Training) Step(taken func(term int) bool) engine.Step {
	s := engine.Step{Outputs: []*sym.Expr{t.Loss}}
	kept := t.context.Updates[:len(t.context.Updates):len(t.context.Updates)]
	var decays []*sym.Expr
	for i, term := range t.Terms {
		if taken != nil && !taken(i) {
			continue
		}
		s.Outputs, kept = append(s.Outputs, term.Value), append(kept, term.Updates...)
		if term.decay != nil {
			decays = append(decays, term.decay)
		}
	}
	trainable := t.Params.Trainable()
	t.update = t.optimizer.Build(trainable, sym.Gradient(t.Objective(taken), nn.Exprs(trainable)...))
	decaying := map[*sym.Expr]bool{}
	for _, p := range trainable {
		decaying[p.Expr] = p.Decay
	}
	for _, u := range t.update.Updates {
		if decaying[u.Target] {
			for _, rate := range decays {
				u.Value = sym.Sub(u.Value, sym.Mul(u.Target, rate))
			}
		}
		s.Updates = append(s.Updates, u)
	}
	s.Updates = append(s.Updates, kept...)
	return s
}

// Steps returns the steps that occur in a run of total steps, for one program, which [Training.Run]
// then runs. The first one has all terms.
func (t *Training) Steps(total int) []engine.Step {
	all := []engine.Step{t.Step(nil)}
	t.mask = make([]byte, len(t.Terms))
	t.steps = map[string]int{string(t.turns(1)): 0}
	for s := 2; s <= min(total, t.Period()); s++ {
		if _, known := t.steps[string(t.turns(s))]; !known {
			t.steps[string(t.turns(s))] = len(all)
			all = append(all, t.Step(func(i int) bool { return t.Active(i, s) }))
		}
	}
	return all
}

// Period returns after how many steps the turns of the terms repeat, 2²⁰ if that is more.
func (t *Training) Period() int {
	const most = 1 << 20
	period := 1
	for _, term := range t.Terms {
		every := max(term.Schedule.Every, 1)
		a, b := period, every
		for b != 0 {
			a, b = b, a%b
		}
		if every/a > most/period {
			return most
		}
		period *= every / a
	}
	return period
}

// turns says which terms step s takes.
func (t *Training) turns(s int) []byte {
	for i := range t.mask {
		t.mask[i] = '0'
		if t.Active(i, s) {
			t.mask[i] = '1'
		}
	}
	return t.mask
}

// Active reports whether step s, counted from 1, takes a term.
func (t *Training) Active(term, s int) bool { return t.Terms[term].Schedule.Active(s) }

// Weight returns what a term is multiplied by in step s of total steps, if the step takes it.
func (t *Training) Weight(term, s, total int) float64 {
	return t.Terms[term].Lambda * t.Terms[term].Schedule.Factor(s, total)
}

// At returns which of the steps of [Training.Steps] step s is.
func (t *Training) At(s int) int { return t.steps[string(t.turns(s))] }

// State returns the inputs that have to be kept between steps beside the parameters: those of the
// optimizer, zero at first.
func (t *Training) State() []*sym.Expr { return t.update.State }

// Prepare writes what changes from step to step: the optimizer's scalars for step s, counted from
// 1, and the learning rate, and the weights of terms in a run of total steps.
func (t *Training) Prepare(p engine.Program, s, total int, rate float64) error {
	for i, v := range t.update.Values(s, rate) {
		if err := engine.WriteScalar(p, t.update.Scalars[i], v); err != nil {
			return err
		}
	}
	for i := range t.Terms {
		weight := t.Weight(i, s, total)
		if in := t.Terms[i].weight; in != nil && p.Takes(in) {
			if err := engine.WriteScalar(p, in, float32(weight)); err != nil {
				return err
			}
		}
		if in := t.Terms[i].decay; in != nil && p.Takes(in) {
			if err := engine.WriteScalar(p, in, float32(rate*weight)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Run prepares and runs step s, counted from 1, of total steps in a program of [Training.Steps].
// The seed and s determine the random numbers. Outputs are the loss and the values of the terms
// that the step takes.
func (t *Training) Run(p engine.Program, seed uint64, s, total int, rate float64) error {
	if err := t.Prepare(p, s, total, rate); err != nil {
		return err
	}
	return p.Run(t.At(s), seed, uint64(s))
}
