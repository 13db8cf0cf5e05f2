package gradreg

import (
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/sym"
)

// WeightDecay penalizes the squared norm of the weights:
//
//	R = ½ Σ ‖W‖²
//
// over weights, not over biases nor the parameters of a normalization. It is coupled: its gradient λ·W goes
// through the optimizer like the loss's. The decoupled form is the decay of [optim.Adam].
type WeightDecay struct {
	Weight float64 // λ
}

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

// Name returns "weight-decay".
func (w WeightDecay) Name() string { return "weight-decay" }

// Validate returns what is wrong with λ.
func (w WeightDecay) Validate() error { return checkLambda(w.Weight) }

// String returns the text form.
func (w WeightDecay) String() string { return "weight-decay:" + spec.Format(w.Weight) }
