package gradreg

import "github.com/gradreg/gradreg/sym"

// OneHot penalizes the squared gradient of the true class's logit:
//
//	R = mean_b ‖∂f_y(x_b)/∂x_b‖²
//
// y is the class of sample b; with soft targets t it is the gradient of Σ_k t_k·f_k. (Varga et al.
// 2017.)
type OneHot struct {
	Weight float64 // λ
	Options
}

// Penalty builds R.
func (o OneHot) Penalty(p *Problem) *sym.Expr { return o.everywhere(p, o, o.penalty) }

func (o OneHot) penalty(p *Problem) *sym.Expr {
	if logP := p.LogProbabilities(o, p.Outputs); logP.Err() != nil {
		return logP
	}
	at := o.site(p)
	return o.mean(at, at.slope(at.part(at.targets)))
}

// Lambda returns λ.
func (o OneHot) Lambda() float64 { return o.Weight }

// WithLambda returns the same penalty with another λ.
func (o OneHot) WithLambda(lambda float64) Regularizer { o.Weight = lambda; return o }

// Name returns "onehot".
func (o OneHot) Name() string { return "onehot" }

// Validate returns what is wrong with the options.
func (o OneHot) Validate() error { return check(o.Weight, o.validate(AsHoffman, AsSum)) }

// String returns the text form.
func (o OneHot) String() string { return format(o.Name(), o.Weight, o.fields()) }

func (o *OneHot) fields() []field { return o.Options.fields() }

// RandomOneHot penalizes the squared gradient of a random class's logit:
//
//	R = mean_b ‖∂f_k(x_b)/∂x_b‖²,  k uniform over all K classes, afresh for every sample
//
// Its expectation is mean_b ‖J_b‖_F²/K. (Varga et al. 2017. Their code never draws the last class.)
type RandomOneHot struct {
	Weight float64 // λ
	Options
}

// Penalty builds R.
func (o RandomOneHot) Penalty(p *Problem) *sym.Expr { return o.everywhere(p, o, o.penalty) }

func (o RandomOneHot) penalty(p *Problem) *sym.Expr {
	at := o.site(p)
	if at.outputs.Err() != nil {
		return at.outputs
	}
	// The place of the largest of K independent numbers is uniform.
	classes := at.outputs.Shape()[1]
	draw := sym.ArgMax(p.Graph.Uniform(p.NextStream(), at.count, classes), 1)
	return o.mean(at, at.slope(sym.Reshape(sym.OneHot(draw, classes), at.count, classes)))
}

// Lambda returns λ.
func (o RandomOneHot) Lambda() float64 { return o.Weight }

// WithLambda returns the same penalty with another λ.
func (o RandomOneHot) WithLambda(lambda float64) Regularizer { o.Weight = lambda; return o }

// Name returns "random-onehot".
func (o RandomOneHot) Name() string { return "random-onehot" }

// Validate returns what is wrong with the options.
func (o RandomOneHot) Validate() error { return check(o.Weight, o.validate(AsHoffman, AsSum)) }

// String returns the text form.
func (o RandomOneHot) String() string { return format(o.Name(), o.Weight, o.fields()) }

func (o *RandomOneHot) fields() []field { return o.Options.fields() }
