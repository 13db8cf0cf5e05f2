package queue

import (
	"context"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
)

// DefaultLease outlasts a pause of the machine, and is short beside a study.
const DefaultLease = 30 * time.Second

// MinLease is the shortest lease. A worker says five times in it that it is alive; a shorter one
// takes runs from workers that only wait for the database.
const MinLease = 100 * time.Millisecond

// MaxJobs is the largest number of runs that a worker trains at once: River's own bound.
const MaxJobs = 10000

// times are the waits of a worker. A test makes them short.
type times struct {
	tick   time.Duration // between two looks for a job to begin
	look   time.Duration // between two looks for jobs of dead workers and results of others
	other  time.Duration // of a job for another one, of the same run, to end
	retry  time.Duration // the first after a failure; later ones are longer
	idle   time.Duration // of a worker without work before it looks for a new study
	wake   time.Duration // between two looks for jobs that a clock has put off
	upload time.Duration // at least, between two states of a run in the database
}

var defaultTimes = times{
	tick: 250 * time.Millisecond, look: 2 * time.Second, other: 3 * time.Second, retry: time.Second,
	idle: 5 * time.Second, wake: 30 * time.Second, upload: 10 * time.Second,
}

// defaultPatience is for how many looks in a row the database or a disk may fail before a worker
// gives up: a minute.
var defaultPatience = int(time.Minute / defaultTimes.look)

// resolved returns the options with the defaults in the place of zeros.
func (o WorkOptions) resolved() (WorkOptions, error) {
	if o.Jobs < 0 || o.Jobs > MaxJobs {
		return o, fault.Inputf("jobs is %d, expected 1 to %d, or 0 for 1", o.Jobs, MaxJobs)
	}
	if o.Lease != 0 && o.Lease < MinLease {
		return o, fault.Inputf("lease is %v, expected at least %v, or 0 for %v", o.Lease, MinLease, DefaultLease)
	}
	if o.Jobs == 0 {
		o.Jobs = 1
	}
	if o.Lease == 0 {
		o.Lease = DefaultLease
	}
	if o.patience == 0 {
		o.patience = defaultPatience
	}
	if o.times == (times{}) {
		o.times = defaultTimes
	}
	return o, nil
}

// pause waits. It returns false, and at once, when the context ends.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
