package plan

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gradreg/gradreg/internal/bug"
)

// team runs the tasks of regions on persistent workers. The caller of run is worker 0; the others
// are helpers, goroutines of their own.
type team struct {
	workers    []*worker
	seats      []*seat // of helpers
	caller     waiter
	processors int
	done       sync.WaitGroup
}

// seat is where a helper takes its jobs from. A job that it has not taken yet can be taken back.
type seat struct {
	job atomic.Pointer[job]
	waiter
}

// job is a set of tasks that workers take one after the other.
type job struct {
	tasks   int
	do      func(w *worker, task int)
	next    atomic.Int64
	helpers atomic.Int64 // that work on it, or may begin to
	fault   atomic.Pointer[error]
}

// closing is the job after which a helper ends.
var closing = &job{}

// newTeam starts the goroutines of all workers but the first.
func newTeam(workers []*worker) *team {
	t := &team{workers: workers, caller: newWaiter(), processors: runtime.GOMAXPROCS(0)}
	for _, w := range workers[1:] {
		s := &seat{waiter: newWaiter()}
		t.seats = append(t.seats, s)
		t.done.Go(func() { t.help(w, s) })
	}
	return t
}

// help does the jobs of a seat until the team is closed.
func (t *team) help(w *worker, s *seat) {
	awake.Add(1)
	defer awake.Add(-1)
	for {
		j := s.job.Swap(nil)
		switch {
		case j == closing:
			return
		case j == nil:
			s.await(t.processors, func() bool { return s.job.Load() != nil })
		default:
			j.work(w)
			if j.helpers.Add(-1) == 0 {
				t.caller.rouse()
			}
		}
	}
}

// offer has the seat's helper work on j.
func (s *seat) offer(j *job) {
	s.job.Store(j)
	s.rouse()
}

// run does all tasks of j and returns when the last one is done. It does not wait for a helper that
// comes too late for any.
func (t *team) run(j *job) error {
	seats := t.seats[:min(len(t.seats), j.tasks-1)]
	j.next.Store(0)
	j.fault.Store(nil) // of an earlier run
	j.helpers.Store(int64(len(seats)))
	for _, s := range seats {
		s.offer(j)
	}
	j.work(t.workers[0])
	for _, s := range seats {
		if s.job.CompareAndSwap(j, nil) {
			j.helpers.Add(-1)
		}
	}
	for j.helpers.Load() > 0 {
		t.caller.await(t.processors, func() bool { return j.helpers.Load() == 0 })
	}
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
	for _, s := range t.seats {
		s.offer(closing)
	}
	t.done.Wait()
}
