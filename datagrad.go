package gradreg

import (
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/sym"
)

// DataGrad penalizes the squared norm of the loss's gradient with respect to the input, exactly:
//
//	R = mean_b ‖∂L_b/∂x_b‖²
//
// It shares the loss's forward pass, and with it the dropout mask. Where a layer couples samples, as batch
// norm does, the gradient of sample b is that of the summed loss Σ_b L_b with respect to x_b. (Drucker and
// LeCun 1992, double backpropagation; Varga, Csiszárik and Zombori 2017, arXiv 1712.09936, section 3.)
//
// Ross and Doshi-Velez's form ½ Σ_b ‖∂(mean L)/∂x_b‖² has λ_Ross = 2B·λ_DataGrad.
type DataGrad struct {
	Weight float64 // λ
}

// Penalty builds R.
func (d DataGrad) Penalty(p *Problem) *sym.Expr {
	g := sym.Gradient(sym.Sum(p.Losses), p.Input)[0]
	return sym.Scale(sym.Sum(sym.Square(g)), 1/float64(p.Batch))
}

// Lambda returns λ.
func (d DataGrad) Lambda() float64 { return d.Weight }

// Name returns "datagrad".
func (d DataGrad) Name() string { return "datagrad" }

// Validate returns what is wrong with λ.
func (d DataGrad) Validate() error { return checkLambda(d.Weight) }

// String returns the text form.
func (d DataGrad) String() string { return "datagrad:" + spec.Format(d.Weight) }
