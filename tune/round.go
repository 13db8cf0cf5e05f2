package tune

import (
	"cmp"
	"math"
	"slices"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/task"
)

// probe is a short run with the λ of a place.
type probe struct {
	place, lambda float64
	steps         int
	classify.ProbeResult
}

// errors returns the number of wrong answers.
func (p probe) errors() float64 { return math.Round(float64(p.Images) * (1 - p.Accuracy)) }

// round are probes of equal length.
type round struct {
	share  float64 // of the run's steps
	most   int     // probes
	probes []probe
}

// lead returns the place of the best probe.
func (r round) lead() float64 { return r.probes[best(r.probes)].place }

// lowest and highest return the places at the edges of what was tried, but λ = 0.
func (r round) lowest() float64 {
	return slices.MinFunc(
		slices.DeleteFunc(slices.Clone(r.probes), func(p probe) bool { return p.place == plain }),
		byPlace,
	).place
}
func (r round) highest() float64 { return slices.MaxFunc(r.probes, byPlace).place }

func byPlace(a, b probe) int { return cmp.Compare(a.place, b.place) }

// beyond returns the place beyond the best one, if that is at an edge of those that were tried.
// Where no penalty is best, a small one may still be better.
func (r round) beyond() (float64, bool) {
	switch lead := r.lead(); lead {
	case plain, r.lowest():
		return r.lowest() - half, true
	case r.highest():
		return lead + half, true
	}
	return 0, false
}

// best returns the index of the best probe: of those whose errors are within a standard error,
// √errors, of the fewest, the one with the least calibrated NLL. Many dev images decide by what is
// asked for, few by what is measured more precisely.
// Where there are no classes, it is the best by [task.Better].
func best(probes []probe) int {
	if slices.ContainsFunc(probes, func(p probe) bool { return p.Metrics != nil }) {
		return bestByTask(probes)
	}
	fewest := math.Inf(1)
	for _, p := range probes {
		if p.Diverged == "" {
			fewest = math.Min(fewest, p.errors())
		}
	}
	at := 0
	for i, p := range probes {
		if p.Diverged == "" && p.errors() <= fewest+math.Sqrt(fewest) &&
			(probes[at].Diverged != "" || probes[at].errors() > fewest+math.Sqrt(fewest) ||
				p.Calibrated < probes[at].Calibrated) {
			at = i
		}
	}
	return at
}

// bestByTask returns the index of the best probe of a task that has no classes. One that diverged is
// worse than all others.
func bestByTask(probes []probe) int {
	at := 0
	for i, p := range probes {
		if p.Metrics != nil && (probes[at].Metrics == nil || task.Better(*p.Metrics, *probes[at].Metrics)) {
			at = i
		}
	}
	return at
}
