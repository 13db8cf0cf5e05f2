package gradreg

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/sym"
)

// SpectReg penalizes the squared norm of a random projection of the logits' Jacobian J_b = ∂f(x_b)/∂x_b, K × pixels:
//
//	R = mean_b ‖ε_bᵀ·J_b‖²,  ε_b ~ N(0, I_K)
//
// Its expectation over ε is mean_b ‖J_b‖_F². It shares the loss's forward pass. Each sample has an ε of its
// own, which never has a higher variance than the original's single one per batch; that one is Shared.
// (Varga, Csiszárik and Zombori 2017, arXiv 1712.09936, section 3.)
//
// Hoffman, Roberts and Yaida's form has λ_Hoffman = 2·λ_SpectReg in expectation.
type SpectReg struct {
	Weight float64 // λ
	// Projections is the number of ε that R is averaged over; 1 if 0. Each costs a backward and a tangent
	// pass.
	Projections int
	// Shared takes one ε for all samples of a batch.
	Shared bool
}

func parseSpectReg(lambda float64, s spec.Spec) (Regularizer, error) {
	r := SpectReg{Weight: lambda, Projections: 1}
	err := s.Fields(map[string]any{"projections": &r.Projections, "shared": &r.Shared})
	if err == nil && r.Projections < 1 {
		err = fmt.Errorf("projections is %d, expected at least 1", r.Projections)
	}
	return r, err
}

// Penalty builds R.
func (s SpectReg) Penalty(p *Problem) *sym.Expr {
	var sum *sym.Expr
	for range s.projections() {
		g := sym.VJP(p.Logits, s.epsilon(p), p.Input)[0]
		squared := sym.Sum(sym.Square(g))
		if sum == nil {
			sum = squared
		} else {
			sum = sym.Add(sum, squared)
		}
	}
	return sym.Scale(sum, 1/float64(p.Batch*s.projections()))
}

// epsilon returns a fresh ε in the shape of the logits.
func (s SpectReg) epsilon(p *Problem) *sym.Expr {
	g, shape := p.Graph, p.Logits.Shape()
	if p.Logits.Err() != nil {
		return p.Logits
	}
	if s.Shared {
		return sym.BroadcastTo(g.Normal(p.NextStream(), shape[1]), shape...)
	}
	return g.Normal(p.NextStream(), shape...)
}

func (s SpectReg) projections() int { return max(s.Projections, 1) }

// Lambda returns λ.
func (s SpectReg) Lambda() float64 { return s.Weight }

// Name returns "spectreg".
func (s SpectReg) Name() string { return "spectreg" }

// Validate returns what is wrong with the options.
func (s SpectReg) Validate() error {
	if s.Projections < 0 {
		return fmt.Errorf("projections is %d, expected at least 1", s.Projections)
	}
	return checkLambda(s.Weight)
}

// String returns the text form.
func (s SpectReg) String() string {
	text := "spectreg:" + spec.Format(s.Weight)
	if s.projections() > 1 {
		text += fmt.Sprintf(",projections=%d", s.Projections)
	}
	if s.Shared {
		text += ",shared=true"
	}
	return text
}
