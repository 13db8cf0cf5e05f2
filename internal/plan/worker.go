package plan

import (
	"sync"
	"sync/atomic"

	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/internal/kernel"
)

// worker is one of the threads that run a program, with the memory that it alone uses.
type worker struct {
	level   kernel.Level
	local   []float32 // local values
	scratch []float32 // what one kernel call needs, undefined between calls
	blocks  [][]float32
	at      [maxOperands + maxRegisters][]float32 // where a tape's slots are, too much to clear for each block
	chunk   chunk                                 // what it is busy with

	// of strip programs: the steps that run, strips of memory, and accumulators of sums
	strips    []kernel.StripStep
	own, sums []float32
}

// team runs the tasks of regions on persistent workers. The caller of run is worker 0; the others
// are parked goroutines.
type team struct {
	workers []*worker
	wake    []chan *job
	done    sync.WaitGroup
}

// job is a set of tasks that workers take one after the other.
type job struct {
	tasks int
	do    func(w *worker, task int)
	next  atomic.Int64
	wg    sync.WaitGroup
	fault atomic.Pointer[error]
}

// newTeam starts the goroutines of all workers but the first.
func newTeam(workers []*worker) *team {
	t := &team{workers: workers}
	for _, w := range workers[1:] {
		ch := make(chan *job)
		t.wake = append(t.wake, ch)
		t.done.Add(1)
		go func() {
			defer t.done.Done()
			for j := range ch {
				j.work(w)
				j.wg.Done()
			}
		}()
	}
	return t
}

// run does all tasks of j and returns when the last one is done.
func (t *team) run(j *job) error {
	helpers := min(len(t.wake), j.tasks-1)
	j.next.Store(0)
	j.fault.Store(nil) // of an earlier run
	j.wg.Add(helpers)
	for _, ch := range t.wake[:helpers] {
		ch <- j
	}
	j.work(t.workers[0])
	j.wg.Wait()
	if err := j.fault.Load(); err != nil {
		return *err
	}
	return nil
}

// work takes tasks until none is left. A panic is a bug of ours: it is kept for the caller of run,
// because in a goroutine of its own it would end the whole process.
func (j *job) work(w *worker) {
	defer func() {
		if r := recover(); r != nil {
			err := bug.Recovered(r)
			j.fault.CompareAndSwap(nil, &err)
			j.next.Store(int64(j.tasks))
		}
	}()
	for {
		task := int(j.next.Add(1)) - 1
		if task >= j.tasks {
			return
		}
		j.do(w, task)
	}
}

// close ends the goroutines.
func (t *team) close() {
	for _, ch := range t.wake {
		close(ch)
	}
	t.done.Wait()
}
