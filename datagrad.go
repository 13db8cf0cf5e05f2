package gradreg

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// DataGrad penalizes the squared norm of the loss's gradient with respect to the input, exactly:
//
//	R = mean_b ‖∂L_b/∂x_b‖²
//
// It shares the loss's forward pass, and with it the dropout mask. Where a layer couples samples,
// as batch norm does, the gradient of sample b is that of the summed loss Σ_b L_b with respect to
// x_b. (Drucker and LeCun 1992, double backpropagation; Varga, Csiszárik and Zombori 2017, arXiv
// 1712.09936, section 3.)
//
// Ross and Doshi-Velez's form ½ Σ_b ‖∂(mean L)/∂x_b‖² has λ_Ross = 2B·λ_DataGrad, that of the l1
// norm λ_Ross = λ_DataGrad.
type DataGrad struct {
	Weight float64 // λ
	// Norm is the norm of the slope: "l2", also if empty, "l1" or "linf". The latter two are not
	// squared unless Slope says so: R = mean_b ‖∂L_b/∂x_b‖₁ bounds to first order what a change of
	// every pixel by 1 adds to the loss, the l∞ norm what a change of total size 1 adds (Lyu, Huang
	// and Liang 2015, equation 7).
	Norm string
	Options
}

// Penalty builds R.
func (d DataGrad) Penalty(p *Problem) *sym.Expr { return d.everywhere(p, d, d.penalty) }

func (d DataGrad) penalty(p *Problem) *sym.Expr {
	at := d.site(p)
	g := at.lossSlope()
	if d.Norm == "" || d.Norm == "l2" || g.Err() != nil {
		return d.mean(at, g)
	}
	if d.LambdaAs == AsRoss {
		d.LambdaAs = "" // Ross's form of the l1 norm is ours
	}
	sizes := sym.Abs(sym.Reshape(g, at.count, g.Shape().Size()/at.count))
	if d.Norm == "l1" {
		return d.shaped(at, sym.Sum(sizes, 1))
	}
	return d.shaped(at, sym.Max(sizes, 1))
}

// Lambda returns λ.
func (d DataGrad) Lambda() float64 { return d.Weight }

// WithLambda returns the same penalty with another λ.
func (d DataGrad) WithLambda(lambda float64) Regularizer { d.Weight = lambda; return d }

// Name returns "datagrad".
func (d DataGrad) Name() string { return "datagrad" }

// Validate returns what is wrong with the options.
func (d DataGrad) Validate() error {
	if err := oneOf("norm", d.Norm, "l2", "l1", "linf"); err != nil {
		return err
	}
	if err := d.validate(AsRoss, AsGamma, AsSum); err != nil {
		return err
	}
	switch {
	case d.LambdaAs == AsRoss:
		return check(d.Weight, rossForm(d.Norm, d.Slope))
	case d.LambdaAs == AsGamma && d.Norm != "" && d.Norm != "l2":
		return fmt.Errorf("norm is %q with λ as γ, expected l2", d.Norm)
	}
	return check(d.Weight, nil)
}

// String returns the text form.
func (d DataGrad) String() string { return format(d.Name(), d.Weight, d.fields()) }

func (d *DataGrad) fields() []field {
	return append([]field{{"norm", &d.Norm}}, d.Options.fields()...)
}
