package gradreg

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// Ross is the input-gradient penalty of Ross and Doshi-Velez (2018, arXiv 1711.09404) in their
// convention, the gradient of the batch's mean loss:
//
//	R = ½ Σ_b ‖∂(mean L)/∂x_b‖²,  or Σ_b ‖∂(mean L)/∂x_b‖₁
//
// The first is DataGrad's R/(2B), so that λ_Ross = 2B·λ_DataGrad: λ is tied to the batch size, with
// Fraction to that of the part. The second is mean_b ‖∂L_b/∂x_b‖₁. Slope has no other values than
// these forms have.
type Ross struct {
	Weight float64 // λ
	Norm   string  // "l2", also if empty, or "l1"
	Options
}

// Penalty builds R.
func (r Ross) Penalty(p *Problem) *sym.Expr {
	r.LambdaAs = AsRoss
	return DataGrad{Norm: r.Norm, Options: r.Options}.Penalty(p)
}

// rossForm returns an error unless Ross and Doshi-Velez have a form of that norm and slope, either
// of them empty for its default. The factor 1/(2B) belongs to the square of the l2 norm; the l1
// norm has none, and there is no other form.
func rossForm(norm, slope string) error {
	form := map[string]string{"": "squared", "l2": "squared", "l1": "linear"}[norm]
	if form == "" {
		return fmt.Errorf("norm is %q with λ as of Ross, expected l2 or l1", norm)
	}
	if slope != "" && slope != form {
		return fmt.Errorf("slope is %q with λ as of Ross, expected %s, which their form of the norm is", slope, form)
	}
	return nil
}

// Lambda returns λ.
func (r Ross) Lambda() float64 { return r.Weight }

// WithLambda returns the same penalty with another λ.
func (r Ross) WithLambda(lambda float64) Regularizer { r.Weight = lambda; return r }

// Name returns "ross".
func (r Ross) Name() string { return "ross" }

// Validate returns what is wrong with the options.
func (r Ross) Validate() error {
	for _, err := range []error{oneOf("norm", r.Norm, "l2", "l1"), r.validate(), rossForm(r.Norm, r.Slope)} {
		if err != nil {
			return err
		}
	}
	return check(r.Weight, nil)
}

// String returns the text form.
func (r Ross) String() string { return format(r.Name(), r.Weight, r.fields()) }

func (r *Ross) fields() []field { return append([]field{{"norm", &r.Norm}}, r.Options.fields()...) }
