package gan

import (
	"math"

	"github.com/gradreg/gradreg/train"
)

// Metrics is a line of metrics.jsonl.
type Metrics struct {
	Step int `json:"step"`
	// Means since the last line, of the critic over the last turn of each step, of a penalty over the
	// steps that took it. Their levels mean little: see Watch.
	CriticLoss    float64            `json:"critic_loss"`
	GeneratorLoss float64            `json:"generator_loss"`
	Penalties     map[string]float64 `json:"penalties,omitempty"`
	Watch
	// Memorizing is (mean D(training) − mean D(held out))/(mean D(training) − mean D(generated)), 0
	// where the critic tells them as little apart as it can and 1 where held-out images are to it as
	// generated ones (r_v of Karras et al. 2020, equation 1). It is left out where the critic does not
	// tell training from generated images apart.
	Memorizing      *float64 `json:"memorizing,omitempty"`
	Clamped         float64  `json:"clamped"` // share of generated values outside −1 … 1, of images
	LearningRate    float64  `json:"learning_rate"`
	ImagesPerSecond float64  `json:"images_per_second"`
	Seconds         float64  `json:"seconds"`
}

// count adds up what a step came to.
func (r *run) count(step int, values [][]float64) {
	add := func(i int, v float64) { r.progress.sums[i] += v; r.progress.counts[i]++ }
	add(0, values[0][0])
	add(1, values[1][0])
	for i := range r.training.Critic.Terms {
		if r.taken(i, step) {
			add(2+i, values[0][1+i]) // the last one that a turn took
		}
	}
}

// taken reports whether one of the critic's turns of a step takes a penalty.
func (r *run) taken(term, step int) bool {
	n := r.config.CriticSteps
	for turn := (step-1)*n + 1; turn <= step*n; turn++ {
		if r.training.Critic.Active(term, turn) {
			return true
		}
	}
	return false
}

// log writes a line of metrics.
func (r *run) log(step int) error {
	m := Metrics{Step: step, Penalties: map[string]float64{}}
	of := func(i int) float64 { return r.progress.sums[i] / r.progress.counts[i] }
	m.CriticLoss, m.GeneratorLoss = of(0), of(1)
	for i, term := range r.training.Critic.Terms {
		if r.progress.counts[2+i] > 0 {
			m.Penalties[term.Name] = of(2 + i)
		}
	}
	clear(r.progress.sums)
	clear(r.progress.counts)
	if err := r.watch(step, &m); err != nil {
		return err
	}
	m.LearningRate, m.Seconds, m.ImagesPerSecond = r.rate(step), r.progress.seconds, r.imagesPerSecond()
	if what, value := m.Watch.notFinite(); what != "" {
		critic := train.Learner{Training: r.training.Critic, Program: r.program}
		return critic.Diverged(step, "the critic's "+what, value)
	}
	r.latest = &m
	if r.journal == nil {
		return nil
	}
	return r.journal.Append(m)
}

// firstWatched returns which of n samples is the first of the batch that the line of a step looks at,
// with a line every so many steps. Batch follows on batch, so that lines together are of all samples,
// whatever divides their number.
func firstWatched(step, every, batch, n int) int {
	line := (step + every - 1) / every
	return line * batch % max(n, 1)
}

// memorizingOf returns how much better the critic knows training samples than held-out ones, see
// [Metrics]; nil where it does not tell training from generated samples apart, or a number is not
// finite.
func memorizingOf(trained, held Watch) *float64 {
	share := (trained.RealScore - held.RealScore) / trained.Gap
	if !(trained.Gap > 0) || math.IsInf(share, 0) || math.IsNaN(share) {
		return nil
	}
	return &share
}

// watch fills in what the critic says of training, held-out and generated samples.
func (r *run) watch(step int, m *Metrics) error {
	t, b := r.training, r.config.Batch
	look := func(samples func(first, n int, dst []float32), most int) (Watch, error) {
		samples(firstWatched(step, r.config.LogEvery, b, most), b, r.probe)
		if err := r.program.Write(t.Real, r.probe); err != nil {
			return Watch{}, err
		}
		return t.Watch(r.program, r.config.Seed, step)
	}
	var err error
	if m.Watch, err = look(r.data.Trained, r.data.trainLen()); err != nil {
		return err
	}
	if r.data.Train != nil && r.data.HeldOutLen() > 0 { // points are never seen again
		held, err := look(r.data.HeldOut, r.data.HeldOutLen())
		if err != nil {
			return err
		}
		m.Memorizing = memorizingOf(m.Watch, held)
	}
	if len(r.data.Shape) == 3 {
		if err := r.program.Read(t.Fake, r.probe); err != nil {
			return err
		}
		m.Clamped = float64(Outside(r.probe)) / float64(len(r.probe))
	}
	return nil
}
