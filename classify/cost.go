package classify

import (
	"math"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
)

// StepCost is what a training step needs, penalties and the optimizer's update included.
type StepCost struct {
	Bytes         int // of a step of the configuration's batch, with one thread
	BytesPerImage int // that one image more takes
	MACsPerImage  int // multiply-adds of matrix products and convolutions
}

// Cost measures the step of a configuration for images of the given shape. It plans the step at
// three sizes of the batch, but takes none of its memory. Small batches are planned in another way
// than large ones, so an image's share is that between 32 and 64 images.
func Cost(cfg Config, shape dataset.Shape, classes int) (StepCost, error) {
	p, err := cfg.resolve()
	if err != nil {
		return StepCost{}, err
	}
	on, err := engine.Native(engine.Options{Threads: 1})
	if err != nil {
		return StepCost{}, err
	}
	var at [3]engine.Cost
	for i, batch := range [...]int{cfg.batch(math.MaxInt), 32, 64} {
		t, err := p.training(batch, shape, classes)
		if err != nil {
			return StepCost{}, err
		}
		if at[i], err = on.(engine.Measurer).Measure(t.Step(nil)); err != nil {
			return StepCost{}, err
		}
	}
	return StepCost{
		Bytes: at[0].Bytes, BytesPerImage: (at[2].Bytes - at[1].Bytes) / 32,
		MACsPerImage: at[2].MACs / 64,
	}, nil
}
