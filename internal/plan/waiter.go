package plan

import (
	"sync/atomic"
	"time"

	"github.com/gradreg/gradreg/internal/kernel"
)

// waiter is what a goroutine waits with: awake for a while, since a processor that sleeps takes long
// to come back, then asleep until somebody rouses it.
type waiter struct {
	asleep atomic.Bool
	wake   chan struct{}
	last   time.Time     // when it waited last
	credit time.Duration // how long it may wait awake in vain
}

// patience is how long a goroutine waits awake. thrift is the share of all time that it may wait
// awake in vain: where others need the processors, whoever is waited for comes back in
// milliseconds, and waiting awake keeps it away.
const (
	patience = 200 * time.Microsecond
	thrift   = 32
)

// awake counts the workers of all teams that work or wait awake. More of them than processors keep
// each other from working.
var awake atomic.Int64

func newWaiter() waiter { return waiter{wake: make(chan struct{}, 1)} }

// await waits until ready says so, or until somebody rouses it for a reason that is gone.
func (w *waiter) await(processors int, ready func() bool) {
	if w.linger(processors, ready) {
		return
	}
	w.asleep.Store(true)
	if ready() && w.asleep.CompareAndSwap(true, false) {
		return
	}
	awake.Add(-1)
	<-w.wake
	awake.Add(1)
}

// linger waits awake, and reports whether ready said so in time.
func (w *waiter) linger(processors int, ready func() bool) bool {
	start := time.Now()
	w.credit = min(w.credit+start.Sub(w.last)/thrift, 2*patience)
	w.last = start
	limit, waited := min(w.credit, patience), time.Duration(0)
	for waited < limit && awake.Load() <= int64(processors) {
		for range 8 {
			if ready() {
				return true
			}
			kernel.Pause()
		}
		waited = time.Since(start)
	}
	w.credit -= waited
	return false
}

// rouse wakes a goroutine that sleeps. Whoever has made it ready does so afterwards.
func (w *waiter) rouse() {
	if w.asleep.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}
