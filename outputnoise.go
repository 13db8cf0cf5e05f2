package gradreg

import "github.com/gradreg/gradreg/sym"

// OutputNoise penalizes how much the logits change when noise is added to the input:
//
//	R = mean_b ‖f(x_b + σ·n_b) − f(x_b)‖²/σ²,  n_b ~ N(0, I)
//
// Its expectation is mean_b ‖J_b‖_F² plus terms of order σ², of a linear network exactly that. Both
// passes have the same dropout mask, whose change would otherwise count as the noise's. (Scarvelis
// and Solomon 2024, arXiv 2405.20231; Bishop 1995 for the relation.)
//
// Where a layer couples samples, as batch norm does, the noisy batch is normalized by its own mean
// and variance, so that f(x_b + σ·n_b) also depends on the others' noise, and R is in expectation
// the norm of the derivatives of f(x_b) with respect to all images, not J_b only. Running
// statistics stay those of the batch itself.
type OutputNoise struct {
	Weight  float64 // λ
	StdDev  float64 // σ: 0.1 if 0
	Options         // Sigma is that of the points that the penalty is taken at
}

// Penalty builds R.
func (o OutputNoise) Penalty(p *Problem) *sym.Expr {
	at, sigma := o.site(p), defaulted(o.StdDev, 0.1)
	x := at.part(at.input)
	noise := p.Graph.Normal(p.NextStream(), x.Shape()...)
	change := sym.Sub(at.outputsAt(sym.Add(x, sym.Scale(noise, sigma))), at.part(at.outputs))
	return o.mean(at, sym.Scale(change, 1/sigma))
}

// Lambda returns λ.
func (o OutputNoise) Lambda() float64 { return o.Weight }

// WithLambda returns the same penalty with another λ.
func (o OutputNoise) WithLambda(lambda float64) Regularizer { o.Weight = lambda; return o }

// Name returns "output-noise".
func (o OutputNoise) Name() string { return "output-noise" }

// Validate returns what is wrong with the options.
func (o OutputNoise) Validate() error {
	if err := positive("noise", o.StdDev); err != nil {
		return err
	}
	return check(o.Weight, o.validate(AsHoffman, AsSum))
}

// String returns the text form.
func (o OutputNoise) String() string { return format(o.Name(), o.Weight, o.fields()) }

func (o *OutputNoise) fields() []field {
	return append([]field{{"noise", &o.StdDev}}, o.Options.fields()...)
}
