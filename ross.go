package gradreg

import "github.com/gradreg/gradreg/sym"

// Ross is the input-gradient penalty of Ross and Doshi-Velez (2018, arXiv 1711.09404) in their convention, the gradient of
// the batch's mean loss:
//
//	R = ½ Σ_b ‖∂(mean L)/∂x_b‖²,  or Σ_b ‖∂(mean L)/∂x_b‖₁
//
// The first is DataGrad's R/(2B), so that λ_Ross = 2B·λ_DataGrad: λ is tied to the batch size. The second is mean_b
// ‖∂L_b/∂x_b‖₁.
type Ross struct {
	Weight float64 // λ
	Norm   string  // "l2", also if empty, or "l1"
	Options
}

// Penalty builds R.
func (r Ross) Penalty(p *Problem) *sym.Expr {
	d := DataGrad{Norm: r.Norm, Options: r.Options}
	if r.Norm != "l1" {
		d.LambdaAs = AsRoss
	}
	return d.Penalty(p)
}

// Lambda returns λ.
func (r Ross) Lambda() float64 { return r.Weight }

// WithLambda returns the same penalty with another λ.
func (r Ross) WithLambda(lambda float64) Regularizer { r.Weight = lambda; return r }

// Name returns "ross".
func (r Ross) Name() string { return "ross" }

// Validate returns what is wrong with the options.
func (r Ross) Validate() error {
	if err := oneOf("norm", r.Norm, "l2", "l1"); err != nil {
		return err
	}
	return check(r.Weight, r.validate())
}

// String returns the text form.
func (r Ross) String() string { return format(r.Name(), r.Weight, r.fields()) }

func (r *Ross) fields() []field { return append([]field{{"norm", &r.Norm}}, r.Options.fields()...) }
