package gradreg

import (
	"strings"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// SpectralNorm penalizes the largest singular value σ of every weight:
//
//	R = ½ Σ σ(W)²
//
// over weights, not over biases nor the parameters of a normalization; the filters of a convolution
// are the matrix [O, C·KH·KW]. σ = uᵀ·W·v with the singular vectors held constant, which are found
// by power iteration that goes on from step to step: v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖. (Yoshida and
// Miyato 2017, arXiv 1705.10941, algorithm 1.)
type SpectralNorm struct {
	Weight     float64 // λ
	Iterations int     // of the power iteration at each step: 1 if 0, at most 100
	Schedule
}

// Penalty builds R, and the updates of u.
func (s SpectralNorm) Penalty(p *Problem) *sym.Expr {
	sum := p.Graph.Const(0)
	for _, param := range p.Params.All() {
		if !param.Decay || param.Expr.Err() != nil {
			continue
		}
		m := param.Expr.Shape()[0]
		w := sym.Reshape(param.Expr, m, param.Expr.Shape().Size()/m)
		name := s.Name() + "/" + strings.TrimPrefix(param.Name, p.Params.Prefix())
		state := p.Params.State(name, nn.UniformStdev(1), 1, m)
		sigma, u := sym.SpectralNorm(w, state.Expr, s.Iterations)
		sum = sym.Add(sum, sym.Square(sigma))
		p.Updates = append(p.Updates, sym.Update{Target: state.Expr, Value: u})
	}
	return sym.Scale(sum, 0.5)
}

// Lambda returns λ.
func (s SpectralNorm) Lambda() float64 { return s.Weight }

// WithLambda returns the same penalty with another λ.
func (s SpectralNorm) WithLambda(lambda float64) Regularizer { s.Weight = lambda; return s }

// Name returns "spectral-norm".
func (s SpectralNorm) Name() string { return "spectral-norm" }

// Validate returns what is wrong with the options.
func (s SpectralNorm) Validate() error {
	if err := repeats("iterations", s.Iterations); err != nil {
		return err
	}
	return check(s.Weight, s.Schedule.validate())
}

// String returns the text form.
func (s SpectralNorm) String() string { return format(s.Name(), s.Weight, s.fields()) }

func (s *SpectralNorm) fields() []field {
	return append([]field{{"iterations", &s.Iterations}}, s.Schedule.fields()...)
}
