package gan

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/golden"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
)

// compiled is a training whose steps a program has.
type compiled struct {
	*Training
	engine.Program
	t *testing.T
}

// compile compiles a training, gives its parameters their initial values and fills Real.
func compile(t *testing.T, o Options) *compiled {
	t.Helper()
	on, err := engine.Native(engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	training := newTraining(t, o)
	program, err := on.Compile(training.Steps()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(program.Close)
	c := &compiled{training, program, t}
	if err := training.Initialize(program, 3); err != nil {
		t.Fatal(err)
	}
	c.giveReal("real")
	return c
}

// giveReal fills Real with numbers of a name.
func (c *compiled) giveReal(name string) {
	c.t.Helper()
	values := golden.Numbers(name, c.Real.Shape().Size())
	if err := c.Write(c.Real, floats(values)); err != nil {
		c.t.Fatal(err)
	}
}

func floats(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}

func (c *compiled) read(e *sym.Expr) []float32 {
	c.t.Helper()
	out := make([]float32, e.Shape().Size())
	if err := c.Program.Read(e, out); err != nil {
		c.t.Fatal(err)
	}
	return out
}

// bits are the parameters of a scope.
func (c *compiled) bits(scope string) map[string][]float32 {
	out := map[string][]float32{}
	for _, p := range c.Params.Scope(scope).All() {
		out[p.Name[len(scope)+1:]] = c.read(p.Expr)
	}
	return out
}

// must fails the test at an error.
func (c *compiled) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// turn takes turn s: a step of the critic, and one of the generator.
func (c *compiled) turn(s int, rate float64) {
	c.t.Helper()
	c.must(c.Imagine(c.Program, 3, s))
	c.must(c.CriticStep(c.Program, 3, s, rate))
	c.must(c.GeneratorStep(c.Program, 3, s, rate, 0.25))
}

func equal(a, b map[string][]float32) bool {
	for name, v := range a {
		if !slices.Equal(v, b[name]) {
			return false
		}
	}
	return len(a) == len(b) && len(a) > 0
}

// TestStepsKeepApart checks that a step of the critic leaves the generator, its average and the
// generated samples as they are, bit for bit, a step of the generator the critic, and that no
// parameter of the generator is in the critic's step, so that no penalty can move it.
func TestStepsKeepApart(t *testing.T) {
	for _, objective := range ObjectiveNames() {
		c := compile(t, goldenOptions(t, objective, "r1+r2:1", "wgan-gp:1"))
		c.must(c.Imagine(c.Program, 3, 1))
		for s := 1; s <= 3; s++ {
			critic, generator, average, fake := c.bits(CriticScope), c.bits(GeneratorScope), c.bits(AverageScope), c.read(c.Fake)
			c.must(c.CriticStep(c.Program, 3, s, 0.01))
			if !equal(generator, c.bits(GeneratorScope)) || !equal(average, c.bits(AverageScope)) || !slices.Equal(fake, c.read(c.Fake)) {
				t.Errorf("%s: the critic's step moves the generator", objective)
			}
			if equal(critic, c.bits(CriticScope)) {
				t.Errorf("%s: the critic's step does not move the critic", objective)
			}
			critic = c.bits(CriticScope)
			c.must(c.GeneratorStep(c.Program, 3, s, 0.01, 0.5))
			if !equal(critic, c.bits(CriticScope)) || !slices.Equal(fake, c.read(c.Fake)) {
				t.Errorf("%s: the generator's step moves the critic or what it was shown", objective)
			}
			if equal(generator, c.bits(GeneratorScope)) || equal(average, c.bits(AverageScope)) {
				t.Errorf("%s: the generator's step does not move the generator", objective)
			}
			critic, generator = c.bits(CriticScope), c.bits(GeneratorScope)
			if _, err := c.Training.Watch(c.Program, 3, s); err != nil {
				t.Fatal(err)
			}
			c.must(c.Imagine(c.Program, 3, s+1))
			if !equal(critic, c.bits(CriticScope)) || !equal(generator, c.bits(GeneratorScope)) {
				t.Errorf("%s: watching or imagining moves a network", objective)
			}
			if slices.Equal(fake, c.read(c.Fake)) {
				t.Errorf("%s: the next turn has the same generated samples", objective)
			}
		}
		for _, step := range c.criticSteps {
			for _, u := range step.Updates {
				for _, e := range sym.Topological(u.Value) {
					if name := nameOf(e); strings.HasPrefix(name, "param/generator") || strings.HasPrefix(name, "param/average") {
						t.Fatalf("%s: the critic's step has %s", objective, name)
					}
				}
			}
		}
	}
}

// TestGeneratorRaisesScores checks the sign of the generator's loss: with the critic fixed, a small
// step raises the mean score of the samples of the same noise.
func TestGeneratorRaisesScores(t *testing.T) {
	for _, objective := range ObjectiveNames() {
		o := goldenOptions(t, objective)
		o.Generator = optim.SGD{}
		c := compile(t, o)
		var noise *sym.Expr
		for _, e := range sym.Topological(c.Generator.Loss) {
			if e.Op() == sym.OpNormal {
				noise = e
			}
		}
		samples := o.Pair.Generate(nn.NewContext(c.Params.Scope(GeneratorScope), true, 0), noise)
		score := sym.Mean(o.Pair.Score(nn.NewContext(c.Params.Scope(CriticScope), true, 0), samples))
		values := env{}
		values.give(noise, "noise", 1, 0)
		// The noise that step 1 draws.
		drawn, err := sym.Eval(sym.Env{Key: 3, Step: 1}, noise)
		if err != nil {
			t.Fatal(err)
		}
		values[noise] = drawn[0]
		mean := func() float64 {
			for _, p := range c.Params.All() {
				v := &sym.Tensor{Shape: p.Expr.Shape()}
				for _, x := range c.read(p.Expr) {
					v.Data = append(v.Data, float64(x))
				}
				values[p.Expr] = v
			}
			return values.scalar(t, score)
		}
		before := mean()
		c.must(c.GeneratorStep(c.Program, 3, 1, 0.01, 1))
		if after := mean(); !(after > before) {
			t.Errorf("%s: the mean score of generated samples goes from %v to %v", objective, before, after)
		}
	}
}

// TestCriticStepDescends checks that a step of the critic lowers its loss with the penalty on the same
// samples.
func TestCriticStepDescends(t *testing.T) {
	for _, objective := range ObjectiveNames() {
		o := goldenOptions(t, objective, "r1+r2:0.1")
		o.Critic = optim.SGD{}
		c := compile(t, o)
		c.must(c.Imagine(c.Program, 3, 1))
		value := func(rate float64) float64 {
			c.must(c.CriticStep(c.Program, 3, 1, rate))
			loss, err := engine.Scalar(c.Program, 0)
			c.must(err)
			penalty, err := engine.Scalar(c.Program, 1)
			c.must(err)
			return float64(loss) + 0.1*float64(penalty)
		}
		if before, after := value(0.01), value(0); !(after < before) {
			t.Errorf("%s: the critic's objective goes from %v to %v", objective, before, after)
		}
	}
}

// TestZeroWeight checks that λ = 0 is no penalty bit for bit, and that another λ makes a difference
// after one step.
func TestZeroWeight(t *testing.T) {
	after := func(texts ...string) map[string][]float32 {
		c := compile(t, goldenOptions(t, "original", texts...))
		for s := 1; s <= 2; s++ {
			c.turn(s, 0.01)
		}
		return c.bits(CriticScope)
	}
	plain := after()
	for _, s := range gradreg.Shorthands() {
		if !equal(after(s.Name+":0"), plain) {
			t.Errorf("%s:0 is not the plain critic", s.Name)
		}
		text := s.Name + ":0.1"
		if s.Name == "wgan-lp" {
			text += ",target=0.01"
		}
		if equal(after(text), plain) {
			t.Errorf("%s has no effect", text)
		}
	}
	for _, over := range []string{"mean", "max", "sample"} {
		text := "gradient-shrinking:%,over=" + over
		if !equal(after(strings.Replace(text, "%", "0", 1)), plain) || equal(after(strings.Replace(text, "%", "1", 1)), plain) {
			t.Errorf("gradient shrinking over %s: 0 is not the plain critic, or 1 is", over)
		}
	}
}

// TestEvery checks that a penalty at every k-th step has, over k steps, the mean gradient of one at
// every step.
func TestEvery(t *testing.T) {
	const k = 4
	training := newTraining(t, goldenOptions(t, "original", "r1+r2:0.7,every=4"))
	always := newTraining(t, goldenOptions(t, "original", "r1+r2:0.7"))
	gradient := func(tr *Training, s int) []float64 {
		objective := tr.Critic.Objective(func(i int) bool { return tr.Critic.Active(i, s) })
		roots := sym.Gradient(objective, nn.Exprs(tr.Critic.Params.Trainable())...)
		var all []float64
		for _, g := range newEnv(roots...).eval(t, roots...) {
			all = append(all, g.Data...)
		}
		return all
	}
	want, got := gradient(always, 1), make([]float64, len(gradient(always, 1)))
	plain := 0
	for s := 1; s <= k; s++ {
		g := gradient(training, s)
		if !slices.Equal(g, want) && !training.Critic.Active(0, s) {
			plain++
		}
		for i, v := range g {
			got[i] += v / k
		}
	}
	if plain != k-1 {
		t.Errorf("%d of %d steps are without the penalty", plain, k)
	}
	for i, v := range got {
		if !(math.Abs(v-want[i]) <= 1e-12*(1+math.Abs(want[i]))) {
			t.Fatalf("number %d of the mean gradient is %v, at every step %v", i, v, want[i])
		}
	}
}

// TestAverage checks that the averaged generator starts at the generator's values, follows them by the
// share of a step, and keeps statistics of batch norm, too.
func TestAverage(t *testing.T) {
	o := goldenOptions(t, "original")
	o.Pair = normedGenerator{smallPair{2}}
	c := compile(t, o)
	if !equal(c.bits(AverageScope), c.bits(GeneratorScope)) {
		t.Error("the average does not start at the generator's values")
	}
	for s, share := range []float64{0.5, 0.125, 0, 1} {
		before := c.bits(AverageScope)
		c.must(c.GeneratorStep(c.Program, 3, s+1, 0.02, share))
		now, after, auxiliary := c.bits(GeneratorScope), c.bits(AverageScope), false
		for name, v := range after {
			auxiliary = auxiliary || strings.Contains(name, "norm")
			for i := range v {
				want := float64(before[name][i]) + share*(float64(now[name][i])-float64(before[name][i]))
				if !(math.Abs(float64(v[i])-want) <= 1e-6*(1e-2+math.Abs(want))) {
					t.Fatalf("step %d: the average of %s[%d] is %v, expected %v", s+1, name, i, v[i], want)
				}
			}
		}
		if !auxiliary {
			t.Fatal("the generator has no batch norm: this tests too little")
		}
	}
	for _, a := range []struct {
		halfLife, ramp float64
		step, batch    int
		want           float64
	}{
		{0, 0, 5, 64, 1}, {0, 0.05, 5, 64, 1},
		{64, 0, 1, 64, 0.5}, {640, 0, 1, 64, 1 - math.Pow(0.5, 0.1)}, // no ramp: the half-life at once
		{32000, 0.05, 1, 64, 1 - math.Pow(0.5, 64/3.2)}, // 5 % of the images so far
		{32000, 0.05, 1 << 20, 64, 1 - math.Pow(0.5, 64./32000)},
	} {
		if got := AverageShare(a.halfLife, a.ramp, a.step, a.batch); math.Abs(got-a.want) > 1e-12 {
			t.Errorf("%+v: the share is %v", a, got)
		}
	}
	// After a half-life of images, half of the average is new.
	old := 1.0
	for range 500 {
		old *= 1 - AverageShare(500*64, 0, 1, 64)
	}
	if math.Abs(old-0.5) > 1e-9 {
		t.Errorf("after a half-life %v of the average is old", old)
	}
}

// normedGenerator has batch norm in its generator.
type normedGenerator struct{ smallPair }

func (p normedGenerator) Generate(c *nn.Context, z *sym.Expr) *sym.Expr {
	return p.smallPair.Generate(c, nn.BatchNorm{}.Apply(c, nn.Dense{Out: 5}.Apply(c, z)))
}

// TestRandomStreams checks that no two random numbers of a training are the same by having one stream:
// the noise of both steps, shares of points between, and augmentation of either side.
func TestRandomStreams(t *testing.T) {
	o := goldenOptions(t, "relativistic", "wgan-gp:1", "dragan:1", "spectreg:1,at=real+fake", "input-noise:0.1")
	o.Augment = generative.Augment{Brightness: true, Contrast: true, Shift: true, Cutout: true}.Apply
	training := newTraining(t, o)
	streams, drawn := map[uint32]*sym.Expr{}, 0
	for _, step := range training.Steps() {
		roots := slices.Clone(step.Outputs)
		for _, u := range step.Updates {
			roots = append(roots, u.Value)
		}
		for _, e := range sym.Topological(roots...) {
			a, ok := e.Attr().(sym.RandomAttr)
			if !ok {
				continue
			}
			drawn++
			if other := streams[a.Stream]; other != nil && other != e {
				t.Errorf("two draws of shapes %v and %v have stream %d", e.Shape(), other.Shape(), a.Stream)
			}
			streams[a.Stream] = e
			if a.Stream >= noiseStream {
				t.Errorf("stream %d is one of the data", a.Stream)
			}
		}
	}
	if drawn < 20 {
		t.Errorf("%d draws", drawn)
	}
}

// TestWatch checks what is watched against the scores and slopes by definition.
func TestWatch(t *testing.T) {
	c := compile(t, goldenOptions(t, "original", "r1:1"))
	c.must(c.Imagine(c.Program, 3, 1))
	w, err := c.Training.Watch(c.Program, 3, 1)
	c.must(err)
	critic := newCritic(t, "original", 4, 2, 6, 6)
	values := env{}
	give := func(to *sym.Expr, from []float32) {
		v := &sym.Tensor{Shape: to.Shape()}
		for _, x := range from {
			v.Data = append(v.Data, float64(x))
		}
		values[to] = v
	}
	give(critic.real.Input, c.read(c.Real))
	give(critic.fake.Input, c.read(c.Fake))
	bits := c.bits(CriticScope)
	for _, p := range critic.params {
		give(p, bits[strings.TrimPrefix(nameOf(p), "param/critic/")])
	}
	out := values.eval(t, critic.real.Outputs, critic.fake.Outputs, squares(critic.real), squares(critic.fake))
	var gap, right, real, slopeReal, slopeFake float64
	for b := range 4 {
		r, f := out[0].Data[b], out[1].Data[b]
		gap, real = gap+(r-f)/4, real+r/4
		if r > f {
			right += 0.25
		}
		slopeReal, slopeFake = slopeReal+math.Sqrt(out[2].Data[b])/4, slopeFake+math.Sqrt(out[3].Data[b])/4
	}
	for name, v := range map[string][2]float64{
		"gap": {w.Gap, gap}, "right": {w.Right, right}, "real score": {w.RealScore, real},
		"slope at real": {w.SlopeReal, slopeReal}, "slope at fake": {w.SlopeFake, slopeFake},
	} {
		if !(math.Abs(v[0]-v[1]) <= 1e-5*(1+math.Abs(v[1]))) {
			t.Errorf("%s is %v, expected %v", name, v[0], v[1])
		}
	}
	// Between, the critic is asked at r + α·(f − r) with the share that the step draws.
	var share *sym.Expr
	for _, e := range sym.Topological(c.watch.Outputs...) {
		if e.Op() == sym.OpUniform {
			share = e
		}
	}
	drawn, err := sym.Eval(sym.Env{Key: 3, Step: 1}, share)
	c.must(err)
	between := slices.Clone(c.read(c.Real))
	for i, f := range c.read(c.Fake) {
		between[i] += float32(drawn[0].Data[i/(len(between)/4)]) * (f - between[i])
	}
	give(critic.real.Input, between)
	slopeBetween := 0.0
	for _, v := range values.eval(t, squares(critic.real))[0].Data {
		slopeBetween += math.Sqrt(v) / 4
	}
	if !(math.Abs(w.SlopeBetween-slopeBetween) <= 1e-5*slopeBetween) || w.SlopeBetween == w.SlopeReal {
		t.Errorf("the slope between is %v, expected %v", w.SlopeBetween, slopeBetween)
	}
}

// TestOptions checks what a training refuses.
func TestOptions(t *testing.T) {
	for want, change := range map[string]func(o *Options){
		"the pair of networks is nil": func(o *Options) { o.Pair = nil },
		"batch is 0":                  func(o *Options) { o.Batch = 0 },
		"noise is -1":                 func(o *Options) { o.Noise = -1 },
		"steps is 0":                  func(o *Options) { o.Steps = 0 },
		"makes samples of [4, 2, 6, 6], expected [4, 3, 6, 6]": func(o *Options) { o.Shape = []int{3, 6, 6} },
		"does not take samples of [2]":                         func(o *Options) { o.Shape = []int{2} },
		"expected [samples, 1]":                                func(o *Options) { o.Pair = twoScores{smallPair{2}} },
	} {
		o := goldenOptions(t, "original")
		change(&o)
		if _, err := NewTraining(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected %q", err, want)
		}
	}
}

// twoScores has a critic of two outputs.
type twoScores struct{ smallPair }

func (p twoScores) Score(c *nn.Context, x *sym.Expr) *sym.Expr {
	return nn.Dense{Out: 2}.Apply(c, p.smallPair.Score(c, x))
}
