package sym

import (
	"errors"
	"slices"
)

// LogSumExp returns log Σ exp(x) along the last axis, which disappears, without overflow: the largest
// element m, held constant, is subtracted and added back, which leaves value and derivatives (the
// softmax) unchanged. An element may be −Inf; NaN where all are, or where one is +Inf.
func LogSumExp(x *Expr) *Expr {
	if x = withAxis(x); x.err != nil {
		return x
	}
	axis := len(x.shape) - 1
	m := StopGradient(Max(x, axis))
	shifted := Sub(x, keepLast(m))
	return Add(Log(Sum(Exp(shifted), axis)), m)
}

// LogSoftmax returns x − [LogSumExp](x) along the last axis.
func LogSoftmax(x *Expr) *Expr {
	if x = withAxis(x); x.err != nil {
		return x
	}
	return Sub(x, keepLast(LogSumExp(x)))
}

// Softmax returns exp(x)/Σ exp(x) along the last axis, computed as exp([LogSoftmax]).
func Softmax(x *Expr) *Expr { return Exp(LogSoftmax(x)) }

// withAxis returns x, or an error where x is a scalar: it has no last axis.
func withAxis(x *Expr) *Expr {
	if x = given(x); x.err == nil && len(x.shape) == 0 {
		return errorExpr(x.graph, OpArgMax, []*Expr{x}, errors.New("expected at least one axis"))
	}
	return x
}

// keepLast adds a last axis of extent 1.
func keepLast(x *Expr) *Expr {
	return Reshape(x, append(slices.Clone(x.shape), 1)...)
}

// CrossEntropy returns −Σ_k target_k·log softmax(logits)_k per sample, in nats. logits, targets: [B, C]
// floats (targets one-hot or smoothed, summing to 1); result [B].
func CrossEntropy(logits, targets *Expr) *Expr {
	if logits = withAxis(logits); logits.err != nil {
		return logits
	}
	return Neg(Sum(Mul(targets, LogSoftmax(logits)), len(logits.shape)-1))
}
