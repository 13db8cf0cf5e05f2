package gan

import (
	"fmt"
	"math"
	"slices"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
)

// Pair is a generator and its critic. Package model/generative has some; one of one's own is built
// of layers of package nn.
type Pair interface {
	// Generate builds samples [B, …] from noise z: [B, Z].
	Generate(c *nn.Context, z *sym.Expr) *sym.Expr
	// Score builds the critic's scores [B, 1] of samples.
	Score(c *nn.Context, x *sym.Expr) *sym.Expr
}

// Coupled is a Pair whose critic may couple the samples of a batch, as batch norm does.
type Coupled interface{ Couples() bool }

// Options are what the training of a pair is made of. A field that is 0 has its default.
type Options struct {
	Pair  Pair
	Shape []int // of a sample: [C, H, W] or [N]
	Noise int   // Z, numbers of the noise
	Batch int   // samples of a step
	// Objective is [DefaultObjective] if it has no name.
	Objective    Objective
	Regularizers []gradreg.Regularizer // of the critic
	// Augment builds T(x), which the critic sees in the place of real and generated samples alike;
	// nil for none. Penalties are taken with respect to x.
	Augment func(c *nn.Context, x *sym.Expr) *sym.Expr
	// Critic and Generator are the optimizers; Adam with β₁ = 0 and β₂ = 0.99 if nil.
	Critic, Generator optim.Optimizer
	// CriticOnly leaves the generator out: whoever takes the critic's steps fills Fake, too.
	CriticOnly bool
	// Steps is the number of steps of the generator that schedules of λ are planned for, and
	// CriticSteps how many of the critic stand before each of them, 1 if 0.
	Steps, CriticSteps int
}

// The scopes of parameters: the two networks, and the generator whose parameters are averages over
// the steps.
const (
	CriticScope    = "critic"
	GeneratorScope = "generator"
	AverageScope   = "average"
)

// Training makes the steps in which a generator and its critic learn, for one program:
//
//	Critic      its loss and penalties on the inputs Real and Fake; no parameter of the generator
//	            is in it
//	Generator   its loss on samples of fresh noise, then the average of its parameters
//	generate    new samples in Fake
//	watch       what tells how the training goes, see [Watch]
//
// A step of the training is [Training.Imagine] and the critic's step, CriticSteps times with new
// real samples, and the generator's step. [Run] does so with data, a folder and a resume.
type Training struct {
	Critic, Generator *gradreg.Training
	Real, Fake        *sym.Expr // inputs [B, …]
	// Params holds the parameters of both networks and of the averaged generator.
	Params *nn.Params

	options              Options
	average              *sym.Expr // input: the share of the new parameters in their average
	criticSteps          []engine.Step
	generatorSteps       []engine.Step
	generate, watch      engine.Step
	criticContext, noise *nn.Context
}

// DefaultOptimizer is Adam with β₁ = 0 and β₂ = 0.99 (Huang et al. 2024, table 4).
func DefaultOptimizer() optim.Optimizer {
	a := optim.NewAdam()
	a.Beta1, a.Beta2 = 0, 0.99
	return a
}

// NewTraining builds the steps in a graph of its own. What cannot be trained is the input's fault: a
// network that does not fit, options of a regularizer, a penalty on a critic that couples the
// samples of a batch.
func NewTraining(o Options) (*Training, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	g := sym.NewGraph()
	t := &Training{options: o, Params: nn.NewParams(g)}
	shape := append([]int{o.Batch}, o.Shape...)
	t.Real, t.Fake = g.Input("real", sym.Float, shape...), g.Input("fake", sym.Float, shape...)
	t.criticContext = nn.NewContext(t.Params.Scope(CriticScope), true, 0)
	t.noise = nn.NewContext(t.Params.Scope(GeneratorScope), true, 0)
	forward := gradreg.Transform(t.see(o.Pair.Score), o.Regularizers)

	t.buildWatch(forward)
	if err := t.buildCritic(forward); err != nil {
		return nil, err
	}
	if o.CriticOnly {
		return t, nil
	}
	return t, t.buildGenerator(forward)
}

// filled returns the options with their defaults, or what is wrong with them.
func (o Options) filled() (Options, error) {
	if o.Pair == nil {
		return o, fault.Inputf("the pair of networks is nil, expected one")
	}
	for _, n := range []struct {
		name  string
		value int
	}{{"batch", o.Batch}, {"noise", o.Noise}, {"steps", o.Steps}} {
		if n.value < 1 && !(o.CriticOnly && n.name == "noise") {
			return o, fault.Inputf("%s is %d, expected at least 1", n.name, n.value)
		}
	}
	o.CriticSteps = max(o.CriticSteps, 1)
	if o.Objective.Name == "" {
		o.Objective = Objectives()[0]
	}
	if o.Critic == nil {
		o.Critic = DefaultOptimizer()
	}
	if o.Generator == nil {
		o.Generator = DefaultOptimizer()
	}
	if c, ok := o.Pair.(Coupled); ok && c.Couples() {
		return o, o.uncoupled()
	}
	return o, nil
}

