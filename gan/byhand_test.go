package gan

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/model/generative"
)

// TestRunByHand takes the steps of a run one by one, as a program of one's own does, and compares all
// parameters with those that the run ends with, to the bit: which batch a turn sees, at which rate it
// learns, and how much of a step is in the average. The generator that the run saves is the average.
func TestRunByHand(t *testing.T) {
	points, images := onPoints(), onImages()
	points.Schedule, images.Schedule = "cosine:warmup=3", "cosine"
	images.CriticSteps = 2
	for name, c := range map[string]Config{"points": points, "images": images} {
		dir := finished(t, c, 1)
		byHand := trainedByHand(t, c)
		checkpoint := tensors(t, filepath.Join(dir, checkpointFile))
		for _, p := range byHand.Params.All() {
			got, ok := checkpoint[p.Expr.Name()]
			if !ok || !slices.Equal(got, byHand.read(p.Expr)) {
				t.Errorf("%s: %s of the run is not that of its steps by hand", name, p.Name)
			}
		}
		saved := tensors(t, filepath.Join(dir, GeneratorFile))
		if average := byHand.bits(AverageScope); !maps.EqualFunc(saved, average, slices.Equal) {
			t.Errorf("%s: the saved generator is not the average", name)
		}
		if equal(saved, byHand.bits(GeneratorScope)) {
			t.Errorf("%s: the average is the generator itself: this tests too little", name)
		}
	}
}

// trainedByHand takes all steps of a configuration.
func trainedByHand(t *testing.T, c Config) *compiled {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	parts, err := c.resolve()
	must(err)
	data, err := OpenData(t.Context(), &c, RunOptions{})
	must(err)
	pair, err := generative.Parse(c.Network, data.Shape)
	must(err)
	o := Options{
		Pair: pair, Shape: data.Shape, Noise: c.Noise, Batch: c.Batch, Objective: parts.objective,
		Regularizers: parts.regularizers, Critic: parts.optimizer, Generator: parts.optimizer,
		Steps: c.Steps, CriticSteps: c.CriticSteps,
	}
	if c.Augment != "" {
		o.Augment = parts.augment.Apply
	}
	training := newTraining(t, o)
	on, err := engine.Native(engine.Options{Threads: 1})
	must(err)
	program, err := on.Compile(training.Steps()...)
	must(err)
	t.Cleanup(program.Close)
	must(training.Initialize(program, c.Seed))
	batch, drawn := make([]float32, c.Batch*data.size()), 0
	next := func() {
		data.Fill(drawn, c.Batch, batch)
		drawn++
		must(program.Write(training.Real, batch))
	}
	for step, turn := 1, 1; step <= c.Steps; step++ {
		rate := c.LearningRate * parts.schedule.At(step, c.Steps)
		for range c.CriticSteps {
			next()
			must(training.Imagine(program, c.Seed, turn))
			must(training.CriticStep(program, c.Seed, turn, rate))
			turn++
		}
		next()
		must(training.GeneratorStep(program, c.Seed, step, rate, AverageShare(c.HalfLife, c.Ramp, step, c.Batch)))
	}
	return &compiled{training, program, t}
}
