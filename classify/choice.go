package classify

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/task"
)

// Choice is a λ that was searched for, and how it was found (package tune).
type Choice struct {
	Regularizer gradreg.Spec `json:"regularizer" yaml:"regularizer"` // with the λ
	Lambda      float64      `json:"lambda" yaml:"lambda"`
	// Scale is the λ at which loss and penalty have gradients of one size, after a short plain run.
	// A rate or a size has none.
	Scale  float64       `json:"scale,omitempty" yaml:"scale,omitempty"`
	Probes []ProbeRecord `json:"probes" yaml:"probes"`
	Cost   float64       `json:"cost" yaml:"cost"` // steps of scale and probes over those of the run
	// Seconds is the time spent training for it, on all threads together.
	Seconds float64 `json:"seconds" yaml:"seconds"`
	// Chance is the share of the most frequent class among the dev images, where it was recorded:
	// the accuracy of one who always says that.
	Chance float64 `json:"dev_chance,omitempty" yaml:"dev_chance,omitempty"`
}

// ProbeRecord is a short run with a λ, judged on dev images. One that diverged has a reason and no
// numbers.
type ProbeRecord struct {
	Lambda     float64  `json:"lambda" yaml:"lambda"`
	Steps      int      `json:"steps" yaml:"steps"`
	Images     int      `json:"image_count,omitempty" yaml:"image_count,omitempty"`
	Accuracy   *float64 `json:"dev_accuracy,omitempty" yaml:"dev_accuracy,omitempty"`
	NLL        *float64 `json:"dev_nll,omitempty" yaml:"dev_nll,omitempty"`
	Calibrated *float64 `json:"dev_calibrated_nll,omitempty" yaml:"dev_calibrated_nll,omitempty"` // see [ProbeResult]
	Diverged   string   `json:"diverged,omitempty" yaml:"diverged,omitempty"`
	// Metrics judge a task that has no classes, which has no accuracy.
	Metrics *task.Metrics `json:"dev_metrics,omitempty" yaml:"dev_metrics,omitempty"`
}

// check returns why a record cannot be that of a search, whose numbers are finite, as JSON needs
// them.
func (c Choice) check() error {
	if c.Regularizer.String() == "" {
		return errors.New(`regularizer is "", expected one with a λ`)
	}
	for name, v := range map[string]float64{
		"scale": c.Scale, "cost": c.Cost, "seconds": c.Seconds, "chance": c.Chance,
	} {
		if !(v >= 0 && v <= maxSeconds) {
			return fmt.Errorf(
				"%s of %s is %v, expected 0 to %v", name, strconv.Quote(c.Regularizer.String()), v,
				maxSeconds,
			)
		}
	}
	numbers := map[string]*float64{"lambda": &c.Lambda}
	for i, p := range c.Probes {
		numbers[fmt.Sprintf("probes: lambda %d", i+1)] = &p.Lambda
		if m := p.Metrics; m != nil {
			numbers[fmt.Sprintf("probes: dev_metrics: loss %d", i+1)] = &m.Loss
			numbers[fmt.Sprintf("probes: dev_metrics: quality %d", i+1)] = &m.Quality
		}
		numbers[fmt.Sprintf("probes: dev_accuracy %d", i+1)] = p.Accuracy
		numbers[fmt.Sprintf("probes: dev_nll %d", i+1)] = p.NLL
		numbers[fmt.Sprintf("probes: dev_calibrated_nll %d", i+1)] = p.Calibrated
	}
	for _, name := range slices.Sorted(maps.Keys(numbers)) {
		if v := numbers[name]; v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
			return fmt.Errorf(
				"%s of %s is %v, expected a finite number", name,
				strconv.Quote(c.Regularizer.String()), *v,
			)
		}
	}
	return nil
}

// maxSeconds is more than any run takes: thirty thousand years.
const maxSeconds = 1e12

