package gradreg

import "github.com/gradreg/gradreg/sym"

// Adversarial adds the loss at points moved along the loss's gradient:
//
//	R = mean_b L(x_b + φ·d_b),  d_b = ∂L_b/∂x_b, or its sign
//
// d is held constant, and both passes have the same dropout mask. With the gradient itself it is
// Ororbia, Kifer and Giles's adversarial sampling (2017, DataGrad's unified form), with the sign
// the fast gradient sign method of Goodfellow, Shlens and Szegedy (2015, arXiv 1412.6572, section
// 5): their α·L + (1−α)·L(adv) is λ = (1−α)/α and α times the learning rate.
//
// Where a layer couples samples, as batch norm does, d_b is the gradient of the summed loss Σ_b L_b
// with respect to x_b, and all samples move at once: the moved batch is normalized by its own mean
// and variance, so that L at x_b + φ·d_b also depends on how the others moved. Running statistics
// stay those of the batch itself.
type Adversarial struct {
	Weight float64 // λ
	Step   float64 // φ: 0.1 if 0
	// Direction is "gradient", also if empty, or "sign".
	Direction string
	Schedule
}

// Penalty builds R.
func (a Adversarial) Penalty(p *Problem) *sym.Expr {
	g := sym.Gradient(sym.Sum(p.Losses), p.Input)[0]
	if a.Direction == "sign" {
		g = sym.Sign(g)
	}
	moved := sym.Add(p.Input, sym.Scale(sym.StopGradient(g), defaulted(a.Step, 0.1)))
	return sym.Mean(p.LossesAt(p.OutputsAt(moved)))
}

// Lambda returns λ.
func (a Adversarial) Lambda() float64 { return a.Weight }

// WithLambda returns the same penalty with another λ.
func (a Adversarial) WithLambda(lambda float64) Regularizer { a.Weight = lambda; return a }

// Name returns "adversarial".
func (a Adversarial) Name() string { return "adversarial" }

// Validate returns what is wrong with the options.
func (a Adversarial) Validate() error {
	if err := oneOf("direction", a.Direction, "gradient", "sign"); err != nil {
		return err
	}
	if err := positive("phi", a.Step); err != nil {
		return err
	}
	return check(a.Weight, a.Schedule.validate())
}

// String returns the text form.
func (a Adversarial) String() string { return format(a.Name(), a.Weight, a.fields()) }

func (a *Adversarial) fields() []field {
	return append([]field{{"phi", &a.Step}, {"direction", &a.Direction}}, a.Schedule.fields()...)
}
