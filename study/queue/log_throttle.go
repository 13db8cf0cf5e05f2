package queue

import (
	"fmt"
	"sync"
	"time"
)

// logThrottle keeps a log readable when something goes wrong over and over.
type logThrottle struct {
	lock sync.Mutex
	told map[string]told
}

// told is when something was told, and how often it came since.
type told struct {
	at    time.Time
	since int
}

const (
	tellEvery = time.Minute
	mostTold  = 1000 // texts that are remembered
)

// next reports whether something is to be told now, and what to say at its end of the times when it
// was not.
func (r *logThrottle) next(key string, now time.Time) (again string, tell bool) {
	r.lock.Lock()
	defer r.lock.Unlock()
	before, known := r.told[key]
	if known && now.Sub(before.at) < tellEvery {
		before.since++
		r.told[key] = before
		return "", false
	}
	if r.told == nil || len(r.told) >= mostTold {
		r.told = map[string]told{}
	}
	r.told[key] = told{at: now}
	if before.since > 0 {
		again = fmt.Sprintf(" (and %d times since %s)", before.since, before.at.Format(time.TimeOnly))
	}
	return again, true
}
