// Package semisupervised trains a classifier from few labelled images and many unlabelled ones, as
// the critic of a generator (Salimans et al. 2016, section 5): a critic of K logits f says by them
// which class an image is of, and by their size whether it is real,
//
//	p(real) = Z/(Z + 1),  Z = Σ_k exp f_k
//
// so that log Z is the score of the original objective: unlabelled images shall be real, generated
// ones not. The generator matches the mean of the critic's last hidden layer over a batch
// (equation 4 there). A penalty on the Jacobian of the logits at unlabelled and at generated images
// needs no labels (Lecouat et al. 2018 penalize it along the generator's directions).
//
// # A further penalty
//
// It needs nothing here: every regularizer of the root package that needs no labels may stand at
// unlabelled images ([gradreg.PlaceReal]), generated ones ([gradreg.PlaceFake]) or both.
package semisupervised

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/philox"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
	"github.com/gradreg/gradreg/train"
)

// Config is everything that determines a run.
type Config struct {
	Labels       int      `yaml:"labels"` // labelled images, as many of each class
	Width        int      `yaml:"width"`  // channels of the critic's first layer, and a measure of the generator
	Noise        int      `yaml:"noise"`
	Regularizers []string `yaml:"regularizers"` // of the logits, at real, fake or real+fake
	// Unsupervised is false for a critic that sees labelled images alone: what the others are worth.
	Unsupervised bool    `yaml:"unsupervised"`
	Optimizer    string  `yaml:"optimizer"`
	LearningRate float64 `yaml:"learning_rate"`
	Steps        int     `yaml:"steps"`
	Batch        int     `yaml:"batch"`
	Seed         uint64  `yaml:"seed"`
}

// Default returns the setting with 100 labelled digits.
func Default() Config {
	return Config{
		Labels: 100, Width: 32, Noise: 64, Unsupervised: true, Optimizer: "adam:beta1=0.5,beta2=0.999",
		LearningRate: 5e-4, Steps: 4000, Batch: 64, Seed: 1,
	}
}

// Result is what a run came to.
type Result struct {
	Accuracy      float64 `json:"accuracy"`       // of the test images
	TrainAccuracy float64 `json:"train_accuracy"` // of the labelled images
	Images        int     `json:"images"`
}

// inputNoise is the standard deviation of the noise that the critic's images get in training, in
// the units of images in −1 … 1.
const inputNoise = 0.3

// critic builds the last hidden layer [B, H] and the logits [B, classes] of images.
func critic(c *nn.Context, x *sym.Expr, width, classes int) (hidden, logits *sym.Expr) {
	const slope = 0.2
	if c.Training {
		x = sym.Add(x, sym.Scale(c.Graph().Normal(c.NextStream(), x.Shape()...), inputNoise))
	}
	for i := range 3 {
		x = nn.Conv{Out: width << i, Kernel: 4, Stride: 2, Border: 1, Init: nn.He(slope)}.Apply(c, x)
		x = nn.Dropout{Rate: 0.2}.Apply(c, sym.LeakyReLU(x, slope))
	}
	hidden = nn.Flatten(x)
	return hidden, nn.Dense{Out: classes}.Apply(c, hidden)
}

// run is a run in progress.
type run struct {
	Config
	data       *dataset.Dataset
	classes    int
	labelled   dataset.Subset
	unlabelled *dataset.Batches
	tables     dataset.Tables

	critic, generator         *gradreg.Training
	real, fake, known, labels *sym.Expr // inputs
	program                   engine.Program
	steps, generate           int // where the generator's steps begin in the program, and that which generates
}

// Run trains and judges. It ends with the context's error when the context ends, and with a
// [train.Divergence] when the critic's numbers are no longer finite.
func Run(ctx context.Context, d *dataset.Dataset, c Config, threads int) (Result, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Result{}, err
	}
	r := &run{Config: c, data: d, classes: len(d.Classes)}
	if err := r.divide(); err != nil {
		return Result{}, err
	}
	steps, err := r.build()
	if err != nil {
		return Result{}, err
	}
	native, err := engine.Native(engine.Options{Threads: threads})
	if err != nil {
		return Result{}, err
	}
	if r.program, err = native.Compile(steps...); err != nil {
		return Result{}, err
	}
	defer r.program.Close()
	if err := r.critic.Params.Initialize(r.program, c.Seed); err != nil {
		return Result{}, err
	}
	if err := r.generator.Params.Initialize(r.program, c.Seed); err != nil {
		return Result{}, err
	}
	critic := &train.Learner{
		Training: r.critic, Program: r.program, Seed: c.Seed, Rate: r.rate, Planned: func(int) int { return c.Steps },
	}
	for step := 1; step <= c.Steps; step++ {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		if err := r.step(step, critic); err != nil {
			return Result{}, err
		}
	}
	if finite, err := critic.Finite(); err != nil || !finite {
		return Result{}, cmp.Or(err, critic.Diverged(c.Steps, "a parameter", math.NaN()))
	}
	return r.judge()
}

