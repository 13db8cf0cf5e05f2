package train

import (
	"math"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
)

// StepCost is what a training step needs, penalties and the optimizer's update included.
type StepCost struct {
	Bytes         int // of a step of the configuration's batch, with one thread
	BytesPerImage int // that one image more takes
	MACsPerImage  int // multiply-adds of matrix products and convolutions
}

// Cost measures the step of a configuration for images of the given shape. It plans the step at three sizes of the
// batch, but takes none of its memory. Small batches are planned in another way than large ones, so an image's
// share is that between 32 and 64 images.
func Cost(cfg Config, shape dataset.Shape, classes int) (StepCost, error) {
	p, err := cfg.resolve()
	if err != nil {
		return StepCost{}, err
	}
	level, err := kernel.Active()
	if err != nil {
		return StepCost{}, fault.Input(err)
	}
	var at [3]plan.Cost
	for i, batch := range [...]int{cfg.batch(math.MaxInt), 32, 64} {
		e := &engine{parts: p, config: cfg, level: level}
		e.config.Batch = batch
		outputs, updates, err := e.build(shape, classes)
		if err != nil {
			return StepCost{}, err
		}
		if at[i], err = plan.Measure(outputs, updates, plan.Options{Level: level, Threads: 1}); err != nil {
			return StepCost{}, err
		}
	}
	return StepCost{Bytes: at[0].Bytes, BytesPerImage: (at[2].Bytes - at[1].Bytes) / 32, MACsPerImage: at[2].MACs / 64}, nil
}
