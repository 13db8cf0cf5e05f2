package plan

import (
	"runtime"
	"sync"
	"sync/atomic"
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

// closing is the job after which a helper ends.
var closing = &job{}

// newTeam starts the goroutines of all workers but the first.
func newTeam(workers []*worker) *team {
	t := &team{workers: workers, caller: newWaiter(), processors: runtime.GOMAXPROCS(0)}
	for i, w := range workers[1:] {
		s := &seat{waiter: newWaiter()}
		t.seats = append(t.seats, s)
		t.done.Go(func() { t.help(w, i+1, s) })
	}
	return t
}

// help does the jobs of a seat, as worker i, until the team is closed.
func (t *team) help(w *worker, i int, s *seat) {
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
			j.work(w, i)
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
	seats := t.seats[:min(len(t.seats), len(j.taken)-1)]
	j.begin(len(seats))
	for _, s := range seats {
		s.offer(j)
	}
	j.work(t.workers[0], 0)
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

// close ends the goroutines.
func (t *team) close() {
	for _, s := range t.seats {
		s.offer(closing)
	}
	t.done.Wait()
}
