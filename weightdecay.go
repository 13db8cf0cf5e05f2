package gradreg

import "github.com/gradreg/gradreg/sym"

// WeightDecay penalizes the squared norm of the weights:
//
//	R = ½ Σ ‖W‖²
//
// over weights, not over biases nor the parameters of a normalization. Coupled, its gradient λ·W
// goes through the optimizer like the loss's.
type WeightDecay struct {
	Weight float64 // λ
	// Decoupled takes the decay out of the objective: a step subtracts lr·λ·W from the weights
	// instead, lr being the step's learning rate, beside what the optimizer does (Loshchilov and
	// Hutter 2019, algorithm 2). With Adam that is AdamW. R is still reported.
	Decoupled bool
	Schedule
}

// Decoupler is a Regularizer that may act on the parameters beside the optimizer.
type Decoupler interface {
	Regularizer
	// Decouples reports whether it does: its penalty is then no part of the objective, and a step
	// subtracts lr·λ·W from every parameter that decays.
	Decouples() bool
}

// Decouples reports whether the decay is decoupled.
func (w WeightDecay) Decouples() bool { return w.Decoupled }

// Penalty builds R.
func (w WeightDecay) Penalty(p *Problem) *sym.Expr {
	sum := p.Graph.Const(0)
	for _, param := range p.Params.All() {
		if param.Decay {
			sum = sym.Add(sum, sym.Sum(sym.Square(param.Expr)))
		}
	}
	return sym.Scale(sum, 0.5)
}

// Lambda returns λ.
func (w WeightDecay) Lambda() float64 { return w.Weight }

// WithLambda returns the same penalty with another λ.
func (w WeightDecay) WithLambda(lambda float64) Regularizer { w.Weight = lambda; return w }

// Name returns "weight-decay".
func (w WeightDecay) Name() string { return "weight-decay" }

// Validate returns what is wrong with the options.
func (w WeightDecay) Validate() error { return check(w.Weight, w.Schedule.validate()) }

// String returns the text form.
func (w WeightDecay) String() string { return format(w.Name(), w.Weight, w.fields()) }

func (w *WeightDecay) fields() []field {
	return append([]field{{"decoupled", &w.Decoupled}}, w.Schedule.fields()...)
}
