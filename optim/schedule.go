package optim

import (
	"fmt"
	"math"
	"slices"

	"github.com/gradreg/gradreg/internal/spec"
)

// Schedule is how the learning rate changes over a run.
type Schedule struct {
	// Kind is "constant", also if empty, "piecewise" or "cosine".
	Kind string
	// Warmup is the number of steps over which the rate rises linearly from 0, before the rest.
	Warmup int
}

// ScheduleNames lists the schedules.
func ScheduleNames() []string { return []string{"constant", "piecewise", "cosine"} }

// At returns the factor of the base rate at a step, counted from 1, of total steps: piecewise is 1,
// then 0.1 from half of the run and 0.01 from three quarters (Varga et al. 2017, arXiv 1712.09936);
// cosine is ½(1+cos π·progress) (Loshchilov and Hutter 2017, without restarts).
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

// Validate returns what is wrong with the options.
func (s Schedule) Validate() error {
	if !slices.Contains(ScheduleNames(), s.kind()) {
		return spec.Unknown("schedule", s.Kind, ScheduleNames())
	}
	if s.Warmup < 0 {
		return fmt.Errorf("warmup is %d, expected at least 0", s.Warmup)
	}
	return nil
}

func (s Schedule) kind() string {
	if s.Kind == "" {
		return "constant"
	}
	return s.Kind
}

// String returns the text form.
func (s Schedule) String() string {
	if s.Warmup > 0 {
		return fmt.Sprintf("%s:warmup=%d", s.kind(), s.Warmup)
	}
	return s.kind()
}

// ParseSchedule reads a text form: piecewise, cosine:warmup=100. It returns an error for an unknown
// name or option and for options that do not validate.
func ParseSchedule(text string) (Schedule, error) {
	p, err := spec.Parse(text)
	if err != nil {
		return Schedule{}, err
	}
	s := Schedule{Kind: p.Name}
	if p.Value != "" {
		return s, fmt.Errorf("%q: found %q, expected key=value options", text, p.Value)
	}
	if err = p.Fields(map[string]any{"warmup": &s.Warmup}); err == nil {
		err = s.Validate()
	}
	if err != nil {
		return s, fmt.Errorf("%q: %w", text, err)
	}
	return s, nil
}
