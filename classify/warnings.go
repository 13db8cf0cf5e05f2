package classify

import (
	"fmt"

	"github.com/gradreg/gradreg"
)

// farOut is a change of a pixel, in units of the normalized input, beyond what black and white
// differ by even where pixels spread by no more than a tenth of their range.
const farOut = 10

// Warnings returns a line for each thing in a configuration that is valid but probably a mistake, none if
// it does not validate. They are no errors: the short runs of a search or a study have the
// schedules of long ones.
func (c Config) Warnings() []string {
	p, err := c.resolve()
	if err != nil {
		return nil
	}
	var warnings []string
	warn := func(r gradreg.Regularizer, format string, args ...any) {
		warnings = append(warnings, fmt.Sprintf("regularizer %q: ", r)+fmt.Sprintf(format, args...))
	}
	for _, r := range p.regularizers {
		if d, ok := r.(gradreg.Dropout); ok && d.Weight == 0 && d.At != "input" {
			warn(r, "a rate of 0 keeps the model's own dropout; for none, expected a model with dropout=0")
		}
		if r.Lambda() == 0 {
			continue
		}
		if n, ok := r.(gradreg.InputNoise); ok && n.Weight > farOut {
			warn(
				r,
				"σ is in units of the normalized input, in which pixels seldom differ by more than "+
					"5: is %v in steps of a byte?",
				n.Weight,
			)
		}
		if a, ok := r.(gradreg.Adversarial); ok && a.Direction == "sign" && a.Step > farOut {
			warn(
				r,
				"φ is in units of the normalized input, in which pixels seldom differ by more than "+
					"5: is %v in steps of a byte?",
				a.Step,
			)
		}
		s := gradreg.ScheduleOf(r)
		if s.Warmup > c.Steps {
			warn(
				r, "warmup is %d, but the run has %d steps: λ rises to %.2g of itself only",
				s.Warmup, c.Steps, float64(c.Steps)/float64(s.Warmup),
			)
		}
		if s.Every > 1 && s.Every >= c.Steps {
			warn(
				r,
				"every is %d, but the run has %d steps: the penalty is taken once, at the first, "+
					"with %d times its weight",
				s.Every, c.Steps, s.Every,
			)
		}
	}
	return warnings
}
