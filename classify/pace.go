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
	// Before is the time before the first step of a run that finetunes: for the features of the
	// training images that the cache does not have.
	Before time.Duration
}

// Whole returns how long the whole run takes: what comes before its steps, they and evaluations.
func (p Pace) Whole() time.Duration {
	c := p.Config
	whole := p.Before + time.Duration(c.end())*p.Step
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
	r := &run{Options: opt.filled(), measuring: true}
	defer r.close()
	if err := r.prepare(ctx, cfg); err != nil {
		return Pace{}, err
	}
	p := Pace{
		Config: r.config, Train: r.division.Train.Len(), Dev: r.division.Dev.Len(), Test: r.test.Len(),
		Classes: len(r.data.Classes),
	}
	var err error
	if p.Before, err = r.timeBefore(); err != nil {
		return p, err
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
	p.Judging, err = r.timeJudging()
	return p, err
}

// judgedBatches are as many dev images as are evaluated to see how long all of them take, in batches.
const judgedBatches = 8

// timeJudging returns how long an evaluation on the dev images takes.
func (r *run) timeJudging() (time.Duration, error) {
	all := r.division.Dev
	defer func() { r.division.Dev = all }()
	n := min(all.Len(), judgedBatches*r.judging.batch)
	r.division.Dev.Index = all.Index[:n]
	began := r.Now()
	_, err := r.judge(&Metrics{})
	return time.Duration(float64(r.Now().Sub(began)) * float64(all.Len()) / float64(n)), err
}

// timeBefore returns how long the features take of which a run that finetunes fits its first head.
func (r *run) timeBefore() (time.Duration, error) {
	if !r.config.Finetunes() {
		return 0, nil
	}
	f, err := r.newFrozen(r.config)
	if err != nil {
		return 0, err
	}
	defer f.close()
	missing := r.division.Train.Len() - f.embedder.known(idsOf(r.division.Train))
	if missing == 0 {
		return 0, nil
	}
	batch, err := f.embedder.batchTime(r.Now)
	return time.Duration(float64(batch) * float64(missing) / embedBatch), err
}
