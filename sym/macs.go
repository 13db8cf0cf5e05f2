package sym

// MACs returns the multiply-adds of all products and convolutions that roots are computed from,
// each in its plain form and counted once: a compiler may need fewer, where it merges what is
// linear. A convolution counts each output once for every element of a filter, also where that
// meets the padding. Expressions with an error count nothing.
func MACs(roots ...*Expr) int {
	total := 0
	for _, e := range Topological(roots...) {
		total += e.MACs()
	}
	return total
}

// MACs returns the multiply-adds of e alone, as the function of that name counts them.
func (e *Expr) MACs() int {
	if e = given(e); e.err != nil || e.op.rule().macs == nil {
		return 0
	}
	return e.op.rule().macs(e)
}

func matMulMACs(e *Expr) int {
	a := e.args[0].shape
	k := a[len(a)-1]
	if e.attr.(MatMulAttr).TransA {
		k = a[len(a)-2]
	}
	return e.shape.Size() * k
}

// The counts of convolutions are those of depthwise ones too, whose w is [C, 1, KH, KW].

// Of x: [B, C, H, W] and w: [O, C, KH, KW].
func convMACs(e *Expr) int { return e.shape.Size() * e.args[1].shape[1:].Size() }

// Of dy: [B, O, OH, OW] and w: [O, C, KH, KW].
func convInputGradientMACs(e *Expr) int {
	return e.args[0].shape.Size() * e.args[1].shape[1:].Size()
}

// Of x: [B, C, H, W] and dy: [B, O, OH, OW], to w: [O, C, KH, KW].
func convWeightGradientMACs(e *Expr) int {
	return e.args[1].shape.Size() * e.shape[1:].Size()
}