// NewProbeRecord records how a short run did. JSON has no NaN.
func NewProbeRecord(lambda float64, steps int, t ProbeResult) ProbeRecord {
	a := ProbeRecord{Lambda: lambda, Steps: steps, Images: t.Images, Diverged: t.Diverged}
	if a.Metrics = t.Metrics; a.Diverged == "" && a.Metrics == nil {
		a.Accuracy, a.NLL, a.Calibrated = &t.Accuracy, &t.NLL, &t.Calibrated
	}
	return a
}

// String says in a line how the choice was made.
func (c Choice) String() string {
	var finalists []string
	for _, p := range c.lastRound() {
		switch {
		case p.Diverged == "" && p.Metrics != nil:
			finalists = append(finalists, fmt.Sprintf("λ %s: %s", spec.Format(p.Lambda), p.Metrics))
		case p.Diverged != "" || p.Accuracy == nil:
			finalists = append(finalists, fmt.Sprintf("λ %s: diverged", spec.Format(p.Lambda)))
		default:
			finalists = append(finalists, fmt.Sprintf("λ %s: %.2f %%", spec.Format(p.Lambda), 100**p.Accuracy))
		}
	}
	return strings.Join(append([]string{fmt.Sprintf("%s, chosen by %d probes on dev images at %.1f "+
		"times the steps of the run; last round: %s",
		c.Regularizer, len(c.Probes), c.Cost, strings.Join(finalists, ", "))}, c.Warnings()...), "; ")
}

// lastRound returns the longest short runs, of which the best was chosen.
func (c Choice) lastRound() []ProbeRecord {
	if len(c.Probes) == 0 {
		return nil
	}
	last := c.Probes[len(c.Probes)-1].Steps
	return slices.DeleteFunc(slices.Clone(c.Probes), func(p ProbeRecord) bool { return p.Steps != last })
}

// Warnings returns a line for each thing that speaks against the choice, or for looking once more: it
// lies at an end of what was tried, no penalty was better than any, or the first round, by which
// the search decided where to look, told nothing.
func (c Choice) Warnings() []string {
	var warnings []string
	smallest, largest := math.Inf(1), 0.0
	for _, p := range c.Probes {
		if largest = max(largest, p.Lambda); p.Lambda > 0 {
			smallest = min(smallest, p.Lambda)
		}
	}
	name := c.Regularizer.Name()
	end := func(which, beyond string) string {
		return fmt.Sprintf("%s: λ %s is the %s that was tried; a %s one may be better",
			name, spec.Format(c.Lambda), which, beyond)
	}
	switch {
	case len(c.Probes) == 0:
	case c.Lambda == 0:
		warnings = append(warnings, fmt.Sprintf("%s: without it (λ 0) is better than every λ that was tried", name))
	case c.Lambda == largest:
		warnings = append(warnings, end("largest", "larger"))
	case c.Lambda == smallest:
		warnings = append(warnings, end("smallest", "smaller"))
	}
	if best, ok := c.firstBest(); ok && c.atChance(best) {
		warnings = append(warnings, fmt.Sprintf("%s: after the %d steps of the first round no λ could be "+
			"told from chance (%.1f %% of %d images at best, the most frequent class has %.1f %%), so "+
			"where to look was decided by luck; with more steps or images the search sees more",
			name, best.Steps, 100**best.Accuracy, best.Images, 100*c.Chance))
	}
	return warnings
}

// firstBest returns the most accurate of the shortest runs, where there were several rounds.
func (c Choice) firstBest() (best ProbeRecord, ok bool) {
	for _, p := range c.Probes {
		if p.Steps == c.Probes[0].Steps && p.Accuracy != nil && (!ok || *p.Accuracy > *best.Accuracy) {
			best, ok = p, true
		}
	}
	return best, ok && c.Probes[0].Steps < c.Probes[len(c.Probes)-1].Steps
}

// atChance reports whether an accuracy lies within two standard errors of chance, or below.
func (c Choice) atChance(p ProbeRecord) bool {
	return c.Chance > 0 && p.Images > 0 && *p.Accuracy <= c.Chance+2*math.Sqrt(c.Chance*(1-c.Chance)/float64(p.Images))
}
