package gradreg

import (
	"fmt"
	"math"
	"strings"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/sym"
)

// Regularizer is a penalty R with its weight λ.
type Regularizer interface {
	// Penalty builds the scalar R, without λ.
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

// Info describes a regularizer.
type Info struct {
	Name       string
	Formula    string // R
	Convention string // what λ refers to, where other forms differ
	Cost       string // multiply-adds of a training step with it; 3F − F₁ without
	Source     string
	// Options are the keys of the text form beside λ.
	Options string

	parse func(lambda float64, s spec.Spec) (Regularizer, error)
}

// Regularizers returns the table of regularizers.
func Regularizers() []Info {
	return []Info{
		{
			Name: "datagrad", Formula: "mean_b ‖∂L_b/∂x_b‖²",
			Convention: "sum over pixels, mean over samples, no ½; λ_Ross = 2B·λ",
			Cost:       "6F − F₁",
			Source:     "Drucker and LeCun 1992; Varga et al. 2017, DataGrad",
			parse: func(lambda float64, s spec.Spec) (Regularizer, error) {
				return DataGrad{Weight: lambda}, s.Fields(nil)
			},
		},
		{
			Name: "spectreg", Formula: "mean_b ‖ε_bᵀ·∂f/∂x_b‖², ε ~ N(0, I)",
			Convention: "of logits; sum over pixels, mean over samples and projections, no ½ and no 1/C; λ_Hoffman = 2λ",
			Cost:       "6F − F₁, and 3F for each further projection",
			Source:     "Varga et al. 2017, SpectReg",
			Options:    "projections=1, shared=false",
			parse:      parseSpectReg,
		},
		{
			Name: "weight-decay", Formula: "½ Σ ‖W‖²",
			Convention: "over weights, not biases nor norm parameters; with ½; coupled, its gradient goes through the optimizer",
			Cost:       "3F − F₁",
			Source:     "Hanson and Pratt 1988",
			parse: func(lambda float64, s spec.Spec) (Regularizer, error) {
				return WeightDecay{Weight: lambda}, s.Fields(nil)
			},
		},
	}
}

// Names lists the regularizers.
func Names() []string {
	var names []string
	for _, r := range Regularizers() {
		names = append(names, r.Name)
	}
	return names
}

// Parse reads the text form name:λ[,key=value]…, such as datagrad:50. It returns an error for an unknown name
// or key and for a λ that is missing, negative or not finite.
func Parse(text string) (Regularizer, error) {
	s, err := spec.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("regularizer: %w", err)
	}
	for _, info := range Regularizers() {
		if info.Name != s.Name {
			continue
		}
		if s.Value == "" {
			return nil, fmt.Errorf("regularizer %q: found no λ, expected %s:λ", text, s.Name)
		}
		lambda, err := spec.Number(s.Value)
		if err != nil {
			return nil, fmt.Errorf("regularizer %q: λ: %w", text, err)
		}
		r, err := info.parse(lambda, s)
		if err == nil {
			err = r.Validate()
		}
		if err != nil {
			return nil, fmt.Errorf("regularizer %q: %w", text, err)
		}
		return r, nil
	}
	return nil, spec.Unknown("regularizer", s.Name, append(Names(), None))
}

// None is the text form that clears the regularizers before it.
const None = "none"

// ParseAll reads several text forms. A regularizer that stands twice is an error, as is any that Parse
// refuses.
func ParseAll(texts []string) ([]Regularizer, error) {
	var regs []Regularizer
	for _, text := range texts {
		if strings.TrimSpace(text) == None {
			regs = nil
			continue
		}
		r, err := Parse(text)
		if err != nil {
			return nil, err
		}
		for _, old := range regs {
			if old.Name() == r.Name() {
				return nil, fmt.Errorf("regularizer %q: %s stands twice", text, r.Name())
			}
		}
		regs = append(regs, r)
	}
	return regs, nil
}

// checkLambda returns an error unless λ is finite and not negative.
func checkLambda(lambda float64) error {
	if !(lambda >= 0) || math.IsInf(lambda, 0) {
		return fmt.Errorf("λ is %v, expected a finite number ≥ 0", lambda)
	}
	return nil
}
