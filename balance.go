package gradreg

import "github.com/gradreg/gradreg/sym"

// balanced returns c where the element of a probability p above ¾ is replaced by minus the sum of
// the others along the last axis, for c whose sum along that axis is 0 in exact arithmetic. c, p:
// equal shapes [B, …, K].
//
// Derivatives of probabilities are such c: c_k = p_k·(a_k − Σ_j p_j·a_j). Where p_t is near 1 its
// element is a small difference of large numbers, whereas the others are small because their p_k
// are, and keep their digits. ([sym.LogSoftmax] does the same for derivatives that are taken of
// it.)
func balanced(c, p *sym.Expr) *sym.Expr {
	if c.Err() != nil {
		return c
	}
	if p.Err() != nil {
		return p
	}
	shape := c.Shape()
	zero, axis := c.Graph().Const(0, shape...), len(shape)-1
	sure := sym.Greater(p, c.Graph().Const(0.75, shape...))
	rest := sym.Neg(sym.Sum(sym.Select(sure, zero, c), axis))
	dims := make([]int, axis)
	for i := range dims {
		dims[i] = i
	}
	return sym.Select(sure, sym.Broadcast(rest, dims, shape...), c)
}
