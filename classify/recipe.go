package classify

import (
	"context"
	"fmt"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/task"
)

// Pictures are what is known of a folder of pictures before a run on it.
type Pictures struct {
	Images  int // to train on, before any is held out
	Classes int // 0 of another task
	Val     int // that judge a run on the way, of a folder with train/, val/ and test/

	training, official *dataset.Part
	kinds              int // classes, labels or numbers
}

// Look opens the folder of pictures of a configuration. It records what a run would: the size, which
// is at most the recipe's, or that of a pretrained network, where nobody says it, and how pictures
// are cut and divided.
func Look(ctx context.Context, c *Config, opt Options) (Pictures, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Pictures{}, err
	}
	if c.Backbone != "" {
		if _, err := c.openNetwork(""); err != nil {
			return Pictures{}, err
		}
	}
	opt = opt.filled()
	opt.largestSide = RecipeFor(Pictures{}).LargestSize
	d, err := openData(ctx, c, opt)
	if err != nil {
		return Pictures{}, err
	}
	p := Pictures{kinds: len(d.Classes), Val: d.Info.Val}
	if p.training, p.official, err = d.Parts(); err != nil {
		return p, err
	}
	p.Images = p.training.Len()
	if c.Learns() == (task.Classification{}) {
		p.Classes = p.kinds
	}
	return p, nil
}

// Recipe is how to train on a folder of pictures where nobody says more, a field for each of
// [Config].
type Recipe struct {
	LargestSize  int // where the pictures are larger
	Model        model.Spec
	Regularizers []gradreg.Spec
	Augment      string
	Optimizer    optim.Spec
	LearningRate float64
	Epochs       int
	Batch        int
	DevShare     float64
	Patience     int
	Keep         string
}

// The numbers of the recipe, from trials on photos of flowers (RATIONALE.md, "What does a folder of
// photos get by default?").
const (
	recipeSide               = 32
	recipeAugment            = "flip,resized-crop:0.35,color:0.2"
	recipeDevShare           = 0.15
	fewestEpochs, mostEpochs = 20, 150
	recipeImages             = 180000 // that a run sees, as far as the bounds of epochs allow
	largeFolder              = 2000   // images from which on batches are larger
	recipeWarmup             = 20     // the rate rises for a twentieth of the steps
)

// RecipeFor returns the recipe for a folder, from the number of its images and classes.
func RecipeFor(p Pictures) Recipe {
	r := Recipe{
		LargestSize: recipeSide, Model: recipeModel(p), Regularizers: gradreg.Specs("weight-decay:5e-4"),
		Augment: recipeAugment, Optimizer: optim.ParseSpec("sgd:momentum=0.9,nesterov=true"), LearningRate: 0.05,
		Batch: 32, DevShare: recipeDevShare, Keep: KeepBest,
	}
	if p.Images >= largeFolder {
		r.Batch = 64
	}
	r.Epochs = min(max(recipeImages/max(p.Images, 1), fewestEpochs), mostEpochs)
	r.Patience = max(10, r.Epochs/2)
	if p.Val > 0 {
		r.DevShare = 0
	}
	return r
}

// finetuneEpochs is how often finetuning sees every picture.
const finetuneEpochs = 10

// FinetuneRecipe returns the recipe for training all of a pretrained network on a folder. One that
// knows much already gets a low rate and few epochs.
func FinetuneRecipe(p Pictures, m model.Spec) Recipe {
	r := RecipeFor(p)
	r.Model, r.Regularizers = m, []gradreg.Spec{}
	r.Optimizer, r.LearningRate = optim.ParseSpec("adamw:decay=0.01"), 3e-4
	r.Epochs, r.Batch, r.Patience = finetuneEpochs, 16, 0
	return r
}

// recipeModel chooses the network of a folder: the smallest residual one.
func recipeModel(Pictures) model.Spec { return model.ParseSpec("resnet:depth=8") }

// The rates of other networks than the recipe's, which are not made for its large ones.
const (
	plainOptimizer = "adam"
	plainRate      = 1e-3
)

// Fill sets the fields of a configuration for a folder that nobody said. said is asked for them by
// their names in YAML. What is counted in steps follows from the images that are left to train on. A
// run that cannot be judged on the way is neither ended by its patience nor keeps its best state.
func (r Recipe) Fill(c Config, p Pictures, said func(field string) bool) Config {
	set := func(field string, f func()) {
		if !said(field) {
			f()
		}
	}
	set("regularizers", func() { c.Regularizers = r.Regularizers })
	if !said("augment") || c.Augment == defaultAugment {
		c.Augment = r.Augment
	}
	set("model", func() { c.Model = r.Model })
	optimizer, rate := r.Optimizer, r.LearningRate
	other := said("optimizer") && spec.NameOf(c.Optimizer.String()) != spec.NameOf(r.Optimizer.String())
	if c.Model.Name() != r.Model.Name() || other {
		optimizer, rate = optim.ParseSpec(plainOptimizer), plainRate
	}
	set("optimizer", func() { c.Optimizer = optimizer })
	set("learning_rate", func() { c.LearningRate = rate })
	if !said("epochs") && !said("steps") {
		c.Epochs = r.Epochs
	}
	if c.Epochs > 0 && !said("steps") {
		c.Steps = 0
	}
	unjudged := said("eval_every") && c.EvalEvery == 0
	if c.TrainSize == 0 && c.PerClass == 0 && c.Subset != Balanced && !c.PaperProtocol && p.Val == 0 && !unjudged {
		set("dev_share", func() { c.DevShare = r.DevShare })
	}
	resolved := c
	d, _, err := resolved.divide(p.training, p.official, p.kinds)
	if err != nil {
		return c // the run says why
	}
	n, judges := d.Train.Len(), d.Dev.Len()+p.Val > 0
	set("batch", func() { c.Batch = min(r.Batch, n) })
	epoch := epochSteps(n, c.batch(n))
	steps := c.Steps
	if c.Epochs > 0 {
		steps = epochSteps(c.Epochs*n, c.batch(n))
	}
	if c.Steps == 0 { // a search for λ shares them out
		c.Steps = steps
	}
	set("schedule", func() {
		if c.Schedule = optim.ParseScheduleSpec("cosine"); steps >= recipeWarmup {
			c.Schedule = optim.ParseScheduleSpec(fmt.Sprintf("cosine:warmup=%d", steps/recipeWarmup))
		}
	})
	set("eval_every", func() { c.EvalEvery = epoch })
	set("log_every", func() { c.LogEvery = epoch })
	set("checkpoint_every", func() { c.CheckpointEvery = max(epoch, leastBetweenCheckpoints) })
	if judges && !unjudged {
		set("keep", func() { c.Keep = r.Keep })
		if c.Epochs > 0 {
			set("patience", func() { c.Patience = min(r.Patience, c.Epochs) })
		}
	}
	return c
}

// leastBetweenCheckpoints are steps: those of small networks are short.
const leastBetweenCheckpoints = 50
