package optim

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg/internal/spec"
)

// Schedule is how the learning rate changes over a run.
type Schedule struct {
	// Kind is "constant", "piecewise" or "cosine".
	Kind string
	// Warmup is the number of steps over which the rate rises linearly from 0, before the rest.
	Warmup int
}

// ScheduleNames lists the schedules.
func ScheduleNames() []string { return []string{"constant", "piecewise", "cosine"} }

// At returns the factor of the base rate at a step, counted from 1, of total steps: piecewise is 1, then 0.1
// from half of the run and 0.01 from three quarters (REFERENCE.md section 3); cosine is ½(1+cos π·progress)
// (Loshchilov and Hutter 2017, without restarts).
func (s Schedule) At(step, total int) float64 {
	factor := 1.0
	if step <= s.Warmup {
		factor = float64(step) / float64(s.Warmup)
	}
	done := step - 1 // steps taken before this one
	switch s.Kind {
	case "piecewise":
		switch {
		case 4*done >= 3*total:
			factor *= 0.01
		case 2*done >= total:
			factor *= 0.1
		}
	case "cosine":
		factor *= (1 + math.Cos(math.Pi*float64(done)/float64(total))) / 2
	}
	return factor
}

// String returns the text form.
func (s Schedule) String() string {
	if s.Warmup > 0 {
		return fmt.Sprintf("%s:warmup=%d", s.Kind, s.Warmup)
	}
	return s.Kind
}

// ParseSchedule reads a text form: piecewise, cosine:warmup=100.
func ParseSchedule(text string) (Schedule, error) {
	p, err := spec.Parse(text)
	if err != nil {
		return Schedule{}, err
	}
	s := Schedule{Kind: p.Name}
	known := false
	for _, name := range ScheduleNames() {
		known = known || name == p.Name
	}
	if !known {
		return s, spec.Unknown("schedule", p.Name, ScheduleNames())
	}
	if p.Value != "" {
		return s, fmt.Errorf("%q: a schedule takes key=value options, found %q", text, p.Value)
	}
	if err := p.Fields(map[string]any{"warmup": &s.Warmup}); err != nil {
		return s, err
	}
	if s.Warmup < 0 {
		return s, fmt.Errorf("%q: warmup is %d, expected at least 0", text, s.Warmup)
	}
	return s, nil
}
