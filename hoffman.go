package gradreg

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// Hoffman is the Jacobian regularizer of Hoffman, Roberts and Yaida (2019, arXiv 1908.02729,
// algorithm 1) in their convention:
//
//	R = ½·(K/n)·Σ_{μ=1…n} mean_b ‖v̂_μᵀ·J_b‖²,  v̂_μ uniform on the unit sphere, afresh for every sample
//
// Its expectation is ½ mean_b ‖J_b‖_F², which Projections = −1 takes exactly, as [FrobReg] does:
// λ_Hoffman = 2·λ_SpectReg. The factors are those of squares: Slope has no other value here.
type Hoffman struct {
	Weight      float64 // λ
	Projections int     // n: 1 if 0, at most 100; −1 for the exact norm
	Options
}

// Penalty builds R.
func (h Hoffman) Penalty(p *Problem) *sym.Expr { return h.everywhere(p, h, h.penalty) }

func (h Hoffman) penalty(p *Problem) *sym.Expr {
	at := h.site(p)
	if at.outputs.Err() != nil {
		return at.outputs
	}
	if h.Projections < 0 {
		return sym.Scale(h.meanOf(at, at.jacobian()...), 0.5)
	}
	classes, n := at.outputs.Shape()[1], max(h.Projections, 1)
	var sum *sym.Expr
	for range n {
		v := sym.Normalize(p.Graph.Normal(p.NextStream(), at.count, classes))
		sum = plus(sum, h.mean(at, at.slope(v)))
	}
	return sym.Scale(sum, 0.5*float64(classes)/float64(n))
}

// Lambda returns λ.
func (h Hoffman) Lambda() float64 { return h.Weight }

// WithLambda returns the same penalty with another λ.
func (h Hoffman) WithLambda(lambda float64) Regularizer { h.Weight = lambda; return h }

// Name returns "hoffman".
func (h Hoffman) Name() string { return "hoffman" }

// Validate returns what is wrong with the options.
func (h Hoffman) Validate() error {
	if h.Projections < -1 {
		return fmt.Errorf("n is %d, expected a number of projections, or -1 for the exact norm", h.Projections)
	}
	if err := repeats("n", max(h.Projections, 0)); err != nil {
		return err
	}
	if err := h.validate(); err != nil {
		return err
	}
	return check(h.Weight, halved(h.Slope, "λ as of Hoffman"))
}

// String returns the text form.
func (h Hoffman) String() string { return format(h.Name(), h.Weight, h.fields()) }

func (h *Hoffman) fields() []field {
	return append([]field{{"n", &h.Projections}}, h.Options.fields()...)
}
