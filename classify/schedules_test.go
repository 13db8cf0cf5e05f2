package classify

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
)

// Few is the folder of the digits that tests train on whose subject is not the data, for DataDirs;
// TestMain makes it. What goes on with a run finds them where the run says that they were.
var Few []string

// quick returns a configuration of a fraction of a second.
func quick(regs ...string) Config {
	cfg := Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.Regularizers = 40, 12, 10, gradreg.Specs(regs...)
	cfg.EvalEvery, cfg.LogEvery, cfg.CheckpointEvery = 0, 5, 12
	return cfg
}

// trained returns the saved model of a run that is interrupted after some steps and resumed; of one without interruption
// if at is 0.
func trained(t *testing.T, cfg Config, threads, at int) []byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := Run(ctx, cfg, Options{Dir: dir, DataDirs: Few, Threads: threads, Stepped: func(p Progress) {
		if p.Step == at {
			cancel()
		}
	}})
	if at > 0 && errors.Is(err, ErrInterrupted) {
		if cfg, err = FolderConfig(dir); err == nil {
			_, err = Run(context.Background(), cfg, Options{Dir: dir, Threads: threads, Resume: true})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, ModelFile))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestZeroWeight checks that every regularizer with λ = 0 leaves the plain run as it is, bit for bit.
func TestZeroWeight(t *testing.T) {
	plain := trained(t, quick(), 1, 0)
	for _, name := range gradreg.Names() {
		if !bytes.Equal(trained(t, quick(name+":0"), 1, 0), plain) {
			t.Errorf("%s:0 gives other weights than the plain run", name)
		}
	}
}

// TestZeroWeightOptions checks that λ = 0 leaves the plain run as it is, bit for bit, whatever the options: places, passes, parts,
// slopes, norms and schedules, all regularizers beside each other.
func TestZeroWeightOptions(t *testing.T) {
	plain := trained(t, quick(), 1, 0)
	for _, c := range []struct{ sloped, scheduled string }{
		{",at=noise,sigma=0.1,pass=own", ""},
		{",fraction=0.5,every=3", ",every=3"},
		{",at=random,pass=own,every=2,warmup=5", ",every=2,warmup=5"},
		{",slope=linear,ramp=down", ",ramp=down"},
		{",slope=excess,target=1,warmup=4", ",warmup=4"},
		{",slope=two-sided,target=1,fraction=0.3,ramp=up", ",ramp=cosine"},
	} {
		var regs []string
		for _, info := range gradreg.Regularizers() {
			text := info.Name + ":0"
			switch {
			case strings.Contains(info.Options, "slope="):
				text += c.sloped
			case strings.Contains(info.Options, "fraction=") && !strings.Contains(c.sloped, "slope="): // ross and hoffman
				text += c.sloped
			case strings.Contains(info.Options, "every="):
				text += c.scheduled
			}
			regs = append(regs, text)
		}
		if !bytes.Equal(trained(t, quick(regs...), 1, 0), plain) {
			t.Errorf("%v give other weights than the plain run", regs)
		}
	}
	own := []string{
		"datagrad:0,norm=l1,lambda-as=ross", "spectreg:0,projections=3,shared=true", "jacreg:0,lambda-as=hoffman", "hoffman:0,n=-1", "ross:0,norm=l1",
		"softmaxgrad:0,held=true", "topk:0,k=3", "finite-difference:0,h=0.1", "output-noise:0,noise=0.2", "adversarial:0,phi=1,direction=sign",
		"virtual-adversarial:0,xi=0.1,iterations=2", "confidence:0,lambda-as=sum", "weight-decay:0,decoupled=true", "spectral-norm:0,iterations=2", "dropout:0,at=input",
	}
	for _, regs := range [][]string{own, {"datagrad:0,norm=linf,slope=squared"}} {
		if !bytes.Equal(trained(t, quick(regs...), 1, 0), plain) {
			t.Errorf("%v give other weights than the plain run", regs)
		}
	}
}

// TestScheduledRun checks that programs which take turns, weights that depend on the step and what penalties keep survive
// interruptions and any number of threads.
func TestScheduledRun(t *testing.T) {
	cfg := quick("datagrad:50,every=4", "spectreg:0.03,every=3,warmup=6", "spectral-norm:0.01,every=2", "confidence:0.1,ramp=down",
		"weight-decay:0.01,decoupled=true,warmup=3", "input-noise:0.1", "dropout:0.3")
	whole := trained(t, cfg, 1, 0)
	if !bytes.Equal(trained(t, cfg, 2, 0), whole) {
		t.Error("two threads give other weights than one")
	}
	for _, at := range []int{1, 6} {
		if !bytes.Equal(trained(t, cfg, 1, at), whole) {
			t.Errorf("interrupted at step %d: other weights", at)
		}
	}
}

// engineOf returns an engine on images that are numbers of a formula.
func engineOf(t *testing.T, regs ...string) *trainer {
	t.Helper()
	on, err := engine.Native(engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	cfg := quick(regs...)
	cfg.Model = model.ParseSpec("lenet:dropout=0")
	p, err := cfg.resolve()
	if err != nil {
		t.Fatal(err)
	}
	e, err := newTrainer(cfg, p, dataset.Shape{C: 1, H: 28, W: 28}, 10, on)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.close)
	e.feedFormula(t)
	return e
}

