package train

import "github.com/gradreg/gradreg/dataset"

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
}

// newFeed starts a feed of batches of the given number of images, each of pixels numbers.
func newFeed(batches *dataset.Batches, size, pixels int) *feed {
	f := &feed{wanted: make(chan int, 1), ready: make(chan batch, 1)}
	b := batch{images: make([]float32, size*pixels), labels: make([]int32, size)}
	go func() {
		defer close(f.ready)
		for b.step = range f.wanted {
			b.share = batches.Fill(b.step, b.images, b.labels)
			f.ready <- b
		}
	}()
	return f
}

// next copies the batch of a step to images and labels, and has that of the step after it prepared. Steps are asked for in
// their order, the first one with start.
func (f *feed) next(images []float32, labels []int32, more bool) (share float64) {
	b := <-f.ready
	copy(images, b.images)
	copy(labels, b.labels)
	if more {
		f.wanted <- b.step + 1
	}
	return b.share
}

// start has the batch of a step prepared.
func (f *feed) start(step int) { f.wanted <- step }

// close ends the feed; a batch that was prepared is thrown away.
func (f *feed) close() {
	close(f.wanted)
	for range f.ready {
	}
}
