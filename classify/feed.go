package classify

import (
	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
)

// batch is a batch in the memory of a feed.
type batch struct {
	images  []float32
	labels  []int32
	targets []float32 // of a task without classes [B, K]
	share   float64   // of the first image of each mixed pair
}

// newBatch returns memory for images of pixels numbers.
func newBatch(size, pixels int) *batch {
	return &batch{images: make([]float32, size*pixels), labels: make([]int32, size)}
}

// fill makes a batch that of a step.
func (r *run) fill(step int, b *batch) {
	b.share = r.batches.Fill(step, b.images, b.labels)
	if r.hasClasses() {
		return
	}
	if b.targets == nil {
		b.targets = make([]float32, len(b.labels)*len(r.data.Classes))
	}
	r.batches.FillTargets(step, b.targets, r.scale, b.share)
}

// feed gives a training's program the batch.
func (b *batch) feed(t *gradreg.ClassifierTraining, program engine.Program) error {
	if b.targets != nil {
		return t.FeedTargets(program, b.images, b.targets)
	}
	return t.Feed(program, b.images, b.labels, b.share)
}
