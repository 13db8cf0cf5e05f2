package optim

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Optimizer changes parameters by their gradients.
type Optimizer interface {
	// Build returns the update of params for the gradients grads.
	Build(params []*nn.Param, grads []*sym.Expr) *Step
	// Validate returns what is wrong with the options.
	Validate() error
	// String returns the text form, which Parse reads.
	String() string
}

// Update is the new value of an input leaf.
type Update struct{ Target, Value *sym.Expr }

// Step is an update in symbolic form.
type Step struct {
	Updates []Update
	// State are the leaves that the optimizer keeps between steps, zero at first.
	State []*sym.Expr
	// Scalars are the leaves whose values Values gives.
	Scalars []*sym.Expr
	// Values returns the scalars for step t, counted from 1, and learning rate lr.
	Values func(t int, lr float64) []float32
}

// state returns the optimizer's leaf for a parameter and keeps it.
func (s *Step) state(kind string, p *nn.Param) *sym.Expr {
	e := p.Expr.Graph().Input("optim/"+kind+"/"+p.Name, sym.Float, p.Expr.Shape()...)
	s.State = append(s.State, e)
	return e
}

// scalar returns a scalar leaf and keeps it.
func (s *Step) scalar(g *sym.Graph, name string) *sym.Expr {
	e := g.Input("optim/"+name, sym.Float)
	s.Scalars = append(s.Scalars, e)
	return e
}

func (s *Step) set(target, value *sym.Expr) {
	s.Updates = append(s.Updates, Update{target, value})
}

// SGD is gradient descent: u ← μ·u + g, w ← w − lr·u, or with Nesterov's momentum w ← w − lr·(g + μ·u)
// (Sutskever et al. 2013, in the form of PyTorch).
type SGD struct {
	Momentum float64 // μ, 0 ≤ μ < 1
	Nesterov bool
}

// Build returns the update.
func (o SGD) Build(params []*nn.Param, grads []*sym.Expr) *Step {
	s := &Step{Values: func(_ int, lr float64) []float32 { return []float32{float32(lr)} }}
	for i, p := range params {
		lr := s.rate(p)
		direction := grads[i]
		if o.Momentum > 0 {
			u := s.state("momentum", p)
			next := sym.Add(sym.Scale(u, o.Momentum), grads[i])
			s.set(u, next)
			direction = next
			if o.Nesterov {
				direction = sym.Add(grads[i], sym.Scale(next, o.Momentum))
			}
		}
		s.set(p.Expr, sym.Sub(p.Expr, sym.Mul(direction, lr)))
	}
	return s
}

// rate returns the leaf of the learning rate, made with the first parameter.
func (s *Step) rate(p *nn.Param) *sym.Expr {
	if len(s.Scalars) == 0 {
		return s.scalar(p.Expr.Graph(), "lr")
	}
	return s.Scalars[0]
}

// Validate returns what is wrong with the options.
func (o SGD) Validate() error {
	if !(o.Momentum >= 0 && o.Momentum < 1) {
		return fmt.Errorf("momentum is %v, expected 0 ≤ momentum < 1", o.Momentum)
	}
	if o.Nesterov && o.Momentum == 0 {
		return fmt.Errorf("nesterov needs a momentum above 0")
	}
	return nil
}

// String returns the text form.
func (o SGD) String() string {
	return fmt.Sprintf("sgd:momentum=%s,nesterov=%v", spec.Format(o.Momentum), o.Nesterov)
}

// Adam is m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − lr·m̂/(√v̂ + ε) with m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ)
// (Kingma and Ba 2015, algorithm 1). Decay is the decoupled weight decay of AdamW, w ← w − lr·Decay·w
// before the step (Loshchilov and Hutter 2019), on parameters that decay.
type Adam struct {
	Beta1, Beta2, Epsilon, Decay float64
}

// NewAdam returns Adam with β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
func NewAdam() Adam { return Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8} }

// Build returns the update. The bias corrections are scalars: lr/(1−β₁ᵗ) and 1/√(1−β₂ᵗ).
func (o Adam) Build(params []*nn.Param, grads []*sym.Expr) *Step {
	s := &Step{Values: func(t int, lr float64) []float32 {
		c1 := 1 - math.Pow(o.Beta1, float64(t))
		c2 := 1 - math.Pow(o.Beta2, float64(t))
		values := []float32{float32(lr / c1), float32(1 / math.Sqrt(c2))}
		if o.Decay > 0 {
			values = append(values, float32(1-lr*o.Decay))
		}
		return values
	}}
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

// Validate returns what is wrong with the options.
func (o Adam) Validate() error {
	for _, f := range []struct {
		name string
		v    float64
		ok   bool
	}{
		{"beta1", o.Beta1, o.Beta1 >= 0 && o.Beta1 < 1},
		{"beta2", o.Beta2, o.Beta2 >= 0 && o.Beta2 < 1},
		{"epsilon", o.Epsilon, o.Epsilon > 0},
		{"decay", o.Decay, o.Decay >= 0},
	} {
		if !f.ok {
			return fmt.Errorf("%s is %v, expected 0 ≤ beta < 1, epsilon > 0, decay ≥ 0", f.name, f.v)
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

// Names lists the optimizers.
func Names() []string { return []string{"adam", "adamw", "sgd"} }

// Parse reads a text form: adam, adamw:decay=0.01, sgd:momentum=0.9,nesterov=true.
func Parse(text string) (Optimizer, error) {
	s, err := spec.Parse(text)
	if err != nil {
		return nil, err
	}
	if s.Value != "" {
		return nil, fmt.Errorf("%q: an optimizer takes key=value options, found %q", text, s.Value)
	}
	var o Optimizer
	switch s.Name {
	case "sgd":
		var v SGD
		err = s.Fields(map[string]any{"momentum": &v.Momentum, "nesterov": &v.Nesterov})
		o = v
	case "adam", "adamw":
		v := NewAdam()
		fields := map[string]any{"beta1": &v.Beta1, "beta2": &v.Beta2, "epsilon": &v.Epsilon}
		if s.Name == "adamw" {
			v.Decay = 0.01 // the default of Loshchilov and Hutter's experiments and of PyTorch
			fields["decay"] = &v.Decay
		}
		err = s.Fields(fields)
		o = v
	default:
		return nil, spec.Unknown("optimizer", s.Name, Names())
	}
	if err == nil {
		err = o.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("optimizer: %w", err)
	}
	return o, nil
}