// feedFormula gives the engine images that are numbers of a formula.
func (e *trainer) feedFormula(t *testing.T) {
	t.Helper()
	images, labels := make([]float32, e.X.Shape().Size()), make([]int32, e.config.Batch)
	for i := range images {
		images[i] = float32(math.Sin(float64(i * i)))
	}
	for i := range labels {
		labels[i] = int32(i * 7 % 10)
	}
	if err := e.Feed(e.program, images, labels, 1); err != nil {
		t.Fatal(err)
	}
}

// weightsAfter takes steps first…last and returns all parameters.
func (e *trainer) weightsAfter(t *testing.T, first, last int) (all []float32) {
	t.Helper()
	for s := first; s <= last; s++ {
		if _, err := e.learner.Take(s); err != nil {
			t.Fatal(err)
		}
	}
	err := e.Params.Each(e.program, func(p *nn.Param, values []float32) error {
		all = append(all, values...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestEvery checks that every=3 takes three times the penalty at steps 1 and 4 and none between, at the cost of the plain
// step there.
func TestEvery(t *testing.T) {
	lazy, triple, plain := engineOf(t, "datagrad:1,every=3"), engineOf(t, "datagrad:3"), engineOf(t)
	if !slices.Equal(lazy.weightsAfter(t, 1, 1), triple.weightsAfter(t, 1, 1)) {
		t.Error("the first step is not that of three times λ")
	}
	for _, leaf := range triple.leaves() {
		values := make([]float32, leaf.Shape().Size())
		to := plain.Params.Graph().Input(leaf.Name(), leaf.DType(), leaf.Shape()...)
		if err := errors.Join(triple.program.Read(leaf, values), plain.program.Write(to, values)); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(lazy.weightsAfter(t, 2, 3), plain.weightsAfter(t, 2, 3)) {
		t.Error("the steps between are not plain")
	}
	for step, want := range map[int]int{1: triple.program.MACs(0), 2: plain.program.MACs(0), 3: plain.program.MACs(0), 4: triple.program.MACs(0)} {
		if got := lazy.program.MACs(lazy.At(step)); got != want {
			t.Errorf("step %d takes %d multiply-adds, want %d", step, got, want)
		}
	}
}

// TestRamp checks that the weight of a step is λ times its factor.
func TestRamp(t *testing.T) {
	for text, factors := range map[string][]float64{
		"datagrad:1,warmup=4":         {0.25, 0.5, 0.75, 1, 1},
		"datagrad:1,ramp=down":        {1, 11. / 12, 10. / 12},
		"datagrad:1,ramp=up":          {0, 1. / 12, 2. / 12},
		"datagrad:1,ramp=cosine":      {1, (1 + math.Cos(math.Pi/12)) / 2},
		"datagrad:1,every=2,warmup=4": {0.5, 1, 1.5, 2},
	} {
		r, err := gradreg.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range factors {
			if got := gradreg.ScheduleOf(r).Factor(i+1, 12); math.Abs(got-want) > 1e-15 {
				t.Errorf("%s: step %d has the factor %v, want %v", text, i+1, got, want)
			}
		}
	}
	ramped, constant := engineOf(t, "datagrad:2,warmup=2"), engineOf(t, "datagrad:1")
	if d := farthest(ramped.weightsAfter(t, 1, 1), constant.weightsAfter(t, 1, 1)); !(d <= 1e-6) {
		t.Errorf("half of λ = 2 moves a weight by %v more than λ = 1", d)
	}
}

// TestDecoupled checks that decoupled weight decay beside Adam is AdamW.
func TestDecoupled(t *testing.T) {
	decoupled, coupled := engineOf(t, "weight-decay:0.1,decoupled=true"), engineOf(t, "weight-decay:0.1")
	adamw := engineOf(t)
	cfg := adamw.config
	cfg.Optimizer = optim.ParseSpec("adamw:decay=0.1")
	on, err := engine.Native(engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, err := cfg.resolve()
	if err != nil {
		t.Fatal(err)
	}
	reference, err := newTrainer(cfg, p, dataset.Shape{C: 1, H: 28, W: 28}, 10, on)
	if err != nil {
		t.Fatal(err)
	}
	defer reference.close()
	reference.feedFormula(t)
	want := reference.weightsAfter(t, 1, 3)
	if d := farthest(decoupled.weightsAfter(t, 1, 3), want); !(d <= 1e-6) {
		t.Errorf("decoupled decay differs from AdamW by %v", d)
	}
	if d := farthest(coupled.weightsAfter(t, 1, 3), want); !(d > 1e-4) {
		t.Errorf("coupled decay differs from AdamW by %v only", d)
	}
}

// farthest returns the largest difference.
func farthest(a, b []float32) float64 {
	d := 0.0
	for i := range a {
		d = max(d, math.Abs(float64(a[i])-float64(b[i])))
	}
	return d
}
