package train

import (
	"fmt"
	"math"
	"strings"

	"github.com/gradreg/gradreg/internal/spec"
)

// Choice is a λ that was searched for, and how it was found (package tune).
type Choice struct {
	Regularizer string  `json:"regularizer" yaml:"regularizer"` // the text form with the λ
	Lambda      float64 `json:"lambda" yaml:"lambda"`
	// Scale is the λ at which loss and penalty have gradients of one size, after a short plain run. A rate or a size has none.
	Scale  float64   `json:"scale,omitempty" yaml:"scale,omitempty"`
	Probes []Attempt `json:"probes" yaml:"probes"`
	Cost   float64   `json:"cost" yaml:"cost"` // steps of scale and probes over those of the run
	// Seconds is the time spent training for it, on all threads together.
	Seconds float64 `json:"seconds" yaml:"seconds"`
}

// finite returns the first number of a choice that is none: results could not be written with it.
func (c Choice) finite() error {
	numbers := []float64{c.Lambda, c.Scale, c.Cost, c.Seconds}
	for _, a := range c.Probes {
		numbers = append(numbers, a.Lambda)
		for _, v := range []*float64{a.Accuracy, a.NLL, a.Calibrated} {
			if v != nil {
				numbers = append(numbers, *v)
			}
		}
	}
	for _, v := range numbers {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%q has the number %v, expected finite ones", c.Regularizer, v)
		}
	}
	return nil
}

// Attempt is a short run with a λ, judged on dev images. One that diverged has a reason and no numbers.
type Attempt struct {
	Lambda     float64  `json:"lambda" yaml:"lambda"`
	Steps      int      `json:"steps" yaml:"steps"`
	Images     int      `json:"image_count,omitempty" yaml:"image_count,omitempty"`
	Accuracy   *float64 `json:"dev_accuracy,omitempty" yaml:"dev_accuracy,omitempty"`
	NLL        *float64 `json:"dev_nll,omitempty" yaml:"dev_nll,omitempty"`
	Calibrated *float64 `json:"dev_calibrated_nll,omitempty" yaml:"dev_calibrated_nll,omitempty"` // see [Trial]
	Diverged   string   `json:"diverged,omitempty" yaml:"diverged,omitempty"`
}

// NewAttempt records how a short run did. JSON has no NaN.
func NewAttempt(lambda float64, steps int, t Trial) Attempt {
	a := Attempt{Lambda: lambda, Steps: steps, Images: t.Images, Diverged: t.Diverged}
	if a.Diverged == "" {
		a.Accuracy, a.NLL, a.Calibrated = &t.Accuracy, &t.NLL, &t.Calibrated
	}
	return a
}

// String says in a line how the choice was made.
func (c Choice) String() string {
	last := c.Probes[len(c.Probes)-1].Steps
	var finalists []string
	for _, p := range c.Probes {
		switch {
		case p.Steps != last:
		case p.Diverged != "":
			finalists = append(finalists, fmt.Sprintf("λ %s: diverged", spec.Format(p.Lambda)))
		default:
			finalists = append(finalists, fmt.Sprintf("λ %s: %.2f %%", spec.Format(p.Lambda), 100**p.Accuracy))
		}
	}
	return fmt.Sprintf("%s, chosen by %d probes on dev images at %.1f times the steps of the run; last round: %s",
		c.Regularizer, len(c.Probes), c.Cost, strings.Join(finalists, ", "))
}