// divide chooses the labelled images, as many of each class; all are unlabelled ones.
func (r *run) divide() error {
	train, _, err := r.data.Parts()
	if err != nil {
		return err
	}
	if r.classes < 2 || r.Labels < r.classes || r.Labels%r.classes != 0 {
		return fault.Inputf("%d labelled images of %d classes, expected as many of each", r.Labels, r.classes)
	}
	division, err := dataset.DivideBalanced(train, r.Labels, r.classes, r.Seed)
	if err != nil {
		return err
	}
	r.labelled = division.Train
	n := gan.Normalizer(train.Shape.C)
	r.tables = n.Tables()
	r.unlabelled, err = dataset.NewBatches(dataset.Whole(train), n, r.Batch, r.Seed)
	return err
}

// build builds both trainings, and returns the steps: the critic's, the generator's, that which
// generates, and that which classifies.
func (r *run) build() ([]engine.Step, error) {
	optimizer, err := optim.Parse(r.Optimizer)
	if err != nil {
		return nil, fault.Input(err)
	}
	regs, err := gan.ParseRegularizers(r.Regularizers)
	if err != nil {
		return nil, fault.Input(err)
	}
	shape := []int{r.data.Shape.C, r.data.Shape.H, r.data.Shape.W}
	pair, err := generative.Parse(fmt.Sprintf("dcgan:width=%d", r.Width), shape)
	if err != nil {
		return nil, fault.Input(err)
	}
	g := sym.NewGraph()
	params := nn.NewParams(g)
	batch := append([]int{r.Batch}, shape...)
	r.real, r.fake = g.Input("unlabelled", sym.Float, batch...), g.Input("generated", sym.Float, batch...)
	r.known = g.Input("labelled", sym.Float, batch...)
	var targets *sym.Expr
	r.labels, targets = task.Classification{}.Target(g, "labels", r.Batch, r.classes)
	c := nn.NewContext(params.Scope("critic"), true, 0)
	logits := func(x *sym.Expr) *sym.Expr { _, f := critic(c.Again(), x, r.Width, r.classes); return f }

	_, ofKnown := critic(c, r.known, r.Width, r.classes)
	p := &gradreg.Problem{
		Graph: g, Input: r.known, Targets: targets, Outputs: ofKnown, Batch: r.Batch, Task: task.Classification{},
		Params: c.Params, Forward: logits, NextStream: c.NextStream, Losses: sym.CrossEntropy(ofKnown, targets),
	}
	places := map[string]*gradreg.Problem{}
	for place, x := range map[string]*sym.Expr{gradreg.PlaceReal: r.real, gradreg.PlaceFake: r.fake} {
		q := *p
		q.Input, q.Targets, q.Task = x, targets, unlabelledTask{}
		places[place] = &q
	}
	for _, place := range []string{gradreg.PlaceReal, gradreg.PlaceFake} { // streams in an order
		places[place].Outputs = logits(places[place].Input)
		places[place].Losses = places[place].Task.Losses(places[place].Outputs, targets)
	}
	p.Place = func(name string) (*gradreg.Problem, error) {
		if q := places[name]; q != nil {
			return q, nil
		}
		return nil, fmt.Errorf("expected at=%s for unlabelled images, at=%s for generated ones or both",
			gradreg.PlaceReal, gradreg.PlaceFake)
	}
	if r.Unsupervised {
		p.Losses = sym.Add(p.Losses, sym.Add(
			sym.Softplus(sym.Neg(sym.LogSumExp(places[gradreg.PlaceReal].Outputs))),
			sym.Softplus(sym.LogSumExp(places[gradreg.PlaceFake].Outputs)),
		))
	}
	r.critic = gradreg.NewTraining(c, optimizer)
	r.critic.Regularize(p, regs)
	if err := r.critic.Refused(); err != nil {
		return nil, fault.Input(err)
	}
	steps := r.critic.Steps(r.Steps)
	r.steps = len(steps)

	gc := nn.NewContext(params.Scope("generator"), true, 0)
	z := func() *sym.Expr { return g.Normal(gc.NextStream(), r.Batch, r.Noise) }
	samples := pair.Generate(gc, z())
	mean := func(x *sym.Expr) *sym.Expr {
		hidden, _ := critic(c.Again(), x, r.Width, r.classes)
		return sym.Mean(hidden, 0)
	}
	r.generator = gradreg.NewTraining(gc, optimizer)
	r.generator.Loss = sym.Mean(sym.Square(sym.Sub(mean(samples), mean(r.real))))
	steps = append(steps, r.generator.Steps(r.Steps)...)
	r.generate = len(steps)
	steps = append(steps, engine.Step{
		Updates: []sym.Update{{Target: r.fake, Value: pair.Generate(gc.Again(), z())}},
	})
	inference := nn.NewContext(params.Scope("critic"), false, 0)
	_, f := critic(inference, r.known, r.Width, r.classes)
	return append(steps, engine.Step{Outputs: []*sym.Expr{f}}), nil
}

