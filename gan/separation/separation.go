// Package separation trains the critic of a generative adversarial network as a classifier of two
// classes: images of one class stand where real samples stand, those of the other where generated
// ones do, and no generator learns. It is the experiment with which D. Varga came from critics to
// gradient regularization of classifiers (2017: the digits 2 and 3, 200 images each): a critic whose
// slope is penalized separates unseen images better than one that is trained by the original loss.
//
// # A further objective or penalty
//
// It needs nothing here: both come from package gan and its root.
package separation

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/philox"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/stats"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/train"
)

// Config is everything that determines a run.
type Config struct {
	// Classes are those that are told apart; the first one has the larger score.
	Classes      []int    `yaml:"classes"`
	PerClass     int      `yaml:"per_class"` // training images of each
	Network      string   `yaml:"network"`   // text form of a pair, whose critic it is
	Objective    string   `yaml:"objective"`
	Regularizers []string `yaml:"regularizers"`
	Optimizer    string   `yaml:"optimizer"`
	LearningRate float64  `yaml:"learning_rate"`
	Steps        int      `yaml:"steps"`
	Batch        int      `yaml:"batch"` // images of each class
	Seed         uint64   `yaml:"seed"`
}

// Default returns the setting of the experiment: 2 against 3, 200 images each.
func Default() Config {
	return Config{
		Classes: []int{2, 3}, PerClass: 200, Network: "gulrajani:width=32", Objective: "wasserstein",
		Regularizers: []string{"wgan-gp:10"}, Optimizer: "adam:beta1=0.5,beta2=0.9", LearningRate: 2e-4,
		Steps: 500, Batch: 50, Seed: 1,
	}
}

// Result is what a run came to.
type Result struct {
	Accuracy      float64 `json:"accuracy"`       // of unseen images, balanced: the mean of both classes'
	TrainAccuracy float64 `json:"train_accuracy"` // of the training images
	Images        int     `json:"images"`         // unseen ones
	Slope         float64 `json:"slope"`          // mean slope of the critic at unseen images
}

// Run trains a critic and judges it on the test images of both classes. A score counts for the
// first class where it lies above the middle between the means of both classes' training images: the
// level of a critic's scores means nothing. Numbers that are no longer finite are a [train.Divergence].
func Run(ctx context.Context, d *dataset.Dataset, c Config, threads int) (Result, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Result{}, err
	}
	r, err := newRun(d, c, threads)
	if err != nil {
		return Result{}, err
	}
	defer r.program.Close()
	critic := train.Learner{
		Training: r.training.Critic, Program: r.program, Seed: c.Seed,
		Rate: func(int) float64 { return c.LearningRate }, Planned: func(int) int { return c.Steps },
	}
	for turn := 1; turn <= c.Steps; turn++ {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		for k, input := range []*sym.Expr{r.training.Real, r.training.Fake} {
			r.draw(k, turn)
			if err := r.program.Write(input, r.batch); err != nil {
				return Result{}, err
			}
		}
		if _, err := critic.Take(turn); err != nil {
			return Result{}, err
		}
	}
	result, err := r.judge()
	if err == nil && (math.IsNaN(result.Slope) || math.IsInf(result.Slope, 0)) {
		err = critic.Diverged(c.Steps, "the critic's slope", result.Slope)
	}
	return result, err
}

// run is a run in progress.
type run struct {
	Config
	training *gan.Training
	program  engine.Program
	tables   dataset.Tables
	train    [2]dataset.Subset // of each class
	test     [2]dataset.Subset
	batch    []float32
}

