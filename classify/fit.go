package classify

import (
	"context"
	"errors"
	"math"

	"github.com/gradreg/gradreg/train"
)

// nan stands for a number that is not there.
var nan = math.NaN()

// fit takes the steps that are left.
func (r *run) fit(ctx context.Context) error {
	if r.frozen != nil {
		return r.fitFrozen(ctx)
	}
	if r.Started != nil {
		r.Started(Start{
			Config: r.config, Dir: r.Dir, DevImages: r.division.Dev.Len(),
			Parameters: r.engine.Params.Count(), Threads: r.Threads, CPU: r.engine.cpu,
			Step: r.progress.step, Steps: r.config.end(), MACs: r.engine.program.MACs(0),
			Bytes:    r.engine.program.Bytes(),
			Origins:  r.progress.origins,
			Oddities: r.oddities(),
		})
	}
	end, before := r.config.end(), r.progress.seconds
	if r.exhausted(r.progress.step) {
		return nil
	}
	feed := train.NewFeed(newBatch(r.config.Batch, r.data.Shape.Size()), r.fill)
	defer feed.Close()
	if r.progress.step < end {
		feed.Start(r.progress.step)
	}
	use := func(b *batch) error { return b.feed(r.engine.ClassifierTraining, r.engine.program) }
	r.loop = train.Loop{Now: r.Now, Phases: []train.Phase{{
		Learner: &r.engine.learner, Feed: func(_ int, more bool) error { return feed.Next(use, more) },
	}}}
	r.loop.After = func(step int, values [][]float64) error {
		r.progress.step = step
		for i, v := range values[0] {
			if i == 0 || r.engine.Active(i-1, step) {
				r.progress.sums[i] += v
			}
		}
		r.progress.seconds = before + r.loop.Worked.Seconds()
		return r.after(step, values[0])
	}
	switch err := r.loop.Run(ctx, r.progress.step, end); {
	case errors.Is(err, errExhausted):
		return nil
	case errors.Is(err, train.ErrStopped):
		return r.interrupt(ctx)
	case err != nil:
		return err
	}
	if end < r.config.Steps {
		return r.stopEarly()
	}
	return nil
}

// errExhausted ends the loop of a run whose loss on the dev part has been above its least for long.
var errExhausted = errors.New("the loss on the dev part has been above its least for long")

// interrupt saves the run where it stands.
func (r *run) interrupt(ctx context.Context) error {
	if err := r.save(); err != nil {
		return err
	}
	return Interrupted(ctx)
}

// save writes a checkpoint and tells whoever wants to know.
func (r *run) save() error {
	if err := r.checkpoint(); err != nil || r.Saved == nil || r.Dir == "" {
		return err
	}
	return r.Saved(r.progress.step)
}

// after does what is due after a step: evaluation, a line of metrics, a checkpoint.
func (r *run) after(step int, values []float64) error {
	last := r.config.ends(step)
	m := Metrics{Step: step}
	evaluated := r.evaluates(step)
	if evaluated {
		j, err := r.judge(&m)
		if err != nil {
			return err
		}
		if err := r.consider(step, j); err != nil {
			return err
		}
	}
	exhausted := r.exhausted(step)
	if step%r.config.LogEvery == 0 || last || evaluated {
		if err := r.log(m); err != nil {
			return err
		}
	}
	if step%r.config.CheckpointEvery == 0 || last || exhausted {
		if err := r.save(); err != nil {
			return err
		}
	}
	if r.Stepped != nil {
		r.Stepped(r.report(step, values, evaluated))
	}
	if exhausted {
		return errExhausted
	}
	return nil
}

// judges reports whether the run is evaluated on the way.
func (r *run) judges() bool { return r.config.EvalEvery > 0 && r.division.Dev.Len() > 0 }

// judge evaluates the model on the dev part for a line of metrics.
func (r *run) judge(m *Metrics) (j judgement, err error) {
	if err := r.judging.load(r.engine); err != nil {
		return j, err
	}
	v, err := r.measureBy(r.judging, r.division.Dev, r.devTables)
	if err != nil {
		return j, err
	}
	if r.hasClasses() {
		m.DevAccuracy, m.DevNLL = &v.Quality, &v.Loss
	} else {
		m.DevQuality, m.DevLoss = &v.Quality, &v.Loss
	}
	r.devScore, r.devStep = &v.Quality, m.Step
	if j = (judgement{loss: v.Loss, quality: v.Quality}); !r.hasClasses() || !r.config.remembersBest() {
		return j, nil
	}
	if j.loss, j.err, err = r.calibratedLoss(); err != nil {
		return j, err
	}
	m.DevCalibrated, m.DevError = &j.loss, &j.err
	return j, nil
}

// report describes the run after a step.
func (r *run) report(step int, values []float64, evaluated bool) Progress {
	p := Progress{
		Step: step, Steps: r.config.end(), Loss: values[0], Penalties: values[1:],
		DevQuality: nan, Quality: r.task.Quality(), DevStep: r.devStep,
		Evaluated: evaluated, ImagesPerSecond: r.loop.Meter.PerSecond() * float64(r.config.Batch),
		Remaining: r.loop.Meter.Remaining(r.config.end() - step),
	}
	images := r.division.Train.Len()
	p.Epoch, p.Epochs = r.config.epoch(step, images)
	p.DevEpoch, _ = r.config.epoch(r.devStep, images)
	if r.devScore != nil {
		p.DevQuality = *r.devScore
	}
	for i, reg := range r.engine.regularizers {
		p.Names, p.Weights = append(p.Names, reg.Name()), append(p.Weights, r.engine.learner.MeanWeight(i, step))
	}
	return p
}

// log completes a line of metrics with the means since the last one and writes it.
func (r *run) log(m Metrics) error {
	steps := m.Step - r.logged
	m.Loss = r.progress.sums[0] / float64(steps)
	m.Penalties, m.Lambdas = map[string]float64{}, map[string]float64{}
	for i, reg := range r.engine.regularizers {
		count := 0
		for step := r.logged + 1; step <= m.Step; step++ {
			if r.engine.Active(i, step) {
				count++
			}
		}
		if count > 0 { // a mean over the steps that took it
			m.Penalties[reg.Name()] = r.progress.sums[i+1] / float64(count)
			m.Lambdas[reg.Name()] = r.engine.learner.MeanWeight(i, m.Step)
		}
	}
	clear(r.progress.sums)
	r.logged = m.Step
	m.LearningRate = r.config.LearningRate * r.engine.schedule.At(m.Step, r.config.planned(m.Step))
	m.ImagesPerSecond = r.loop.Meter.PerSecond() * float64(r.config.Batch)
	m.Seconds = r.progress.seconds
	if r.journal == nil {
		return nil
	}
	return r.journal.Append(m)
}
