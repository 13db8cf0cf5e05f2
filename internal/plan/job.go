package plan

import (
	"sync/atomic"

	"github.com/gradreg/gradreg/internal/bug"
)

// job is a set of tasks that workers take one after the other: batch by batch, of each batch those
// of a part of their own first, so that seldom two of them write side by side.
type job struct {
	do      func(w *worker, task int)
	batches []batch
	taken   []atomic.Uint32 // the round that each task was taken in last
	round   uint32
	workers int
	helpers atomic.Int64 // that may work on it
	fault   atomic.Pointer[error]
}

// batch are tasks of equal cost, whose order is free: those from first to before stop.
type batch struct{ first, stop int }

// newJob returns a job of so many tasks.
func newJob(tasks int, batches []batch, do func(w *worker, task int)) *job {
	return &job{do: do, batches: batches, taken: make([]atomic.Uint32, tasks)}
}

// begin makes all tasks free, for a worker and so many helpers.
func (j *job) begin(helpers int) {
	j.round++
	j.workers = helpers + 1
	j.fault.Store(nil) // of an earlier run
	j.helpers.Store(int64(helpers))
}

// work takes tasks, as worker i, until none is left. A panic is a bug of ours: it is kept for the
// caller of run, because in a goroutine of its own it would end the whole process.
func (j *job) work(w *worker, i int) {
	defer func() {
		if r := recover(); r != nil {
			err := bug.Recovered(r)
			j.fault.CompareAndSwap(nil, &err)
			for task := range j.taken {
				j.taken[task].Store(j.round)
			}
		}
	}()
	for _, b := range j.batches {
		count := b.stop - b.first
		for k := range count {
			at := b.at(k, i, j.workers)
			if j.taken[at].Load() != j.round && j.taken[at].Swap(j.round) != j.round {
				j.do(w, at)
			}
		}
	}
}

// at returns the task that worker i of several looks at as its k-th. Every worker begins with a part
// of its own, and goes on with those of others.
func (b batch) at(k, i, workers int) int {
	count := b.stop - b.first
	return b.first + (count*i/workers+k)%count
}
