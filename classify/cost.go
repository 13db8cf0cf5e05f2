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

// Cost measures the step of a configuration for images of the given shape. It plans the step for the
// configuration's batch and for 32 and 64 images, but takes none of its memory. Small batches are
// planned in another way than large ones, so an image's share is that between 32 and 64 images.
func Cost(cfg Config, shape dataset.Shape, classes int) (StepCost, error) {
	p, err := cfg.resolve()
	if err != nil {
		return StepCost{}, err
	}
	on, err := engine.Native(engine.Options{Threads: 1, Convolution: cfg.Convolution})
	if err != nil {
		return StepCost{}, err
	}
	own := cfg.batch(math.MaxInt)
	at := map[int]engine.Cost{} // by the size of the batch
	for _, batch := range [...]int{own, 32, 64} {
		if _, done := at[batch]; done {
			continue
		}
		t, err := p.training(batch, shape, classes)
		if err != nil {
			return StepCost{}, err
		}
		if at[batch], err = on.(engine.Measurer).Measure(t.Step(nil)); err != nil {
			return StepCost{}, err
		}
	}
	return StepCost{
		Bytes: at[own].Bytes, BytesPerImage: (at[64].Bytes - at[32].Bytes) / 32,
		MACsPerImage: at[64].MACs / 64,
	}, nil
}
