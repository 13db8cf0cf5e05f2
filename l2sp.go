package gradreg

import (
	"errors"
	"fmt"
	"math"

	"github.com/gradreg/gradreg/sym"
)

// ErrNotPretrained is the error of a regularizer that needs a network with pretrained weights.
var ErrNotPretrained = errors.New(
	"it needs a network that began with pretrained weights; expected the finetuning of one",
)

// L2SP keeps finetuned weights near those that the network began with, and the new ones near zero:
//
//	R = ½ Σ ‖W − W⁰‖² + ½·h·Σ_new ‖W‖²
//
// over weights, not over biases nor the parameters of a normalization. W⁰ are the pretrained weights,
// "the starting point"; new weights are those of the head, which began anew. (Li, Grandvalet and
// Davoine 2018, arXiv 1802.01483, equation 4: λ is α, and h is β/α.)
type L2SP struct {
	Weight float64 // λ
	// Head is h: 1 if 0.
	Head float64
	Schedule
}

// Penalty builds R. Of a network that is not pretrained it is [ErrNotPretrained].
func (l L2SP) Penalty(p *Problem) *sym.Expr {
	if p.Pretrained == nil {
		return refuse(p.Losses, l, "%w", ErrNotPretrained)
	}
	sum := p.Graph.Const(0)
	for _, param := range p.Params.Trainable() {
		if param.Decay && p.Pretrained(param) {
			moved := sym.Sub(param.Expr, p.Params.Start(param).Expr)
			sum = sym.Add(sum, sym.Sum(sym.Square(moved)))
		}
	}
	return sym.Scale(sym.Add(sum, newWeights(p, l.Head)), 0.5)
}

// newWeights returns h Σ ‖W‖² over the weights that are not pretrained; h is 1 if it is 0.
func newWeights(p *Problem, h float64) *sym.Expr {
	sum := p.Graph.Const(0)
	for _, param := range p.Params.Trainable() {
		if param.Decay && !p.Pretrained(param) {
			sum = sym.Add(sum, sym.Sum(sym.Square(param.Expr)))
		}
	}
	if h == 0 {
		h = 1
	}
	return sym.Scale(sum, h)
}

// checkHead returns an error unless h is finite and not negative, else err.
func checkHead(h float64, err error) error {
	if !(h >= 0) || math.IsInf(h, 0) {
		return fmt.Errorf("head is %v, expected a finite number above 0", h)
	}
	return err
}

// Lambda returns λ.
func (l L2SP) Lambda() float64 { return l.Weight }

// WithLambda returns the same penalty with another λ.
func (l L2SP) WithLambda(lambda float64) Regularizer { l.Weight = lambda; return l }

// Name returns "l2-sp".
func (l L2SP) Name() string { return "l2-sp" }

// Validate returns what is wrong with the options.
func (l L2SP) Validate() error { return check(l.Weight, checkHead(l.Head, l.Schedule.validate())) }

// String returns the text form.
func (l L2SP) String() string { return format(l.Name(), l.Weight, l.fields()) }

func (l *L2SP) fields() []field {
	return append([]field{{"head", &l.Head}}, l.Schedule.fields()...)
}

// atStart returns expressions of the problem with the pretrained weights in the place of those that
// training has made of them.
func (p *Problem) atStart(exprs []*sym.Expr) []*sym.Expr {
	start := map[*sym.Expr]*sym.Expr{}
	for _, param := range p.Params.Trainable() {
		if p.Pretrained(param) {
			start[param.Expr] = p.Params.Start(param).Expr
		}
	}
	return sym.Replace(exprs, start)
}
