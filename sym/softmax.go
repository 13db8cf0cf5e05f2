package sym

import (
	"errors"
	"slices"
)

// LogSumExp returns log Σ exp(x) along the last axis, which disappears, without overflow: the
// largest element m, held constant, is subtracted and added back, which leaves value and
// derivatives (the softmax) unchanged. An element may be −Inf; NaN where all are, or where one is
// +Inf.
func LogSumExp(x *Expr) *Expr {
	if x = withAxis(x); x.err != nil {
		return x
	}
	axis := len(x.shape) - 1
	m := StopGradient(Max(x, axis))
	shifted := Sub(x, keepLast(m))
	return Add(Log(Sum(Exp(shifted), axis)), m)
}

// surely is the probability above which a class is taken as the one that the others are measured
// from. At most one class is above it, also by rounding, and a difference of 1 and anything below
// costs two bits at most.
const surely = 0.75

// LogSoftmax returns log(exp(x)/Σ exp(x)) along the last axis: z_k − log Σ exp(z_k) with z_k = x_k
// − m, the largest element m held constant. Where one class t has a probability above ¾, x_t itself
// is subtracted:
//
//	z_k = x_k − x_t, z_t = 0,  log p_k = z_k − log(1 + Σ_{k≠t} exp(z_k))
//
// Neither the size of x nor how near to 1 a probability is costs digits: differences of x are taken
// before anything else, and 1 − p_t = Σ_{k≠t} p_k is not computed as a difference. The same holds
// for derivatives of every order, since z_t is a constant: the cotangents of the other z_k are
// pulled back, and x_t, whose change moves them all, takes minus their sum. Nothing large is added
// that something else would have to cancel.
//
// An element may be −Inf; NaN where all are, or where one is +Inf.
func LogSoftmax(x *Expr) *Expr {
	if x = withAxis(x); x.err != nil {
		return x
	}
	axis := len(x.shape) - 1
	zero := like(x, 0)
	shifted := Sub(x, keepLast(StopGradient(Max(x, axis))))
	weights := Exp(StopGradient(shifted))
	sure := Greater(weights, BroadcastTo(keepLast(Scale(Sum(weights, axis), surely)), x.shape...))
	// What the class that is sure is above the largest element: 0, with the derivative of x_t.
	reference := Sum(Select(sure, shifted, zero), axis)
	z := Select(sure, zero, Sub(shifted, keepLast(reference)))
	others := Sum(Select(sure, zero, Exp(z)), axis)
	// log Σ exp(z) is log1p of the others, or of the sum minus 1 where all are others.
	one := AddScalar(Sum(ToFloat(sure), axis), -1)
	return Sub(z, keepLast(Log1p(Add(others, one))))
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

// CrossEntropy returns −Σ_k target_k·log softmax(logits)_k per sample, in nats. logits, targets:
// [B, C] floats (targets one-hot or smoothed, summing to 1); result [B].
func CrossEntropy(logits, targets *Expr) *Expr {
	if logits = withAxis(logits); logits.err != nil {
		return logits
	}
	return Neg(Sum(Mul(targets, LogSoftmax(logits)), len(logits.shape)-1))
}