// uncoupled refuses what is about the slope of single samples, for a critic that couples samples.
func (o Options) uncoupled() error {
	for _, r := range o.Regularizers {
		if r != nil && r.Lambda() != 0 && OfSlope(r) {
			return fault.Inputf("regularizer %q: the critic has batch norm, which makes the score of "+
				"a sample depend on the others of its batch, so that there is no slope of a sample; "+
				"expected a critic without it, or with group norm", r)
		}
	}
	return nil
}

// OfSlope reports whether a regularizer is about the slope of single samples.
func OfSlope(r gradreg.Regularizer) bool {
	_, penalty := r.(interface{ Places() []string })
	_, shrinks := r.(gradreg.GradientShrinking)
	return penalty || shrinks
}

// see returns the critic of augmented samples.
func (t *Training) see(score gradreg.Forward) gradreg.Forward {
	if t.options.Augment == nil {
		return score
	}
	return func(c *nn.Context, x *sym.Expr) *sym.Expr { return score(c, t.options.Augment(c, x)) }
}

// buildCritic builds the critic's steps.
func (t *Training) buildCritic(forward gradreg.Forward) error {
	o := t.options
	p := newPlaces(o.Objective, t.criticContext, t.Real, t.Fake, forward)
	if err := gradreg.Refused(p.real.Outputs); err != nil {
		return fault.Input(err)
	}
	if err := p.real.Outputs.Err(); err != nil {
		return fault.Inputf("the critic does not take samples of %v: %w", o.Shape, err)
	}
	if slices.ContainsFunc(t.criticContext.Layers, func(l nn.Layer) bool { return l.Kind == "batch norm" }) {
		if err := o.uncoupled(); err != nil { // of a pair that does not say so itself
			return err
		}
	}
	shrunk, err := p.shrunk(o.Regularizers)
	if err != nil {
		return fault.Input(err)
	}
	whole := *p.real // the losses of both sides, penalties where they say
	whole.Losses = shrunk.critic()
	t.Critic = gradreg.NewTraining(t.criticContext, o.Critic)
	t.Critic.Regularize(&whole, o.Regularizers)
	if err := t.Critic.Refused(); err != nil {
		return fault.Input(err)
	}
	if err := t.Critic.Objective(nil).Err(); err != nil {
		return fault.Inputf("critic: %w", err)
	}
	t.criticSteps = t.Critic.Steps(o.Steps * o.CriticSteps)
	return nil
}

// buildGenerator builds the generator's step, the average, and the step that fills Fake.
func (t *Training) buildGenerator(forward gradreg.Forward) error {
	o, g := t.options, t.Params.Graph()
	draw := func(c *nn.Context) *sym.Expr {
		return o.Pair.Generate(c, g.Normal(t.noise.NextStream(), o.Batch, o.Noise))
	}
	samples := draw(t.noise)
	switch err := samples.Err(); {
	case err != nil:
		return fault.Inputf("the generator does not take noise of %d numbers: %w", o.Noise, err)
	case !samples.Shape().Equal(t.Real.Shape()):
		return fault.Inputf("the generator makes samples of %v, expected %v", samples.Shape(), t.Real.Shape())
	}
	p := newPlaces(o.Objective, t.criticContext.Again(), t.Real, samples, forward)
	shrunk, err := p.shrunk(o.Regularizers)
	if err != nil {
		return fault.Input(err)
	}
	t.Generator = gradreg.NewTraining(t.noise, o.Generator)
	t.Generator.Loss = sym.Mean(flat(o.Objective.generator(shrunk.fake, shrunk.real)))
	if err := t.Generator.Loss.Err(); err != nil {
		return fault.Inputf("generator: %w", err)
	}
	t.generatorSteps = t.Generator.Steps(o.Steps)
	t.average = g.Input("average/share", sym.Float)
	for i := range t.generatorSteps {
		t.generatorSteps[i].Updates = append(t.generatorSteps[i].Updates, t.averaged(t.generatorSteps[i])...)
	}
	t.generate = engine.Step{Updates: []sym.Update{{Target: t.Fake, Value: draw(t.noise.Again())}}}
	return nil
}

