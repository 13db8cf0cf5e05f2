package classify

import (
	"context"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
)

// Pace is how fast a run goes, and what it is made of.
type Pace struct {
	Config           Config // resolved, as the run would record it
	Train, Dev, Test int    // images
	Classes          int
	Step, Judging    time.Duration // of a step, and of an evaluation on the dev images
}

// Whole returns how long the steps and evaluations of the whole run take.
func (p Pace) Whole() time.Duration {
	c := p.Config
	whole := time.Duration(c.end()) * p.Step
	if c.EvalEvery > 0 {
		whole += time.Duration(c.end()/c.EvalEvery) * p.Judging
	}
	return whole
}

// Of the steps that Measure takes the first are not typical, for memory is touched for the first time;
// the others it takes until so much time is over.
const (
	untypicalSteps = 2
	measuredSteps  = 12
	measuringTime  = 400 * time.Millisecond
)

// Measure prepares a run, as Run does, takes some of its steps and forgets them. It writes nothing, and
// what keeps the run from beginning is found here, too.
func Measure(ctx context.Context, cfg Config, opt Options) (Pace, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Pace{}, err
	}
	opt.Dir, opt.Resume, opt.Found = "", false, nil
	r := &run{Options: opt.filled()}
	defer r.close()
	if err := r.prepare(ctx, cfg); err != nil {
		return Pace{}, err
	}
	p := Pace{
		Config: r.config, Train: r.division.Train.Len(), Dev: r.division.Dev.Len(), Test: r.test.Len(),
		Classes: len(r.data.Classes),
	}
	b := newBatch(r.config.Batch, r.data.Shape.Size())
	var began time.Time
	taken := 0
	for step := range untypicalSteps + measuredSteps {
		if step >= untypicalSteps && began.IsZero() {
			began = r.Now()
		}
		r.fill(step, b)
		if err := b.feed(r.engine.ClassifierTraining, r.engine.program); err != nil {
			return p, err
		}
		if _, err := r.engine.learner.Take(step + 1); err != nil {
			return p, nil // a divergence, of which the run tells
		}
		if step >= untypicalSteps {
			taken++
			if p.Step = r.Now().Sub(began) / time.Duration(taken); r.Now().Sub(began) > measuringTime {
				break
			}
		}
	}
	if !r.judges() {
		return p, nil
	}
	began = r.Now()
	_, err := r.judge(&Metrics{})
	p.Judging = r.Now().Sub(began)
	return p, err
}