func newRun(d *dataset.Dataset, c Config, threads int) (*run, error) {
	train, test, err := d.Parts()
	if err != nil {
		return nil, err
	}
	r := &run{Config: c}
	if len(c.Classes) != 2 {
		return nil, fault.Inputf("classes are %v, expected two", c.Classes)
	}
	for k, class := range c.Classes {
		if class < 0 || class >= len(d.Classes) || c.Classes[0] == c.Classes[1] {
			return nil, fault.Inputf("classes are %v, expected two of the %d of %s", c.Classes, len(d.Classes), d.Name)
		}
		all := ofClass(train, class)
		if all.Len() < c.PerClass || c.PerClass < 1 {
			return nil, fault.Inputf("%d images of a class, expected 1 to the %d there are", c.PerClass, all.Len())
		}
		random := rand.New(rand.NewPCG(c.Seed, uint64(class)))
		random.Shuffle(all.Len(), func(i, j int) { all.Index[i], all.Index[j] = all.Index[j], all.Index[i] })
		all.Index = all.Index[:c.PerClass]
		r.train[k], r.test[k] = all, ofClass(test, class)
	}
	both := r.train[0]
	both.Index = append(append([]int{}, both.Index...), r.train[1].Index...)
	r.tables = dataset.Statistics(both).Tables()
	shape := []int{d.Shape.C, d.Shape.H, d.Shape.W}
	o := gan.Options{Shape: shape, Batch: c.Batch, Steps: c.Steps, CriticOnly: true}
	if o.Pair, err = generative.Parse(c.Network, shape); err != nil {
		return nil, fault.Input(err)
	}
	if o.Objective, err = gan.ParseObjective(c.Objective); err != nil {
		return nil, fault.Input(err)
	}
	if o.Regularizers, err = gan.ParseRegularizers(c.Regularizers); err != nil {
		return nil, fault.Input(err)
	}
	if o.Critic, err = optim.Parse(c.Optimizer); err != nil {
		return nil, fault.Input(err)
	}
	if r.training, err = gan.NewTraining(o); err != nil {
		return nil, err
	}
	native, err := engine.Native(engine.Options{Threads: threads})
	if err != nil {
		return nil, err
	}
	if r.program, err = native.Compile(r.training.Steps()...); err != nil {
		return nil, err
	}
	r.batch = make([]float32, c.Batch*d.Shape.Size())
	return r, r.training.Initialize(r.program, c.Seed)
}

// ofClass returns the images of a class.
func ofClass(p *dataset.Part, class int) dataset.Subset {
	s := dataset.Subset{Part: p}
	for i, label := range p.Labels {
		if int(label) == class {
			s.Index = append(s.Index, i)
		}
	}
	return s
}

// draw fills the batch with images of a class, chosen with replacement.
func (r *run) draw(class, turn int) {
	pixels, s := r.train[class].Shape.Size(), r.train[class]
	u := make([]float32, r.Batch)
	philox.Stream{Key: r.Seed, Step: uint64(turn), ID: uint32(class)}.Uniform(u, 0)
	for i := range r.Batch {
		k := min(int(float64(u[i])*float64(s.Len())), s.Len()-1)
		r.tables.Apply(r.batch[i*pixels:(i+1)*pixels], s.Image(s.Index[k]))
	}
}

// judge scores training and test images.
func (r *run) judge() (Result, error) {
	var trained, unseen [2][]float64
	var slope float64
	var err error
	for k := range r.train {
		if trained[k], _, err = r.scores(r.train[k]); err != nil {
			return Result{}, err
		}
		var s float64
		if unseen[k], s, err = r.scores(r.test[k]); err != nil {
			return Result{}, err
		}
		slope += s / 2
	}
	middle := (stats.Summarize(trained[0]).Mean + stats.Summarize(trained[1]).Mean) / 2
	right := func(scores [2][]float64) float64 {
		total := 0.0
		for k, list := range scores {
			for _, v := range list {
				if v > middle == (k == 0) {
					total += 0.5 / float64(len(list))
				}
			}
		}
		return total
	}
	return Result{
		Accuracy: right(unseen), TrainAccuracy: right(trained), Images: len(unseen[0]) + len(unseen[1]), Slope: slope,
	}, nil
}

// scores returns the critic's scores of images, and its mean slope at them.
func (r *run) scores(s dataset.Subset) (scores []float64, slope float64, err error) {
	pixels, batches := s.Shape.Size(), 0
	values := make([]float32, r.Batch)
	for from := 0; from < s.Len(); from += r.Batch {
		for i := range r.Batch {
			r.tables.Apply(r.batch[i*pixels:(i+1)*pixels], s.Image(s.Index[min(from+i, s.Len()-1)]))
		}
		if err := r.program.Write(r.training.Real, r.batch); err != nil {
			return nil, 0, err
		}
		w, err := r.training.Watch(r.program, 0, 0)
		if err == nil {
			err = r.program.Output(0, values)
		}
		if err != nil {
			return nil, 0, err
		}
		slope, batches = slope+w.SlopeReal, batches+1
		for _, v := range values[:min(r.Batch, s.Len()-from)] {
			scores = append(scores, float64(v))
		}
	}
	return scores, slope / float64(batches), nil
}
