package gradreg

import (
	"slices"

	"github.com/gradreg/gradreg/sym"
)

// rowMap is how the rows of a tensor's leading axis, the samples, become those of another: a part of them, or each of them
// several times.
type rowMap struct {
	count int // of the result
	apply func(e *sym.Expr) *sym.Expr
}

// firstRows keeps the first n samples.
func firstRows(n int) rowMap {
	return rowMap{n, func(e *sym.Expr) *sym.Expr { return sym.SliceAxis(e, 0, 0, n) }}
}

// repeatedRows takes each of the first n samples times times, one after the other.
func repeatedRows(n, times int) rowMap {
	return rowMap{n * times, func(e *sym.Expr) *sym.Expr {
		shape, dims := e.Shape(), []int{0}
		for d := range shape[1:] {
			dims = append(dims, d+2)
		}
		wide := append([]int{n, times}, shape[1:]...)
		part := sym.SliceAxis(e, 0, 0, n)
		return sym.Reshape(sym.Broadcast(part, dims, wide...), append([]int{n * times}, shape[1:]...)...)
	}}
}

// of returns the rows of e: [B, …]. What is the same in all rows is made anew.
func (r rowMap) of(e *sym.Expr) *sym.Expr {
	shape := append([]int{r.count}, e.Shape()[1:]...)
	if v, ok := sym.ConstValue(e); ok {
		return e.Graph().Const(v, shape...)
	}
	if e.Op() == sym.OpBroadcast {
		if dims := e.Attr().(sym.BroadcastAttr).Dims; !slices.Contains(dims, 0) {
			return sym.Broadcast(e.Args()[0], dims, shape...)
		}
	}
	return r.apply(e)
}

// pullback returns cᵀ·∂y/∂x for a cotangent c whose rows stand for samples of y as r says: one backward pass over r.count
// rows that shares the values, masks and maxima of y's forward pass, each row those of its sample. y: [B, …], x: [B, …],
// c: [r.count, …], result [r.count, …]. ok is false where an operation between x and y couples samples, as batch norm
// does: a sample's rows alone do not determine its gradient then.
//
// Rules of differentiation are those of package sym: each operation is applied once more to the r rows of its arguments,
// differentiated there, and what the rule needs of that operation's value is taken from the forward pass, so that nothing
// is computed twice.
func pullback(y, x, c *sym.Expr, r rowMap) (g *sym.Expr, ok bool) {
	if y.Err() != nil || x.Err() != nil || c.Err() != nil {
		return sym.VJP(y, c, x)[0], true
	}
	order, on := perSample(y, x)
	if on == nil {
		return nil, false
	}
	cotangents := map[*sym.Expr]*sym.Expr{y: c}
	for _, e := range slices.Backward(order) {
		ce := cotangents[e]
		if ce == nil || e == x {
			continue
		}
		args, back := pullOne(e, ce, r, on)
		if back == nil {
			return nil, false
		}
		for i, a := range args {
			if v, zero := sym.ConstValue(back[i]); zero && v == 0 {
				continue
			}
			if cotangents[a] != nil {
				back[i] = sym.Add(cotangents[a], back[i])
			}
			cotangents[a] = back[i]
		}
	}
	if cotangents[x] == nil {
		return y.Graph().Const(0, append([]int{r.count}, x.Shape()[1:]...)...), true
	}
	return cotangents[x], true
}

// perSample returns the expressions between x and y, x included, each after its arguments, and the set of them; nil if one
// of them has no row for each sample.
func perSample(y, x *sym.Expr) (order []*sym.Expr, on map[*sym.Expr]bool) {
	on = map[*sym.Expr]bool{x: true}
	for _, e := range sym.Topological(y) {
		if e != x && !slices.ContainsFunc(e.Args(), func(a *sym.Expr) bool { return on[a] }) {
			continue
		}
		if s := e.Shape(); len(s) == 0 || s[0] != x.Shape()[0] {
			return nil, nil
		}
		on[e] = true
		order = append(order, e)
	}
	return order, on
}

// pullOne returns the differentiable arguments of e, and the cotangents of their rows for the cotangent c of e's; nil if e
// couples samples.
func pullOne(e, c *sym.Expr, r rowMap, on map[*sym.Expr]bool) (into, back []*sym.Expr) {
	if m := sameForAll(c); m != nil && e.Op() == sym.OpMatMul && len(e.Shape()) == 2 && on[e.Args()[0]] && !on[e.Args()[1]] {
		// Every sample has the same rows: the product is one of them, however many samples there are.
		if attr := e.Attr().(sym.MatMulAttr); !attr.TransA {
			product := sym.MatMulT(m, e.Args()[1], false, !attr.TransB)
			return e.Args()[:1], []*sym.Expr{forAll(product, r.count/m.Shape()[0])}
		}
	}
	args, again := onRows(e, r, on)
	if again == nil {
		return nil, nil
	}
	var rows []*sym.Expr
	for i, a := range e.Args() {
		if on[a] && a.DType() == sym.Float && !slices.Contains(into, a) {
			into, rows = append(into, a), append(rows, args[i])
		}
	}
	back = sym.VJP(again, c, rows...)
	return into, sym.Replace(back, map[*sym.Expr]*sym.Expr{again: r.of(e)})
}

