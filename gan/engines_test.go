package gan

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/optim"
)

// TestEnginesAgree checks that the compiled steps of both networks, in float32, come to what the
// reference evaluator does in float64: every objective and every penalty, with augmentation, after a
// turn of each network, in every parameter.
func TestEnginesAgree(t *testing.T) {
	type entry struct {
		objective string
		texts     []string
		augment   bool
	}
	var cases []entry
	for _, o := range ObjectiveNames() {
		cases = append(cases, entry{o, nil, false}, entry{o, []string{"roth:1"}, true}, entry{o, []string{"r1+r2:1"}, true})
		for _, over := range []string{"mean", "max", "sample"} {
			cases = append(cases, entry{o, []string{"gradient-shrinking:1,over=" + over}, false})
		}
	}
	for _, s := range gradreg.Shorthands() {
		cases = append(cases, entry{"original", []string{s.Name + ":1"}, true}, entry{"wasserstein", []string{s.Name + ":1"}, false})
	}
	cases = append(cases,
		entry{"relativistic", []string{"r1:0.5", "r2:0.3", "wgan-gp:0.7", "dragan:0.2", "spectreg:0.1,at=fake", "weight-decay:0.1"}, true},
		entry{"hinge", []string{"frobreg:1,at=between,slope=linear", "datagrad:1,at=real,norm=l1", "r1:1,fraction=0.5"}, true},
		entry{"original", []string{"wgan-lp:1,target=0.1", "input-noise:0.1"}, true},
	)
	native, err := engine.Native(engine.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		o := goldenOptions(t, c.objective, c.texts...)
		o.Critic, o.Generator = optim.SGD{}, optim.SGD{}
		if c.augment {
			o.Augment = generative.Augment{Brightness: true, Contrast: true, Shift: true, Cutout: true}.Apply
		}
		got, want := afterTurn(t, o, native), afterTurn(t, o, engine.Reference())
		for name, v := range want {
			largest, off := 0.0, 0.0
			for i := range v {
				largest = max(largest, math.Abs(float64(v[i])))
				off = max(off, math.Abs(float64(v[i]-got[name][i])))
			}
			if !(off <= 2e-5*max(largest, 1e-2)) {
				t.Errorf("%s, %v, augmented %v: %s is off by %.2g, its largest number is %.2g", c.objective, c.texts, c.augment, name, off, largest)
			}
		}
	}
}

// afterTurn returns the parameters after a turn of each network, and the losses and penalties.
func afterTurn(t *testing.T, o Options, on engine.Engine) map[string][]float32 {
	t.Helper()
	training := newTraining(t, o)
	program, err := on.Compile(training.Steps()...)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	c := &compiled{training, program, t}
	c.must(training.Initialize(program, 3))
	c.giveReal("real")
	out := map[string][]float32{}
	c.must(c.Imagine(program, 3, 1))
	c.must(c.CriticStep(program, 3, 1, 0.1))
	for i := range 1 + len(training.Critic.Terms) {
		v, err := engine.Scalar(program, i)
		c.must(err)
		name := "loss"
		if i > 0 {
			name = training.Critic.Terms[i-1].Name
		}
		out["critic's "+name] = []float32{v}
	}
	c.must(c.GeneratorStep(program, 3, 1, 0.1, 0.5))
	v, err := engine.Scalar(program, 0)
	c.must(err)
	out["generator's loss"] = []float32{v}
	for _, scope := range []string{CriticScope, GeneratorScope, AverageScope} {
		for name, v := range c.bits(scope) {
			out[scope+"/"+name] = v
		}
	}
	return out
}
