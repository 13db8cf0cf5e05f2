package sym

import "slices"

// LogSumExp returns log Σ exp(x) along the last axis, which disappears, without overflow: the largest
// element m, held constant, is subtracted and added back, which leaves value and derivatives (the
// softmax) unchanged.
func LogSumExp(x *Expr) *Expr {
	if x.err != nil || len(x.shape) == 0 {
		return x
	}
	axis := len(x.shape) - 1
	m := StopGradient(Max(x, axis))
	shifted := Sub(x, keepLast(m))
	return Add(Log(Sum(Exp(shifted), axis)), m)
}

// LogSoftmax returns x − [LogSumExp](x) along the last axis.
func LogSoftmax(x *Expr) *Expr {
	if x.err != nil || len(x.shape) == 0 {
		return x
	}
	return Sub(x, keepLast(LogSumExp(x)))
}

// Softmax returns exp(x)/Σ exp(x) along the last axis, computed as exp([LogSoftmax]).
func Softmax(x *Expr) *Expr { return Exp(LogSoftmax(x)) }

// keepLast adds a last axis of extent 1.
func keepLast(x *Expr) *Expr {
	return Reshape(x, append(slices.Clone(x.shape), 1)...)
}

// CrossEntropy returns −Σ_k target_k·log softmax(logits)_k per sample, in nats. logits, targets: [B, C]
// floats (targets one-hot or smoothed, summing to 1); result [B].
func CrossEntropy(logits, targets *Expr) *Expr {
	if logits.err != nil {
		return logits
	}
	return Neg(Sum(Mul(targets, LogSoftmax(logits)), len(logits.shape)-1))
}
