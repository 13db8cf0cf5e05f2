package classify

import (
	"fmt"
	"runtime/debug"

	"github.com/gradreg/gradreg/dataset"
)

// feed prepares the batch of the next step while the engine computes. What a batch holds depends on its step only, so it
// changes nothing but the time.
type feed struct {
	wanted chan int // steps, counted from 0
	ready  chan batch
}

// batch is a batch in memory of the feed's.
type batch struct {
	step   int
	images []float32
	labels []int32
	share  float64 // of the first image of each mixed pair
	err    error   // a bug of ours
}

// newFeed starts a feed of batches of the given number of images, each of pixels numbers.
func newFeed(batches *dataset.Batches, size, pixels int) *feed {
	f := &feed{wanted: make(chan int, 1), ready: make(chan batch, 1)}
	b := batch{images: make([]float32, size*pixels), labels: make([]int32, size)}
	go func() {
		defer close(f.ready)
		for b.step = range f.wanted {
			b.fill(batches)
			f.ready <- b
		}
	}()
	return f
}

// fill prepares the batch. A panic is a bug of ours: it is kept for the caller of next, because in a goroutine of its own
// it would end the whole process.
func (b *batch) fill(batches *dataset.Batches) {
	defer func() {
		if r := recover(); r != nil {
			b.err = fmt.Errorf("internal error: %v\n%s", r, debug.Stack())
		}
	}()
	b.share = batches.Fill(b.step, b.images, b.labels)
}

// next calls use with the batch of a step, which must not keep it, and has that of the step after it prepared if there is to
// be more. Steps are asked for in their order, the first one with start.
func (f *feed) next(use func(images []float32, labels []int32, share float64) error, more bool) error {
	b := <-f.ready
	if b.err != nil {
		return b.err
	}
	if err := use(b.images, b.labels, b.share); err != nil {
		return err
	}
	if more {
		f.wanted <- b.step + 1
	}
	return nil
}

// start has the batch of a step prepared.
func (f *feed) start(step int) { f.wanted <- step }

// close ends the feed; a batch that was prepared is thrown away.
func (f *feed) close() {
	close(f.wanted)
	for range f.ready {
	}
}
