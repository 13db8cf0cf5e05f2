package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
)

// Phase is a part of every step of a loop.
type Phase struct {
	Learner *Learner
	Times   int // it is taken within a step, 1 if 0: five for the critic of a GAN, say
	// Feed gives the program the inputs of one of its turns, counted from 1 over all steps, and may
	// have those of the next one prepared if there is to be more.
	Feed func(turn int, more bool) error
}

// Loop takes steps.
type Loop struct {
	Phases []Phase
	// After, if set, is called after every step with what the last turn of each phase came to
	// ([Learner.Take]): to evaluate, log and save. An error ends the loop.
	After func(step int, values [][]float64) error
	// Now tells the time; time.Now if nil.
	Now func() time.Time

	Meter  Meter
	Waited time.Duration // for feeds
	Worked time.Duration // in all
}

// ErrStopped is the error of a loop whose context ended: between two steps, all of which are whole.
// It comes with the context's own error.
var ErrStopped = errors.New("stopped")

// Run takes the steps from from+1 to to. Between two steps it looks whether the context has ended.
// An error of a step, a feed or a hook is returned as it is.
func (l *Loop) Run(ctx context.Context, from, to int) error {
	if err := fault.NoContext(ctx); err != nil {
		return err
	}
	if l.Now == nil {
		l.Now = time.Now
	}
	l.Meter = Meter{Now: l.Now}
	began := l.Now()
	values := make([][]float64, len(l.Phases))
	for step := from + 1; step <= to; step++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%w before step %d: %w", ErrStopped, step, err)
		}
		for i, p := range l.Phases {
			times := max(p.Times, 1)
			p.Learner.turns = times
			for k := range times {
				turn := (step-1)*times + k + 1
				feeding := l.Now()
				if err := p.Feed(turn, turn < to*times); err != nil {
					return err
				}
				l.Waited += l.Now().Sub(feeding)
				var err error
				if values[i], err = p.Learner.Take(turn); err != nil {
					return err
				}
			}
		}
		l.Meter.Count()
		l.Worked = l.Now().Sub(began)
		if l.After == nil {
			continue
		}
		if err := l.After(step, values); err != nil {
			return err
		}
	}
	return nil
}
