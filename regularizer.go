package gradreg

import (
	"fmt"
	"math"
	"slices"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/sym"
)

// Regularizer is a penalty R with its weight λ.
type Regularizer interface {
	// Penalty builds the scalar R, without λ, of options that validate.
	Penalty(p *Problem) *sym.Expr
	// Lambda returns λ ≥ 0.
	Lambda() float64
	// Name returns the name in text forms, metrics and plots.
	Name() string
	// Validate returns what is wrong with the options.
	Validate() error
	// String returns the text form, which Parse reads.
	String() string
}

// Names lists the regularizers.
func Names() []string {
	var names []string
	for _, r := range Regularizers() {
		names = append(names, r.Name)
	}
	return names
}

// Auto stands for a λ that is to be found before training, as in datagrad:auto (package tune).
const Auto = "auto"

// Parse reads the text form name:λ[,key=value]…, such as datagrad:50. A name of [Shorthands] stands
// for the regularizer and the options that it is. It returns an error for an unknown name or key
// and for a λ that is missing, negative, not finite or to be found ([Auto]).
func Parse(text string) (Regularizer, error) {
	s, err := spec.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("regularizer: %w", err)
	}
	s = spelledOut(s)
	for _, info := range Regularizers() {
		if info.Name != s.Name {
			continue
		}
		switch s.Value {
		case "":
			return nil, fmt.Errorf("regularizer %q: found no λ, expected %s:λ", text, s.Name)
		case Auto:
			return nil, fmt.Errorf(
				"regularizer %q: λ is %s, expected a number; tune.Lambda (package tune) finds one "+
					"before a run", text, Auto,
			)
		}
		lambda, err := spec.Number(s.Value)
		if err != nil {
			return nil, fmt.Errorf("regularizer %q: λ: %w", text, err)
		}
		r, err := info.read(lambda, s)
		if err == nil {
			err = r.Validate()
		}
		if err != nil {
			return nil, fmt.Errorf("regularizer %q: %w", text, err)
		}
		return r, nil
	}
	return nil, spec.Unknown("regularizer", s.Name, slices.Concat(Names(), shortNames(), []string{None}))
}

// None is the text form that clears the regularizers before it.
const None = "none"

// ParseAll is [RegularizersOf] the forms of several texts.
func ParseAll(texts []string) ([]Regularizer, error) { return RegularizersOf(Specs(texts...)) }

// WithLambda returns a regularizer with the same options and another λ; ok is false if its type,
// one of a user's own, has no method WithLambda.
func WithLambda(r Regularizer, lambda float64) (with Regularizer, ok bool) {
	w, ok := r.(interface {
		WithLambda(lambda float64) Regularizer
	})
	if !ok {
		return nil, false
	}
	return w.WithLambda(lambda), true
}

// check returns an error unless λ is finite and not negative, else err.
func check(lambda float64, err error) error {
	if !(lambda >= 0) || math.IsInf(lambda, 0) {
		return fmt.Errorf("λ is %v, expected a finite number ≥ 0", lambda)
	}
	return err
}
