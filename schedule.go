package gradreg

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Schedule says how the weight of a penalty depends on the step. The zero value is the constant λ
// at every step.
type Schedule struct {
	// Every takes the penalty at steps 1, 1+Every, 1+2·Every, … only, with Every times its weight,
	// so that its mean over the steps stays λ·R (lazy regularization, Karras et al. 2020, appendix
	// B). The other steps run a program without it and cost what they do without it. Every step if
	// 0.
	Every int
	// Warmup is the number of steps over which the weight rises linearly to λ, from λ/Warmup at
	// step 1.
	Warmup int
	// Ramp changes the weight over the whole run, after t of T steps: "up" by the factor t/T,
	// "down" by 1 − t/T, "cosine" by ½(1 + cos(π·t/T)); constant if empty.
	Ramp string
}

// ramps are the values of Schedule.Ramp.
var ramps = []string{"up", "down", "cosine"}

// Active reports whether the penalty is taken at a step, counted from 1.
func (s Schedule) Active(step int) bool { return s.Every <= 1 || (step-1)%s.Every == 0 }

// Varies reports whether the weight is another one at different active steps.
func (s Schedule) Varies() bool { return s.Warmup > 1 || s.Ramp != "" }

// Factor returns what λ is multiplied by at an active step, counted from 1, of total steps.
func (s Schedule) Factor(step, total int) float64 {
	factor := s.multiple()
	if step < s.Warmup {
		factor *= float64(step) / float64(s.Warmup)
	}
	done := float64(step-1) / float64(max(total, 1))
	switch s.Ramp {
	case "up":
		factor *= done
	case "down":
		factor *= 1 - done
	case "cosine":
		factor *= (1 + math.Cos(math.Pi*done)) / 2
	}
	return factor
}

// multiple is the constant part of Factor.
func (s Schedule) multiple() float64 { return float64(max(s.Every, 1)) }

// When returns s: a type that embeds a Schedule is Scheduled.
func (s Schedule) When() Schedule { return s }

// Scheduled is a Regularizer whose weight depends on the step.
type Scheduled interface {
	Regularizer
	// When returns the schedule of λ.
	When() Schedule
}

// ScheduleOf returns the schedule of a regularizer, the constant one if it has none.
func ScheduleOf(r Regularizer) Schedule {
	if s, ok := r.(Scheduled); ok {
		return s.When()
	}
	return Schedule{}
}

// WeightLeaf returns the scalar input that holds the weight λ·Factor of a regularizer whose
// schedule varies, in a problem with these parameters: whoever runs a step gives it its value. It
// is nil for a constant weight, which stands in the program. The input has the [Label] of the
// regularizer after the prefix of the parameters' scope, so that of one name only one weight may
// vary in a scope.
func WeightLeaf(ps *nn.Params, r Regularizer) *sym.Expr {
	if !ScheduleOf(r).Varies() {
		return nil
	}
	return scalarLeaf(ps, "lambda", Label(r))
}

// scalarLeaf returns the scalar input of a kind and name for a network with these parameters.
func scalarLeaf(ps *nn.Params, kind, name string) *sym.Expr {
	return ps.Graph().Input(kind+"/"+ps.Prefix()+name, sym.Float)
}

func (s *Schedule) fields() []field {
	return []field{{"every", &s.Every}, {"warmup", &s.Warmup}, {"ramp", &s.Ramp}}
}

func (s Schedule) validate() error {
	if s.Every < 0 {
		return fmt.Errorf("every is %d, expected at least 1", s.Every)
	}
	if s.Warmup < 0 {
		return fmt.Errorf("warmup is %d, expected at least 1", s.Warmup)
	}
	return oneOf("ramp", s.Ramp, ramps...)
}

// oneOf returns an error unless value is empty or one of the known ones.
func oneOf(key, value string, known ...string) error {
	for _, k := range known {
		if value == k {
			return nil
		}
	}
	if value == "" {
		return nil
	}
	return spec.Unknown("value of "+key, value, known)
}
