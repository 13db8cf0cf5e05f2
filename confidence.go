package gradreg

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// ConfidencePenalty penalizes sure predictions:
//
//	R = −mean_b H(p_b) = mean_b Σ_k p_k·log p_k
//
// in nats, between −log K and 0. (Pereyra et al. 2017, arXiv 1701.06548.) The original code of
// DataGrad's experiments sums over the batch: λ_sum = λ/B, LambdaAs: AsSum.
type ConfidencePenalty struct {
	Weight   float64 // λ
	LambdaAs string  // the convention λ is stated in: AsSum, or ours if empty
	Schedule
}

// Penalty builds R.
func (c ConfidencePenalty) Penalty(p *Problem) *sym.Expr {
	if p.Outputs.Err() != nil {
		return p.Outputs
	}
	logP := p.LogProbabilities(c, p.Outputs)
	r := sym.Scale(sym.Sum(sym.Mul(sym.Exp(logP), logP)), 1/float64(p.Batch))
	return converted(c.LambdaAs, r, p.Batch)
}

// Lambda returns λ.
func (c ConfidencePenalty) Lambda() float64 { return c.Weight }

// WithLambda returns the same penalty with another λ.
func (c ConfidencePenalty) WithLambda(lambda float64) Regularizer { c.Weight = lambda; return c }

// Name returns "confidence".
func (c ConfidencePenalty) Name() string { return "confidence" }

// Validate returns what is wrong with the options.
func (c ConfidencePenalty) Validate() error {
	if err := oneOf("lambda-as", c.LambdaAs, AsSum); err != nil {
		return err
	}
	return check(c.Weight, c.Schedule.validate())
}

// String returns the text form.
func (c ConfidencePenalty) String() string { return format(c.Name(), c.Weight, c.fields()) }

func (c *ConfidencePenalty) fields() []field {
	return append([]field{{"lambda-as", &c.LambdaAs}}, c.Schedule.fields()...)
}

// LabelSmoothing replaces the targets by (1 − α)·targets + α/K (Szegedy et al. 2016, section 7), λ
// being α in 0..1. The cross-entropy is linear in the targets, so that this is exactly the penalty
//
//	R = mean_b (mean_k(−log p_k) − L_b):  L + α·R = (1 − α)·L + α·mean_b mean_k(−log p_k)
//
// R may be negative, without bound, so that a step's objective has a minimum only for α ≤ 1. With
// Every that is α·Every, the weight of the steps that take it.
type LabelSmoothing struct {
	Weight float64 // α
	Schedule
}

// Penalty builds R.
func (l LabelSmoothing) Penalty(p *Problem) *sym.Expr {
	if p.Outputs.Err() != nil {
		return p.Outputs
	}
	uniform := sym.Neg(sym.Mean(p.LogProbabilities(l, p.Outputs)))
	return sym.Sub(uniform, p.Loss())
}

// Lambda returns α.
func (l LabelSmoothing) Lambda() float64 { return l.Weight }

// WithLambda returns the same penalty with another α.
func (l LabelSmoothing) WithLambda(lambda float64) Regularizer { l.Weight = lambda; return l }

// Name returns "label-smoothing".
func (l LabelSmoothing) Name() string { return "label-smoothing" }

// Validate returns what is wrong with the options.
func (l LabelSmoothing) Validate() error {
	if l.Weight > 1 {
		return fmt.Errorf("λ is %v, expected the share of the uniform distribution, at most 1", l.Weight)
	}
	if weight := l.Weight * l.multiple(); weight > 1 {
		return fmt.Errorf(
			"every is %d with λ %v, expected λ·every, the weight of a step that takes it, at most 1; found %v",
			l.Every, l.Weight, weight,
		)
	}
	return check(l.Weight, l.Schedule.validate())
}

// String returns the text form.
func (l LabelSmoothing) String() string { return format(l.Name(), l.Weight, l.fields()) }

func (l *LabelSmoothing) fields() []field { return l.Schedule.fields() }