// unlabelledTask is what is learned of images without labels: no loss of a class.
type unlabelledTask struct{ task.Classification }

func (unlabelledTask) String() string { return "images without labels" }

// Losses refuses: a penalty on the loss needs labels.
func (unlabelledTask) Losses(outputs, _ *sym.Expr) *sym.Expr {
	return sym.Refuse(outputs, fmt.Errorf("images without labels have no loss, expected a penalty on the logits"))
}

// rate returns the learning rate of a step, which falls to 0 over the last half.
func (r *run) rate(step int) float64 {
	return r.LearningRate * math.Min(1, 2*(1-float64(step-1)/float64(r.Steps)))
}

// step takes one of the critic and, if there is one, of the generator.
func (r *run) step(step int, critic *train.Learner) error {
	pixels := r.data.Shape.Size()
	err := r.program.Fill(r.known, func(dst []float32) {
		for i, k := range r.drawn(step) {
			r.tables.Apply(dst[i*pixels:(i+1)*pixels], r.labelled.Image(k))
		}
	})
	if err == nil {
		err = r.program.FillInts(r.labels, func(dst []int32) {
			for i, k := range r.drawn(step) {
				dst[i] = r.labelled.Labels[k]
			}
		})
	}
	if err != nil {
		return err
	}
	if r.program.Takes(r.real) {
		labels := make([]int32, r.Batch)
		err = r.program.Fill(r.real, func(dst []float32) { r.unlabelled.Fill(step-1, dst, labels) })
		if err == nil {
			err = r.program.Run(r.generate, r.Seed, uint64(step))
		}
		if err != nil {
			return err
		}
	}
	if _, err := critic.Take(step); err != nil {
		return err
	}
	if !r.Unsupervised {
		return nil
	}
	if err := r.generator.Prepare(r.program, step, r.Steps, r.rate(step)); err != nil {
		return err
	}
	return r.program.Run(r.steps+r.generator.At(step), r.Seed, uint64(step))
}

// drawn returns which images are labelled ones of a step, chosen with replacement.
func (r *run) drawn(step int) []int {
	u := make([]float32, r.Batch)
	philox.Stream{Key: r.Seed, Step: uint64(step), ID: math.MaxUint32}.Uniform(u, 0)
	index := make([]int, r.Batch)
	for i, v := range u {
		index[i] = r.labelled.Index[min(int(float64(v)*float64(r.labelled.Len())), r.labelled.Len()-1)]
	}
	return index
}

// judge classifies test and labelled images.
func (r *run) judge() (Result, error) {
	_, test, err := r.data.Parts()
	if err != nil {
		return Result{}, err
	}
	out := Result{Images: test.Len()}
	if out.Accuracy, err = r.accuracy(dataset.Whole(test)); err != nil {
		return out, err
	}
	out.TrainAccuracy, err = r.accuracy(r.labelled)
	return out, err
}

// accuracy returns that on images.
func (r *run) accuracy(s dataset.Subset) (float64, error) {
	pixels, right := s.Shape.Size(), 0
	logits := make([]float32, r.Batch*r.classes)
	last := r.generate + 1
	for from := 0; from < s.Len(); from += r.Batch {
		err := r.program.Fill(r.known, func(dst []float32) {
			for i := range r.Batch {
				r.tables.Apply(dst[i*pixels:(i+1)*pixels], s.Image(s.Index[min(from+i, s.Len()-1)]))
			}
		})
		if err == nil {
			err = r.program.Run(last, r.Seed, 0)
		}
		if err == nil {
			err = r.program.Output(0, logits)
		}
		if err != nil {
			return 0, err
		}
		for i := range min(r.Batch, s.Len()-from) {
			best, row := 0, logits[i*r.classes:(i+1)*r.classes]
			for k, v := range row {
				if v > row[best] {
					best = k
				}
			}
			if int32(best) == s.Labels[s.Index[from+i]] {
				right++
			}
		}
	}
	return float64(right) / float64(s.Len()), nil
}
