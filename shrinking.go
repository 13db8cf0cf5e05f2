package gradreg

import (
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// GradientShrinking divides a critic D: [B, 1] by its slope in the place of penalizing it, so that
// its slope is about λ without a weight to find. It is no penalty, R is 0:
//
//	D̂(x) = λ·D(x)/(‖∂D/∂x‖ + |D(x)|)      over=sample
//	D̂(x) = λ·D(x)/mean_b ‖∂D/∂x̂_b‖        over=mean, the largest of the batch with over=max
//
// x̂ are points between real and generated samples ([PlaceBetween]). The divisor is differentiated
// with respect to everything that it depends on, in the generator's step too. Penalties beside it
// see the critic before its division over the batch, and after that of each sample. (The divisions
// over the batch are the mode wgan-gs of D. Varga's code of 2017; that of each sample is GN-GAN, Wu et
// al. 2021, equation 9.)
type GradientShrinking struct {
	Weight float64 // λ; usually 1
	Over   string  // "mean", also if empty, "max" or "sample"
}

// Penalty returns 0.
func (s GradientShrinking) Penalty(p *Problem) *sym.Expr {
	if p.Place == nil || p.Outputs.Err() == nil && p.Outputs.Shape()[1] != 1 {
		return refuse(p.Losses, s, "it is for the one score of a critic, and this network is none")
	}
	return p.Graph.Const(0)
}

// Transform divides the score of each sample.
func (s GradientShrinking) Transform(forward Forward) Forward {
	if s.Over != "sample" {
		return forward
	}
	return func(c *nn.Context, x *sym.Expr) *sym.Expr {
		score := forward(c, x)
		if score.Err() != nil {
			return score
		}
		slope := slopes(score, x)
		return sym.Div(sym.Scale(score, s.Weight), sym.Add(slope, sym.Abs(score)))
	}
}

// Divisor returns what the scores of a batch are divided by, a scalar, for the division over it; nil
// for that of each sample.
func (s GradientShrinking) Divisor(p *Problem) (*sym.Expr, error) {
	if s.Over == "sample" {
		return nil, nil
	}
	q, err := p.Place(PlaceBetween)
	if err != nil {
		return nil, err
	}
	of := slopes(q.Outputs, q.Input)
	if of.Err() != nil {
		return of, nil
	}
	if s.Over == "max" {
		return sym.Scale(sym.Reshape(sym.Max(sym.Reshape(of, 1, q.Batch), 1)), 1/s.Weight), nil
	}
	return sym.Scale(sym.Mean(of), 1/s.Weight), nil
}

// slopes returns ‖∂score_b/∂x_b‖: [B, 1] of scores: [B, 1].
func slopes(score, x *sym.Expr) *sym.Expr {
	if score.Err() != nil {
		return score
	}
	g := sym.Gradient(sym.Sum(score), x)[0]
	batch := x.Shape()[0]
	squares := sym.Sum(sym.Square(sym.Reshape(g, batch, g.Shape().Size()/batch)), 1)
	return sym.Reshape(sym.Sqrt(sym.AddScalar(squares, 1e-12)), batch, 1)
}

// Lambda returns λ.
func (s GradientShrinking) Lambda() float64 { return s.Weight }

// WithLambda returns the same division with another λ.
func (s GradientShrinking) WithLambda(lambda float64) Regularizer { s.Weight = lambda; return s }

// Name returns "gradient-shrinking".
func (s GradientShrinking) Name() string { return "gradient-shrinking" }

// Validate returns what is wrong with the options.
func (s GradientShrinking) Validate() error {
	if err := oneOf("over", s.Over, "mean", "max", "sample"); err != nil {
		return err
	}
	return check(s.Weight, nil)
}

// String returns the text form.
func (s GradientShrinking) String() string { return format(s.Name(), s.Weight, s.fields()) }

func (s *GradientShrinking) fields() []field { return []field{{"over", &s.Over}} }

var _ Transformer = GradientShrinking{}
