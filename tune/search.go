package tune

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/internal/fault"
)

// The search has two rounds. The first tries every candidate, half a decade apart from the scale
// on, for a sixteenth of the run's steps, and follows a best one at the lower edge. Longer runs
// often want a larger λ, so the second begins with the best one and the one above it, and with no
// penalty, for three eighths of the steps, and climbs twice more on the side of the best. That is
// at most 1/32 + 7/16 + 15/8 of the run's steps.
var candidates = []float64{0, 0.5, 1, 1.5, 2} // places

const (
	firstShare, secondShare = 1. / 16, 3. / 8
	scaleShare              = 1. / 32
	furthest                = 2 // candidates beyond an edge
)

// mostFirst and mostSecond are how many probes the rounds have at most.
var mostFirst, mostSecond = len(candidates) + furthest, 3 + furthest

// search is a search for a λ.
type search struct {
	Options
	lab   lab
	cfg   classify.Config // with a λ of 0 in the gap
	open  open
	track *tracker
}

// newRounds returns the two rounds, before their first probes.
func newRounds() (first, second *round) {
	return &round{share: firstShare, most: mostFirst}, &round{share: secondShare, most: mostSecond}
}

// plan announces what the search will take at most.
func (s search) plan() {
	if s.open.Interval().First == 0 {
		s.track.plan(1, s.config(0, scaleShare).Steps)
	}
	first, second := newRounds()
	for _, r := range []*round{first, second} {
		s.track.plan(r.most, r.most*s.config(0, r.share).Steps)
	}
}

// done takes back what of a round's probes was not needed.
func (s search) done(r *round) {
	left := r.most - len(r.probes)
	s.track.plan(-left, -left*s.config(0, r.share).Steps)
}

// config returns the configuration of a short run.
func (s search) config(lambda, share float64) classify.Config {
	cfg := s.cfg
	cfg.Regularizers = slices.Clone(cfg.Regularizers)
	cfg.Regularizers[s.open.at] = s.open.WithLambda(lambda)
	return Shortened(cfg, share)
}

func (s search) log(format string, args ...any) {
	if s.Log != nil {
		s.Log(fmt.Sprintf(format, args...))
	}
}

func (s search) run(ctx context.Context) (*classify.Choice, error) {
	choice, steps := &classify.Choice{}, 0
	interval := s.open.Interval()
	if interval.First == 0 {
		var err error
		began := time.Now()
		if choice.Scale, steps, err = s.scale(ctx); err != nil {
			return nil, err
		}
		choice.Seconds = time.Since(began).Seconds()
	}
	ladder := newLadder(interval, choice.Scale)
	first, second := newRounds()
	if err := s.rounds(ctx, ladder, first, second); err != nil {
		return nil, err
	}
	won := second.probes[best(second.probes)]
	if won.Diverged != "" {
		return nil, fmt.Errorf(
			"%s: every probe diverged, one with %s; try a lower learning rate",
			s.open.WithLambda(won.lambda), won.Diverged,
		)
	}
	choice.Regularizer, choice.Lambda = s.open.WithLambda(won.lambda), won.lambda
	for _, p := range slices.Concat(first.probes, second.probes) {
		choice.Probes = append(choice.Probes, classify.NewProbeRecord(p.lambda, p.steps, p.ProbeResult))
		steps, choice.Seconds, choice.Chance = steps+p.steps, choice.Seconds+p.Seconds, max(choice.Chance, p.Chance)
	}
	choice.Cost = float64(steps) / float64(s.cfg.Steps)
	return choice, nil
}

// scale returns the λ at which loss and penalty have gradients of one size, and the steps that
// finding it took.
func (s search) scale(ctx context.Context) (scale float64, steps int, err error) {
	penalty, err := s.open.some().Regularizer()
	if err != nil {
		return 0, 0, fault.Input(err)
	}
	plain := s.config(0, scaleShare)
	run := s.track.begin(plain.Steps)
	if scale, err = s.lab.scale(
		ctx, plain, penalty,
		classify.Options{DataDirs: s.DataDirs, Threads: s.Threads, Stepped: run.stepped},
	); err != nil {
		return 0, 0, err
	}
	run.end()
	s.log("%s: gradients of loss and penalty are of one size at λ %.3g", s.open.Name(), scale)
	return scale, plain.Steps, nil
}

// rounds probes what the search has to know.
func (s search) rounds(ctx context.Context, l ladder, first, second *round) error {
	if err := s.probe(ctx, l, first, candidates...); err != nil {
		return err
	}
	for range furthest {
		lowest := first.lowest()
		if first.lead() != lowest {
			break
		}
		if err := s.probe(ctx, l, first, lowest-half); err != nil {
			return err
		}
	}
	s.done(first)
	lead := first.lead()
	if err := s.probe(ctx, l, second, plain, lead, lead+half); err != nil {
		return err
	}
	for range furthest {
		next, ok := second.beyond()
		if !ok {
			break
		}
		if err := s.probe(ctx, l, second, next); err != nil {
			return err
		}
	}
	s.done(second)
	return nil
}

// probe trains with the λ of those places that the ladder has, several at once, and adds them to
// the round.
func (s search) probe(ctx context.Context, l ladder, r *round, places ...float64) error {
	places = l.among(places...)
	probes, errs := make([]probe, len(places)), make([]error, len(places))
	slots := make(chan struct{}, s.Threads)
	var wait sync.WaitGroup
	var bugs bug.Keeper
	for i, place := range places {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			defer bugs.Keep()
			lambda := l.at(place)
			cfg := s.config(lambda, r.share)
			run := s.track.begin(cfg.Steps)
			trial, err := s.lab.probe(
				ctx, cfg,
				classify.Options{DataDirs: s.DataDirs, Threads: max(1, s.Threads/len(places)), Stepped: run.stepped},
			)
			if probes[i], errs[i] = (probe{place, lambda, cfg.Steps, trial}), err; err != nil {
				return
			}
			run.end()
			s.log("%s, %d steps: %s", s.open.WithLambda(lambda), cfg.Steps, told(trial))
		})
	}
	wait.Wait()
	bugs.Raise()
	r.probes = append(r.probes, probes...)
	// They all fail alike, if they fail by the configuration: one is enough to read.
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	return nil
}

// told says how a short run did.
func told(t classify.ProbeResult) string {
	if t.Diverged != "" {
		return t.Diverged
	}
	if t.Metrics != nil {
		return fmt.Sprintf("%s %.4g, loss %.4g on %d dev images",
			t.Metrics.Name, t.Metrics.Quality, t.Metrics.Loss, t.Images)
	}
	return fmt.Sprintf("%.2f %% of %d dev images, calibrated NLL %.4f", 100*t.Accuracy, t.Images, t.Calibrated)
}