// forAll repeats the matrix m: [n, N] for every sample: [samples·n, N].
func forAll(m *sym.Expr, samples int) *sym.Expr {
	n, cols := m.Shape()[0], m.Shape()[1]
	return sym.Reshape(sym.Broadcast(m, []int{1, 2}, samples, n, cols), samples*n, cols)
}

// sameForAll returns the matrix that forAll repeated, nil if c is something else.
func sameForAll(c *sym.Expr) *sym.Expr {
	if c.Op() != sym.OpReshape || c.Args()[0].Op() != sym.OpBroadcast {
		return nil
	}
	a := c.Args()[0].Attr().(sym.BroadcastAttr)
	if !slices.Equal(a.Dims, []int{1, 2}) || len(a.Shape) != 3 || c.Shape()[0] != a.Shape[0]*a.Shape[1] {
		return nil
	}
	return c.Args()[0].Args()[0]
}

// replay returns y on other rows of its images: xs: [r.count, …] in the place of the r rows of x, with the rows' own random
// numbers. ok is false where an operation couples samples.
func replay(y, x, xs *sym.Expr, r rowMap) (ys *sym.Expr, ok bool) {
	order, on := perSample(y, x)
	if on == nil {
		return nil, false
	}
	became := map[*sym.Expr]*sym.Expr{x: xs}
	moved := rowMap{r.count, func(e *sym.Expr) *sym.Expr {
		if to := became[e]; to != nil {
			return to
		}
		return r.apply(e)
	}}
	for _, e := range order[1:] {
		if _, became[e] = onRows(e, moved, on); became[e] == nil {
			return nil, false
		}
	}
	return became[y], true
}

// onRows returns the arguments of e on the rows of r and e applied to them; nil if e couples samples. on tells which
// expressions have a row for each sample.
func onRows(e *sym.Expr, r rowMap, on map[*sym.Expr]bool) (args []*sym.Expr, again *sym.Expr) {
	args = slices.Clone(e.Args())
	shape := append([]int{r.count}, e.Shape()[1:]...)
	first := func() *sym.Expr { args[0] = r.of(args[0]); return args[0] }
	switch e.Op() {
	case sym.OpReshape:
		return args, sym.Reshape(first(), shape...)
	case sym.OpBroadcast:
		if dims := e.Attr().(sym.BroadcastAttr).Dims; dims[0] == 0 {
			return args, sym.Broadcast(first(), dims, shape...)
		}
	case sym.OpSlice:
		a := e.Attr().(sym.SliceAttr)
		if a.Start[0] == 0 && a.Step[0] == 1 && a.Stop[0] == args[0].Shape()[0] {
			return args, sym.Slice(first(), a.Start, append([]int{r.count}, a.Stop[1:]...), a.Step)
		}
	case sym.OpPad:
		if a := e.Attr().(sym.PadAttr); a.Low[0] == 0 && a.High[0] == 0 && a.Gap[0] == 0 {
			return args, e.With(first())
		}
	case sym.OpTranspose:
		if e.Attr().([]int)[0] == 0 {
			return args, e.With(first())
		}
	case sym.OpSum:
		if !slices.Contains(e.Attr().([]int), 0) {
			return args, e.With(first())
		}
	case sym.OpMatMul:
		if a := e.Attr().(sym.MatMulAttr); on[args[0]] && !on[args[1]] && !a.TransA && len(e.Shape()) == 2 {
			return args, e.With(first(), args[1])
		}
	case sym.OpConv, sym.OpConvInputGradient:
		if on[args[0]] && !on[args[1]] {
			return args, e.With(first(), args[1])
		}
	case sym.OpSumPool, sym.OpSumPoolTranspose, sym.OpMaxPoolIndex, sym.OpOneHot:
		return args, e.With(first())
	case sym.OpArgMax, sym.OpConcat, sym.OpGather:
		if e.Attr().(int) != 0 {
			return args, applyAll(e, args, r)
		}
	case sym.OpScatter:
		if e.Attr().(sym.ScatterAttr).Axis != 0 {
			return args, applyAll(e, args, r)
		}
	default:
		if elementwise(e) {
			return args, applyAll(e, args, r)
		}
	}
	return nil, nil
}

// applyAll puts all arguments on the rows of r and applies e to them.
func applyAll(e *sym.Expr, args []*sym.Expr, r rowMap) *sym.Expr {
	for i, a := range args {
		args[i] = r.of(a)
	}
	return e.With(args...)
}

// elementwise reports whether an element of e depends only on the elements at its place: the operations from Neg to
// ToFloat, and StopGradient.
func elementwise(e *sym.Expr) bool {
	return e.Op() == sym.OpStopGradient || e.Op() >= sym.OpNeg && e.Op() <= sym.OpToFloat
}
