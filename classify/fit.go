package classify

import (
	"context"
	"math"
	"time"
)

// nan stands for a number that is not there.
var nan = math.NaN()

// fit takes the steps that are left.
func (r *run) fit(ctx context.Context) error {
	if r.Started != nil {
		r.Started(Start{
			Config: r.config, Dir: r.Dir, DevImages: r.division.Dev.Len(), Parameters: r.engine.Params.Count(), Threads: r.Threads, CPU: r.engine.cpu,
			Step: r.progress.step, Steps: r.config.end(), MACs: r.engine.program.MACs(0), Bytes: r.engine.program.Bytes(),
			Origins:  r.progress.origins,
			Oddities: r.oddities(),
		})
	}
	began, before := r.Now(), r.progress.seconds
	r.rate = speedometer{now: r.Now}
	feed := newFeed(r.batches, r.config.Batch, r.data.Shape.Size())
	defer feed.close()
	end := r.config.end()
	if r.progress.step < end {
		feed.start(r.progress.step)
	}
	use := func(images []float32, labels []int32, share float64) error {
		return r.engine.Feed(r.engine.program, images, labels, share)
	}
	for r.progress.step < end {
		if ctx.Err() != nil {
			return r.interrupt(ctx)
		}
		step := r.progress.step + 1
		filling := r.Now()
		if err := feed.next(use, step < end); err != nil {
			return err
		}
		r.waited += r.Now().Sub(filling)
		values, err := r.engine.step(step)
		if err != nil {
			return err
		}
		r.progress.step = step
		for i, v := range values {
			if i == 0 || r.engine.Active(i-1, step) {
				r.progress.sums[i] += v
			}
		}
		r.rate.count()
		r.worked = r.Now().Sub(began)
		r.progress.seconds = before + r.worked.Seconds()
		if err := r.after(step, values); err != nil {
			return err
		}
	}
	if end < r.config.Steps {
		return r.stopEarly()
	}
	return nil
}

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
	evaluated := r.judges() && (step%r.config.EvalEvery == 0 || last)
	if evaluated {
		if err := r.judge(&m); err != nil {
			return err
		}
	}
	if step%r.config.LogEvery == 0 || last || evaluated {
		if err := r.log(m); err != nil {
			return err
		}
	}
	if step%r.config.CheckpointEvery == 0 || last {
		if err := r.save(); err != nil {
			return err
		}
	}
	if r.Stepped != nil {
		r.Stepped(r.report(step, values, evaluated))
	}
	return nil
}

// judges reports whether the run is evaluated on the way.
func (r *run) judges() bool { return r.config.EvalEvery > 0 && r.division.Dev.Len() > 0 }

// judge evaluates the model on the dev part for a line of metrics.
func (r *run) judge(m *Metrics) error {
	if err := r.classifier.load(r.engine); err != nil {
		return err
	}
	score, err := r.classifier.score(r.division.Dev, r.devTables)
	if err != nil {
		return err
	}
	accuracy, nll := score.Accuracy(), score.NLL()
	m.DevAccuracy, m.DevNLL = &accuracy, &nll
	r.devScore, r.devStep = &accuracy, m.Step
	return nil
}

// report describes the run after a step.
func (r *run) report(step int, values []float64, evaluated bool) Progress {
	p := Progress{
		Step: step, Steps: r.config.end(), Loss: values[0], Penalties: values[1:], DevAccuracy: nan, DevStep: r.devStep,
		Evaluated: evaluated, ImagesPerSecond: r.rate.perSecond() * float64(r.config.Batch),
		Remaining: r.rate.remaining(r.config.end() - step),
	}
	if r.devScore != nil {
		p.DevAccuracy = *r.devScore
	}
	for i, reg := range r.engine.regularizers {
		p.Names, p.Weights = append(p.Names, reg.Name()), append(p.Weights, r.engine.shown(i, step))
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
			m.Lambdas[reg.Name()] = r.engine.shown(i, m.Step)
		}
	}
	clear(r.progress.sums)
	r.logged = m.Step
	m.LearningRate = r.config.LearningRate * r.engine.schedule.At(m.Step, r.config.planned(m.Step))
	m.ImagesPerSecond = r.rate.perSecond() * float64(r.config.Batch)
	m.Seconds = r.progress.seconds
	if r.journal == nil {
		return nil
	}
	return r.journal.Append(m)
}

// speedometer measures steps per second, leaving out the first step, which is not typical: memory is touched
// for the first time.
type speedometer struct {
	now   func() time.Time
	since time.Time
	steps int
	rate  float64
}

func (s *speedometer) count() {
	if s.since.IsZero() {
		s.since = s.now()
		return
	}
	s.steps++
	s.rate = rate(float64(s.steps), s.now().Sub(s.since).Seconds())
}

// rate returns amount/seconds, 0 where the clock did not move: then there is no rate yet.
func rate(amount, seconds float64) float64 {
	if !(seconds > 0) {
		return 0
	}
	return amount / seconds
}

func (s *speedometer) perSecond() float64 { return s.rate }

// remaining returns the time that some steps will take, 0 before it is known.
func (s *speedometer) remaining(steps int) time.Duration {
	if s.rate == 0 {
		return 0
	}
	return time.Duration(float64(steps) / s.rate * float64(time.Second))
}
