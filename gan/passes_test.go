package gan

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/model/generative"
)

// TestPasses counts the multiply-adds of the steps of a training on digits, in passes F over a batch of
// the critic, of whose first layer they are F₁: a penalty at samples that have a loss is one more pass,
// since loss and penalty share the product of each layer's gradient.
func TestPasses(t *testing.T) {
	pair, err := generative.Parse("dcgan:width=8", []int{1, 28, 28})
	if err != nil {
		t.Fatal(err)
	}
	native, err := engine.Native(engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	const batch = 16
	for _, objective := range ObjectiveNames() {
		for text, want := range map[string]struct{ passes, first float64 }{
			"": {6, -2}, "r1:1": {7, -1}, "r2:1": {7, -1}, "r1+r2:1": {8, 0}, "roth:1": {8, 0}, "wgan-gp:1": {10, -2}, "dragan:1": {10, -2},
			"weight-decay:1": {6, -2},
		} {
			o := goldenOptions(t, objective)
			o.Pair, o.Shape, o.Noise, o.Batch = pair, []int{1, 28, 28}, 8, batch
			if text != "" {
				o.Regularizers = goldenOptions(t, objective, text).Regularizers
			}
			training := newTraining(t, o)
			program, err := native.Compile(training.Steps()...)
			if err != nil {
				t.Fatal(err)
			}
			pass, first := 0.0, 0.0
			for i, l := range training.criticContext.Layers {
				if pass += float64(batch * l.MACs); i == 0 {
					first = pass
				}
			}
			got := float64(program.MACs(0)) / pass
			if expected := want.passes + want.first*first/pass; !(math.Abs(got-expected) <= 0.01*expected) {
				t.Errorf("%s, %q: the critic's step takes %.3f passes, expected %.3f", objective, text, got, expected)
			}
			program.Close()
		}
	}
}

// TestMultiplyAdds checks that a run counts what its steps take: a penalty at every third turn of the
// critic only where it is taken.
func TestMultiplyAdds(t *testing.T) {
	of := func(regularizers ...string) int {
		c := onPoints()
		c.Steps, c.CriticSteps, c.Regularizers = 5, 4, regularizers
		s, err := Run(t.Context(), c, RunOptions{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if cost, err := Cost(t.Context(), c, RunOptions{}); err != nil || cost != s.MACs/c.Steps {
			t.Errorf("a step costs %d, the run %d (%v)", cost, s.MACs, err)
		}
		return s.MACs
	}
	const turns, taken = 20, 7 // 1, 4, … 19
	plain, always := of(), of("wgan-gp:1")
	if got, want := of("wgan-gp:1,every=3"), plain+(always-plain)/turns*taken; always <= plain || got != want {
		t.Errorf("%d multiply-adds with a penalty at every third turn, expected %d, between %d and %d", got, want, plain, always)
	}
}
