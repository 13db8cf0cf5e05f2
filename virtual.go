package gradreg

import "github.com/gradreg/gradreg/sym"

// VirtualAdversarial penalizes how much the prediction changes towards the nearby image that
// changes it most:
//
//	R = mean_b KL(p(x_b) ‖ p(x_b + r_b)),  r_b = ε·d_b
//
// p(x_b) and r_b are held constant. d is the dominant eigenvector of the Hessian H of that
// divergence at r = 0, by power iteration from a random direction: d ← H·d/‖H·d‖. Labels are not
// used. All passes have the same dropout mask. (Miyato, Maeda, Koyama and Ishii 2018, arXiv
// 1704.03976, algorithm 1.)
//
// The paper takes H·d from a difference quotient of length ξ, the gradient at r = ξ·d. Here ξ may
// also go to 0, where H·d = Jᵀ·(diag p − p·pᵀ)·J·d exactly, one tangent and one backward pass: the
// same cost without rounding errors, which in float32 are as large as the gradient itself for the
// paper's ξ = 1e-6.
//
// Where a layer couples samples, as batch norm does, H is that of the divergences' sum in all
// images, of which d_b is sample b's part, scaled by itself; all samples move at once, and the
// moved batch is normalized by its own mean and variance. Running statistics stay those of the
// batch itself.
type VirtualAdversarial struct {
	Weight     float64 // λ
	Epsilon    float64 // ε, the Euclidean length of r in units of the normalized input: 2 if 0
	Xi         float64 // ξ; the limit ξ → 0 if 0
	Iterations int     // of the power iteration: 1 if 0, at most 100
	Schedule
}

// Penalty builds R.
func (v VirtualAdversarial) Penalty(p *Problem) *sym.Expr {
	if p.Outputs.Err() != nil {
		return p.Outputs
	}
	logP := sym.StopGradient(p.LogProbabilities(v, p.Outputs))
	probabilities := sym.Exp(logP)
	d := sym.Normalize(p.Graph.Normal(p.NextStream(), p.Input.Shape()...))
	for range max(v.Iterations, 1) {
		d = sym.Normalize(v.curvature(p, probabilities, d))
	}
	moved := sym.Add(p.Input, sym.Scale(sym.StopGradient(d), defaulted(v.Epsilon, 2)))
	return divergence(probabilities, logP, p.LogProbabilities(v, p.OutputsAt(moved)))
}

// curvature returns a multiple of H·d.
func (v VirtualAdversarial) curvature(p *Problem, probabilities, d *sym.Expr) *sym.Expr {
	if v.Xi == 0 {
		along := sym.JVP(p.Outputs, []*sym.Expr{p.Input}, []*sym.Expr{d})
		mean := sym.Broadcast(sym.Sum(sym.Mul(probabilities, along), 1), []int{0}, along.Shape()...)
		product := sym.Mul(probabilities, sym.Sub(along, mean))
		return sym.VJP(p.Outputs, balanced(product, probabilities), p.Input)[0]
	}
	near := sym.Add(p.Input, sym.Scale(sym.StopGradient(d), v.Xi))
	logits := p.OutputsAt(near)
	// ∂KL(p‖q)/∂logits of q is q − p.
	return sym.VJP(
		logits,
		balanced(sym.Sub(sym.Exp(p.LogProbabilities(v, logits)), probabilities), probabilities),
		near,
	)[0]
}

// divergence returns mean_b KL(p ‖ q) in nats, of logarithms log p and log q.
func divergence(p, logP, logQ *sym.Expr) *sym.Expr {
	return sym.Mean(sym.Sum(sym.Mul(p, sym.Sub(logP, logQ)), 1))
}

// Lambda returns λ.
func (v VirtualAdversarial) Lambda() float64 { return v.Weight }

// WithLambda returns the same penalty with another λ.
func (v VirtualAdversarial) WithLambda(lambda float64) Regularizer { v.Weight = lambda; return v }

// Name returns "virtual-adversarial".
func (v VirtualAdversarial) Name() string { return "virtual-adversarial" }

// Validate returns what is wrong with the options.
func (v VirtualAdversarial) Validate() error {
	if err := repeats("iterations", v.Iterations); err != nil {
		return err
	}
	if err := positive("epsilon", v.Epsilon); err != nil {
		return err
	}
	if err := positive("xi", v.Xi); err != nil {
		return err
	}
	return check(v.Weight, v.Schedule.validate())
}

// String returns the text form.
func (v VirtualAdversarial) String() string { return format(v.Name(), v.Weight, v.fields()) }

func (v *VirtualAdversarial) fields() []field {
	return append(
		[]field{{"epsilon", &v.Epsilon}, {"xi", &v.Xi}, {"iterations", &v.Iterations}},
		v.Schedule.fields()...,
	)
}
