package tune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/train"
)

// Auto stands for a λ that is to be found, as in datagrad:auto.
const Auto = "auto"

// Options are what the search needs beside the configuration; none of them changes its choice.
type Options struct {
	DataDirs []string
	// Threads is how many probes run at once, each on a thread of its own; 0 means one per processor.
	Threads int
	// Log, if set, is told what is going on.
	Log func(string)
}

// Choice is a λ and how it was found.
type Choice struct {
	Regularizer string  `json:"regularizer"` // the text form with the λ
	Lambda      float64 `json:"lambda"`
	Scale       float64 `json:"scale"` // λ at which loss and penalty have gradients of one size, after a short plain run
	Probes      []Probe `json:"probes"`
	Cost        float64 `json:"cost"` // steps of scale and probes, those with the penalty, over those of a run
}

// Probe is a short run with a λ.
type Probe struct {
	Lambda float64 `json:"lambda"`
	Steps  int     `json:"steps"`
	train.Trial
}

// String says how the choice was made.
func (c Choice) String() string {
	last := c.Probes[len(c.Probes)-1].Steps
	var finalists []string
	for _, p := range c.Probes {
		if p.Steps == last {
			finalists = append(finalists, fmt.Sprintf("λ %s: %.2f %%", spec.Format(p.Lambda), 100*p.Accuracy))
		}
	}
	return fmt.Sprintf("%s, chosen by %d probes on dev images at %.1f times the steps of the run; last round: %s",
		c.Regularizer, len(c.Probes), c.Cost, strings.Join(finalists, ", "))
}

// Needed reports whether a configuration has a λ to be found.
func Needed(cfg train.Config) bool { return index(cfg) >= 0 }

// Resolved returns a configuration with every text form written in full, with auto where it was.
func Resolved(cfg train.Config) (train.Config, error) {
	at := index(cfg)
	if at < 0 {
		return cfg.Resolved()
	}
	filled := cfg
	filled.Regularizers = slices.Clone(cfg.Regularizers)
	filled.Regularizers[at] = search{text: cfg.Regularizers[at]}.with(1)
	out, err := filled.Resolved()
	if err != nil {
		return out, err
	}
	out.Regularizers = slices.Clone(out.Regularizers)
	out.Regularizers[at] = strings.Replace(out.Regularizers[at], ":1", ":"+Auto, 1)
	return out, nil
}

// index returns the first regularizer whose λ is to be found, or −1.
func index(cfg train.Config) int {
	return slices.IndexFunc(cfg.Regularizers, func(text string) bool {
		s, err := spec.Parse(text)
		return err == nil && s.Value == Auto
	})
}

// The search has two rounds. The first tries every candidate, half a decade apart from the scale on, for a sixteenth of
// the run's steps, and follows a best one at the lower edge. Longer runs often want a larger λ, so the second begins with the
// best one and the one above it, for three eighths of the steps, and climbs twice more on the side of the best. With the run
// itself that is at most three times its steps.
var candidates = []float64{0, 0.5, 1, 1.5, 2} // log₁₀ of λ over the scale

const (
	firstShare, secondShare = 1. / 16, 3. / 8
	scaleShare              = 1. / 32
	half                    = 0.5
	furthest                = 2 // candidates beyond an edge
)

// Search is raised by every change that makes the search find another λ for an equal configuration.
const Search = 2

// Lambda finds the λ of the regularizer that has auto for it, and returns the configuration with the number. Short runs
// with λ around the point where loss and penalty have gradients of one size are compared on dev images, never on test
// images; the neighbourhood of the best trains for longer (after successive halving: Jamieson and Talwalkar 2016). Errors
// within their noise are decided by the negative log-likelihood after calibration, because a penalty takes confidence away,
// which is no harm. A configuration has at most one auto; the other regularizers are there in all probes.
func Lambda(ctx context.Context, cfg train.Config, opt Options) (train.Config, *Choice, error) {
	at := index(cfg)
	if at < 0 {
		return cfg, nil, nil
	}
	s := search{Options: opt, cfg: cfg, at: at, text: cfg.Regularizers[at]}
	if s.Threads == 0 {
		s.Threads = runtime.GOMAXPROCS(0)
	}
	cfg.Regularizers = slices.Clone(cfg.Regularizers)
	cfg.Regularizers[at] = s.with(1)
	if Needed(cfg) {
		return cfg, nil, fault.Inputf("regularizer %q: only one λ can be found at a time, expected a number", cfg.Regularizers[index(cfg)])
	}
	if err := cfg.Validate(); err != nil {
		return cfg, nil, err
	}
	choice, err := s.run(ctx)
	if err != nil {
		return cfg, nil, err
	}
	cfg.Regularizers[at] = choice.Regularizer
	return cfg, choice, nil
}

// search is a search for a λ.
type search struct {
	Options
	cfg  train.Config
	at   int
	text string
}

// with returns the text form with a λ.
func (s search) with(lambda float64) string {
	return strings.Replace(s.text, ":"+Auto, ":"+spec.Format(lambda), 1)
}