// averaged returns the updates of the averages, ā ← ā + share·(a − ā) with a as the step leaves it.
func (t *Training) averaged(s engine.Step) []sym.Update {
	next := map[*sym.Expr]*sym.Expr{}
	for _, u := range s.Updates {
		next[u.Target] = u.Value
	}
	var updates []sym.Update
	scope := t.Params.Scope(AverageScope)
	for _, p := range t.Generator.Params.All() {
		kept := scope.Get(nn.Param{
			Name: p.Name[len(t.Generator.Params.Prefix()):], Init: p.Init, Auxiliary: p.Auxiliary,
		}, p.Expr.Shape()...).Expr
		now := p.Expr
		if next[now] != nil {
			now = next[now]
		}
		share := sym.BroadcastTo(t.average, kept.Shape()...)
		updates = append(updates, sym.Update{
			Target: kept, Value: sym.Add(kept, sym.Mul(share, sym.Sub(now, kept))),
		})
	}
	return updates
}

// Steps returns the steps of a program that [Training.Step] and the others of t run.
func (t *Training) Steps() []engine.Step {
	var all []engine.Step
	all = append(all, t.criticSteps...)
	all = append(all, t.generatorSteps...)
	return append(all, t.watch, t.generate)
}

// The places of steps in [Training.Steps].
func (t *Training) firstGenerator() int { return len(t.criticSteps) }
func (t *Training) watchStep() int      { return len(t.criticSteps) + len(t.generatorSteps) }
func (t *Training) imagineStep() int    { return t.watchStep() + 1 }

// Initialize gives both networks their initial values and the averages those of the generator.
func (t *Training) Initialize(p engine.Program, seed uint64) error {
	if err := t.Params.Initialize(p, seed); err != nil || t.Generator == nil {
		return err
	}
	scope := t.Params.Scope(AverageScope)
	for _, from := range t.Generator.Params.All() {
		values := make([]float32, from.Expr.Shape().Size())
		if err := p.Read(from.Expr, values); err != nil {
			return err
		}
		to := scope.Get(nn.Param{Name: from.Name[len(t.Generator.Params.Prefix()):]}, from.Expr.Shape()...)
		if err := p.Write(to.Expr, values); err != nil {
			return err
		}
	}
	return nil
}

// Imagine fills Fake with samples of the generator for a turn of the critic, counted from 1.
func (t *Training) Imagine(p engine.Program, seed uint64, turn int) error {
	return p.Run(t.imagineStep(), seed, uint64(turn))
}

// CriticStep takes a turn of the critic, counted from 1, on what Real and Fake hold. Output 0 is its
// loss, the others are the penalties.
func (t *Training) CriticStep(p engine.Program, seed uint64, turn int, rate float64) error {
	return t.Critic.Run(p, seed, turn, t.options.Steps*t.options.CriticSteps, rate)
}

// GeneratorStep takes step s of the generator, counted from 1. Output 0 is its loss. The parameters
// count for share in their average, see [AverageShare].
func (t *Training) GeneratorStep(p engine.Program, seed uint64, s int, rate, share float64) error {
	if err := engine.WriteScalar(p, t.average, float32(share)); err != nil {
		return err
	}
	if err := t.Generator.Prepare(p, s, t.options.Steps, rate); err != nil {
		return err
	}
	return p.Run(t.firstGenerator()+t.Generator.At(s), seed, uint64(s))
}

// AverageShare returns the share of new parameters in an average with a half-life of so many
// samples, at step s, counted from 1, of batches of a size. The half-life is at most ramp of the
// samples seen so far, so that the average forgets the beginning (Karras et al. 2020, with ramp =
// 0.05).
func AverageShare(halfLife, ramp float64, s, batch int) float64 {
	if ramp > 0 {
		halfLife = math.Min(halfLife, ramp*float64(s*batch))
	}
	if halfLife <= 0 {
		return 1
	}
	return 1 - math.Pow(0.5, float64(batch)/halfLife)
}

// shrunkScores are the scores that the objective sees.
type shrunkScores struct {
	*places
	real, fake *sym.Expr
}

// shrunk divides the scores as a [gradreg.GradientShrinking] over the batch says, if there is one.
func (p *places) shrunk(regs []gradreg.Regularizer) (shrunkScores, error) {
	s := shrunkScores{places: p, real: p.real.Outputs, fake: p.fake.Outputs}
	for _, r := range regs {
		shrinking, ok := r.(gradreg.GradientShrinking)
		if !ok || shrinking.Lambda() == 0 {
			continue
		}
		if err := shrinking.Validate(); err != nil {
			return s, fmt.Errorf("regularizer %q: %w", r, err)
		}
		divisor, err := shrinking.Divisor(p.real)
		if err != nil || divisor == nil {
			return s, err
		}
		by := sym.BroadcastTo(divisor, s.real.Shape()...)
		s.real, s.fake = sym.Div(s.real, by), sym.Div(s.fake, by)
	}
	return s, nil
}

// critic returns the critic's loss of each pair: [B].
func (s shrunkScores) critic() *sym.Expr {
	losses := flat(s.objective.real(s.real, s.fake))
	if s.objective.Relative {
		return losses
	}
	return sym.Add(losses, flat(s.objective.fake(s.fake, s.real)))
}
