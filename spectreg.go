package gradreg

import "github.com/gradreg/gradreg/sym"

// SpectReg penalizes the squared norm of a random projection of the logits' Jacobian J_b =
// ∂f(x_b)/∂x_b, K × pixels:
//
//	R = mean_b ‖ε_bᵀ·J_b‖²,  ε_b ~ N(0, I_K)
//
// Its expectation over ε is mean_b ‖J_b‖_F². It shares the loss's forward pass. Each sample has an
// ε of its own, which never has a higher variance than the original's single one per batch; that
// one is Shared. (Varga, Csiszárik and Zombori 2017, arXiv 1712.09936, section 3.)
//
// Hoffman, Roberts and Yaida's form has λ_Hoffman = 2·λ_SpectReg in expectation.
type SpectReg struct {
	Weight float64 // λ
	// Projections is the number of ε that R is averaged over; 1 if 0, at most 100. Each costs a
	// backward and a tangent pass.
	Projections int
	// Shared takes one ε for all samples of a batch.
	Shared bool
	Options
}

// Penalty builds R.
func (s SpectReg) Penalty(p *Problem) *sym.Expr { return s.everywhere(p, s, s.penalty) }

func (s SpectReg) penalty(p *Problem) *sym.Expr {
	at := s.site(p)
	var sum *sym.Expr
	for range s.projections() {
		sum = plus(sum, s.mean(at, at.slope(s.epsilon(p, at))))
	}
	return sym.Scale(sum, 1/float64(s.projections()))
}

// epsilon returns a fresh ε in the shape of the logits.
func (s SpectReg) epsilon(p *Problem, at site) *sym.Expr {
	if at.outputs.Err() != nil {
		return at.outputs
	}
	classes := at.outputs.Shape()[1]
	if s.Shared {
		return sym.BroadcastTo(p.Graph.Normal(p.NextStream(), classes), at.count, classes)
	}
	return p.Graph.Normal(p.NextStream(), at.count, classes)
}

func (s SpectReg) projections() int { return max(s.Projections, 1) }

// Lambda returns λ.
func (s SpectReg) Lambda() float64 { return s.Weight }

// WithLambda returns the same penalty with another λ.
func (s SpectReg) WithLambda(lambda float64) Regularizer { s.Weight = lambda; return s }

// Name returns "spectreg".
func (s SpectReg) Name() string { return "spectreg" }

// Validate returns what is wrong with the options.
func (s SpectReg) Validate() error {
	if err := repeats("projections", s.Projections); err != nil {
		return err
	}
	return check(s.Weight, s.validate(AsHoffman, AsGamma, AsSum))
}

// String returns the text form.
func (s SpectReg) String() string { return format(s.Name(), s.Weight, s.fields()) }

func (s *SpectReg) fields() []field {
	return append([]field{{"projections", &s.Projections}, {"shared", &s.Shared}}, s.Options.fields()...)
}
