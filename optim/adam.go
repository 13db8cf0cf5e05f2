package optim

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Adam is m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − lr·m̂/(√v̂ + ε) with m̂ = m/(1−β₁ᵗ), v̂ =
// v/(1−β₂ᵗ) (Kingma and Ba 2015, algorithm 1). Decay is the decoupled weight decay of AdamW, w ← w
// − lr·Decay·w before the step (Loshchilov and Hutter 2019), on parameters that decay.
type Adam struct {
	Beta1, Beta2, Epsilon, Decay float64
}

// NewAdam returns Adam with β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
func NewAdam() Adam { return Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8} }

// Build returns the update. The bias corrections are scalars: lr/(1−β₁ᵗ) and 1/√(1−β₂ᵗ).
func (o Adam) Build(params []*nn.Param, grads []*sym.Expr) *Step {
	s := newStep(o, params, func(t int, lr float64) []float32 {
		c1 := 1 - math.Pow(o.Beta1, float64(t))
		c2 := 1 - math.Pow(o.Beta2, float64(t))
		values := []float32{float32(lr / c1), float32(1 / math.Sqrt(c2))}
		if o.Decay > 0 {
			values = append(values, float32(1-lr*o.Decay))
		}
		return values
	})
	if len(params) == 0 {
		return s
	}
	g := params[0].Expr.Graph()
	rate, rootCorrection := s.scalar(g, "adam.rate"), s.scalar(g, "adam.root-correction")
	var keep *sym.Expr // 1 − lr·Decay
	if o.Decay > 0 {
		keep = s.scalar(g, "adam.keep")
	}
	for i, p := range params {
		m, v, grad := s.state("adam.m", p), s.state("adam.v", p), grads[i]
		nextM := sym.Add(sym.Scale(m, o.Beta1), sym.Scale(grad, 1-o.Beta1))
		nextV := sym.Add(sym.Scale(v, o.Beta2), sym.Scale(sym.Square(grad), 1-o.Beta2))
		s.set(m, nextM)
		s.set(v, nextV)
		w := p.Expr
		if p.Decay && o.Decay > 0 {
			w = sym.Mul(w, keep)
		}
		root := sym.AddScalar(sym.Mul(sym.Sqrt(nextV), rootCorrection), o.Epsilon)
		s.set(p.Expr, sym.Sub(w, sym.Mul(sym.Div(nextM, root), rate)))
	}
	return s
}

func parseAdam(s spec.Spec) (Optimizer, error) {
	o := NewAdam()
	err := s.Fields(map[string]any{"beta1": &o.Beta1, "beta2": &o.Beta2, "epsilon": &o.Epsilon})
	return o, err
}

func parseAdamW(s spec.Spec) (Optimizer, error) {
	o := NewAdam()
	o.Decay = 0.01 // the default of PyTorch
	err := s.Fields(map[string]any{"beta1": &o.Beta1, "beta2": &o.Beta2, "epsilon": &o.Epsilon, "decay": &o.Decay})
	return o, err
}

// Validate returns what is wrong with the options.
func (o Adam) Validate() error {
	for _, f := range []struct {
		name     string
		value    float64
		ok       bool
		expected string
	}{
		{"beta1", o.Beta1, o.Beta1 >= 0 && o.Beta1 < 1, "0 ≤ beta1 < 1"},
		{"beta2", o.Beta2, o.Beta2 >= 0 && o.Beta2 < 1, "0 ≤ beta2 < 1"},
		{"epsilon", o.Epsilon, o.Epsilon > 0 && !math.IsInf(o.Epsilon, 1), "a finite number above 0"},
		{"decay", o.Decay, o.Decay >= 0 && !math.IsInf(o.Decay, 1), "a finite number, at least 0"},
	} {
		if !f.ok {
			return fmt.Errorf("%s is %v, expected %s", f.name, f.value, f.expected)
		}
	}
	return nil
}

// String returns the text form.
func (o Adam) String() string {
	name, decay := "adam", ""
	if o.Decay > 0 {
		name, decay = "adamw", ",decay="+spec.Format(o.Decay)
	}
	return fmt.Sprintf("%s:beta1=%s,beta2=%s,epsilon=%s%s", name,
		spec.Format(o.Beta1), spec.Format(o.Beta2), spec.Format(o.Epsilon), decay)
}
