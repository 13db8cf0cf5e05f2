package train

import "github.com/gradreg/gradreg/internal/bug"

// Feed prepares the batch of the next step while an engine computes. What a batch holds depends on
// its step alone, so that a feed changes nothing but the time. It is used by one goroutine.
type Feed[T any] struct {
	wanted chan int // steps
	ready  chan prepared[T]
}

type prepared[T any] struct {
	step  int
	batch *T
	err   error // a bug
}

// NewFeed starts a feed whose batches fill makes, all of them in the memory of the one given.
func NewFeed[T any](batch *T, fill func(step int, batch *T)) *Feed[T] {
	f := &Feed[T]{wanted: make(chan int, 1), ready: make(chan prepared[T], 1)}
	go func() {
		defer close(f.ready)
		for step := range f.wanted {
			f.ready <- prepared[T]{step, batch, filled(step, batch, fill)}
		}
	}()
	return f
}

// filled calls fill. A panic is a bug of ours: it is kept for the caller of Next, because in a
// goroutine of its own it would end the whole process.
func filled[T any](step int, batch *T, fill func(int, *T)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = bug.Recovered(r)
		}
	}()
	fill(step, batch)
	return nil
}

// Start has the batch of the first step prepared.
func (f *Feed[T]) Start(step int) { f.wanted <- step }

// Next calls use with the batch that was prepared, which use must not keep, and has that of the
// step after it prepared if there is to be more.
func (f *Feed[T]) Next(use func(batch *T) error, more bool) error {
	p := <-f.ready
	if p.err != nil {
		return p.err
	}
	if err := use(p.batch); err != nil {
		return err
	}
	if more {
		f.wanted <- p.step + 1
	}
	return nil
}

// Close ends the feed; a batch that was prepared is thrown away.
func (f *Feed[T]) Close() {
	close(f.wanted)
	for range f.ready {
	}
}