// config returns the configuration of a short run.
func (s search) config(lambda, share float64) train.Config {
	cfg := s.cfg
	cfg.Regularizers = slices.Clone(cfg.Regularizers)
	cfg.Regularizers[s.at] = s.with(lambda)
	cfg.Steps = s.steps(share)
	return cfg
}

func (s search) steps(share float64) int { return max(1, int(math.Ceil(share*float64(s.cfg.Steps)))) }

func (s search) log(format string, args ...any) {
	if s.Log != nil {
		s.Log(fmt.Sprintf(format, args...))
	}
}

func (s search) run(ctx context.Context) (*Choice, error) {
	penalty, err := gradreg.Parse(s.with(1))
	if err != nil {
		return nil, fault.Input(err)
	}
	plain := s.config(0, scaleShare)
	scale, err := train.GradientScale(ctx, plain, penalty, train.Options{DataDirs: s.DataDirs, Threads: s.Threads})
	if err != nil {
		return nil, err
	}
	s.log("%s: gradients of loss and penalty are of one size at λ %.3g", s.text, scale)
	first, second := round{share: firstShare}, round{share: secondShare}
	if err := s.probe(ctx, &first, scale, candidates...); err != nil {
		return nil, err
	}
	for range furthest {
		lowest := slices.Min(first.decades)
		if first.order()[0] != lowest {
			break
		}
		if err := s.probe(ctx, &first, scale, lowest-half); err != nil {
			return nil, err
		}
	}
	lead := first.order()[0]
	if err := s.probe(ctx, &second, scale, lead, lead+half); err != nil {
		return nil, err
	}
	for range furthest {
		next, ok := second.beyond()
		if !ok {
			break
		}
		if err := s.probe(ctx, &second, scale, next); err != nil {
			return nil, err
		}
	}
	best := second.best()
	if best.Diverged != "" {
		return nil, fmt.Errorf("%s: every probe diverged, one with %s; try a lower learning rate", s.text, best.Diverged)
	}
	return &Choice{
		Regularizer: s.with(best.Lambda), Lambda: best.Lambda, Scale: scale, Probes: append(first.probes, second.probes...),
		Cost: first.cost() + second.cost(),
	}, nil
}

// round are probes of equal length.
type round struct {
	share   float64
	decades []float64 // log₁₀ of λ over the scale
	probes  []Probe
}

// cost returns the steps of the probes over those of a run.
func (r round) cost() float64 { return r.share * float64(len(r.probes)) }

// order returns the decades, the best first.
func (r round) order() []float64 {
	var order []float64
	left := slices.Clone(r.probes)
	for len(left) > 0 {
		i := best(left)
		order = append(order, r.decades[slices.IndexFunc(r.probes, func(p Probe) bool { return p.Lambda == left[i].Lambda })])
		left = slices.Delete(left, i, i+1)
	}
	return order
}

// beyond returns the decade beyond the best one, if that is at an edge of those that were tried.
func (r round) beyond() (float64, bool) {
	switch lead := r.order()[0]; lead {
	case slices.Min(r.decades):
		return lead - half, true
	case slices.Max(r.decades):
		return lead + half, true
	}
	return 0, false
}

// best returns the index of the best probe: of those whose errors are within a standard error, √errors, of the fewest, the
// one with the least calibrated NLL. Many dev images decide by what is asked for, few by what is measured more precisely.
func best(probes []Probe) int {
	fewest := math.Inf(1)
	for _, p := range probes {
		if p.Diverged == "" {
			fewest = math.Min(fewest, p.errors())
		}
	}
	at := 0
	for i, p := range probes {
		if p.Diverged == "" && p.errors() <= fewest+math.Sqrt(fewest) && (probes[at].Diverged != "" || probes[at].errors() > fewest+math.Sqrt(fewest) || p.Calibrated < probes[at].Calibrated) {
			at = i
		}
	}
	return at
}

// errors returns the number of wrong answers.
func (p Probe) errors() float64 { return math.Round(float64(p.Images) * (1 - p.Accuracy)) }

// best returns the best probe.
func (r round) best() Probe { return r.probes[best(r.probes)] }

// probe trains with each λ, several at once, and adds them to the round.
func (s search) probe(ctx context.Context, r *round, scale float64, decades ...float64) error {
	probes, errs := make([]Probe, len(decades)), make([]error, len(decades))
	slots := make(chan struct{}, s.Threads)
	var wait sync.WaitGroup
	for i, d := range decades {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			lambda := spec.Round(scale*math.Pow(10, d), 2)
			cfg := s.config(lambda, r.share)
			var trial train.Trial
			trial, errs[i] = train.Probe(ctx, cfg, train.Options{DataDirs: s.DataDirs, Threads: max(1, s.Threads/len(decades))})
			probes[i] = Probe{lambda, cfg.Steps, trial}
			if errs[i] == nil {
				s.log("%s, %d steps: %.2f %% of %d dev images, calibrated NLL %.4f", s.with(lambda), cfg.Steps, 100*trial.Accuracy, trial.Images, trial.Calibrated)
			}
		})
	}
	wait.Wait()
	r.decades, r.probes = append(r.decades, decades...), append(r.probes, probes...)
	return errors.Join(errs...)
}
