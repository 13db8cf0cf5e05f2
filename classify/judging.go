package classify

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/plural"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/model"
)

// The values of Keep.
const (
	KeepLast = "last"
	KeepBest = "best"
)

// Keeps returns the values of Keep.
func Keeps() []string { return []string{KeepLast, KeepBest} }

// keepsBest reports whether the run ends with its best state.
func (c Config) keepsBest() bool { return c.Keep == KeepBest }

// remembersBest reports whether the run has to know which of its states was the best one.
func (c Config) remembersBest() bool { return c.keepsBest() || c.Patience > 0 }

// leastSteps returns the least value of Steps.
func (c Config) leastSteps() int {
	if c.Epochs > 0 {
		return 0
	}
	return 1
}

// checkJudging returns what is wrong with how the run is judged on the way.
func (c *Config) checkJudging() error {
	switch {
	case c.Keep != "" && !slices.Contains(Keeps(), c.Keep):
		return fault.Input(spec.Unknown("keep", c.Keep, Keeps()))
	case c.Keep == KeepLast:
		c.Keep = ""
	}
	switch {
	case !(c.DevShare >= 0 && c.DevShare < 1):
		return fault.Fieldf(
			"dev_share is %v, expected a share of the training images, from 0 to less than 1",
			c.DevShare,
		)
	case c.DevShare > 0 && c.PaperProtocol:
		return fault.Fieldf("dev_share is %v, but the paper's protocol has dev images of its own", c.DevShare)
	case c.DevShare > 0 && (c.Subset == Balanced || c.PerClass > 0):
		return fault.Fieldf("dev_share is %v, but the images that a balanced subset leaves judge the run", c.DevShare)
	case c.remembersBest() && c.EvalEvery == 0:
		return fault.Inputf("found patience or keep with eval_every 0, expected steps between evaluations")
	}
	return nil
}

// epochSteps returns the steps that see so many images once each, rounded up.
func epochSteps(images, batch int) int { return (images + batch - 1) / batch }

// EpochSteps returns the steps of so many epochs of a run whose train size and batch are recorded.
func (c Config) EpochSteps(epochs int) int {
	return epochSteps(epochs*c.TrainSize, c.batch(c.TrainSize))
}

// settleSteps makes the steps those of the epochs on so many training images. The history of a run
// that was extended begins with them.
func (c *Config) settleSteps(images int) error {
	if c.Epochs == 0 {
		return nil
	}
	batch := c.batch(images)
	steps := epochSteps(c.Epochs*images, batch)
	planned := &c.Steps
	if len(c.Extended) > 0 {
		planned = &c.Extended[0].Planned
	}
	if *planned == 0 {
		*planned = steps
	}
	if *planned != steps {
		return fault.Inputf(
			"epochs is %d, which for %d training images in batches of %d is %d steps, but steps is "+
				"%d: expected one of them",
			c.Epochs, images, batch, steps, *planned,
		)
	}
	return nil
}

// epoch returns which epoch a step is of, and how many there are, of a run on so many training images
// whose length was given in epochs; else 0.
func (c Config) epoch(step, images int) (epoch, epochs int) {
	if c.Epochs == 0 || len(c.Extended) > 0 {
		return 0, 0
	}
	return min(max(1, epochSteps(step*c.Batch, images)), c.Epochs), c.Epochs // the last step may begin another
}

// checkJudged returns an error if the run needs dev images and has none.
func (r *run) checkJudged(c Config) error {
	if c.remembersBest() && r.division.Dev.Len() == 0 {
		return fault.Inputf("found patience or keep, but no image is left to judge the run on the way, expected " +
			"a dev_share, a smaller train_size or a folder's val/")
	}
	return nil
}

// best is what a run remembers of its best state: the latest one whose loss on the dev part is at most
// a standard error above the least (after Breiman et al. 1984, section 3.4.3).
type best struct {
	step    int // that it is of; 0 for none yet
	quality float64
	least   float64     // loss of any evaluated state
	err     float64     // standard error of that
	values  [][]float32 // of the parameters, if the run keeps them
}

// judgement is what an evaluation on the dev part comes to.
type judgement struct {
	loss    float64 // by which states are compared
	err     float64 // its standard error; 0 where it is not known
	quality float64
}

// calibratedLoss returns the loss on the dev part at the temperature from 1 on at which it is least,
// and its standard error. A network that learns few images becomes sure of itself long before it has
// learned all it will: the loss rises, though it tells the classes apart ever better.
func (r *run) calibratedLoss() (loss, err float64, _ error) {
	logits := assess.Logits{Classes: r.judging.classes}
	if err := r.judging.each(r.division.Dev, r.devTables, logits.Add); err != nil {
		return 0, 0, err
	}
	_, temperature := logits.Calibrated()
	// Few images that are all classified rightly call for ever more confidence.
	temperature = max(temperature, 1)
	return logits.NLL(temperature), logits.NLLError(temperature), nil
}

// consider makes the present state the best one unless it is clearly worse than one before. Few dev
// images do not tell states apart, and the state with the least loss among many is one of luck; the
// later one, at a lower learning rate, is better more often than not.
func (r *run) consider(step int, j judgement) error {
	b := &r.progress.best
	switch {
	case !r.config.remembersBest() || b.step > 0 && !(j.loss <= b.least+b.err):
		return nil
	case b.step == 0 || j.loss < b.least:
		b.least, b.err = j.loss, j.err
	}
	b.step, b.quality = step, j.quality
	if !r.config.keepsBest() {
		return nil
	}
	var err error
	b.values, err = r.engine.readParameters(b.values)
	return err
}

// exhausted reports whether the run ends after a step because the loss on the dev part has risen for
// long. That is decided where it is evaluated, so that a run that goes on decides as it would
// have.
func (r *run) exhausted(step int) bool {
	c, b := r.config, r.progress.best
	if c.Patience == 0 || b.step == 0 || !r.evaluates(step) {
		return false
	}
	since := b.step
	for _, e := range c.Extended { // more steps are asked for in spite of it
		since = max(since, e.At)
	}
	return step-since >= epochSteps(c.Patience*r.division.Train.Len(), c.Batch)
}

// whyExhausted says why the run ended by itself.
func (r *run) whyExhausted() string {
	return fmt.Sprintf(
		"the loss on the dev images was above its least for %[2]s, since step %[1]d", r.progress.best.step,
		plural.Of(r.config.Patience, "epoch"),
	)
}

// evaluates reports whether the run is evaluated after a step.
func (r *run) evaluates(step int) bool {
	return r.judges() && (step%r.config.EvalEvery == 0 || r.config.ends(step))
}

// useBest gives the network the parameters of the best state, if the run is to end with them.
func (r *run) useBest() error {
	if b := r.progress.best; r.config.keepsBest() && b.step > 0 {
		r.devScore, r.devStep = &b.quality, b.step
		return r.engine.writeParameters(b.values)
	}
	return nil
}

// prepareJudging makes what evaluates the dev images. The few that are held out of a small folder,
// evaluated often, would otherwise cost more than the training.
func (r *run) prepareJudging(m model.Model) (err error) {
	r.judging = r.classifier
	if n := r.division.Dev.Len(); r.config.DevShare > 0 && 0 < n && n < evalBatch {
		if r.judging, err = newClassifier(m, r.data.Shape, len(r.data.Classes), n); err == nil {
			err = r.judging.compile(r.on)
		}
	}
	return err
}
