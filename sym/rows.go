package sym

import (
	"fmt"
	"slices"
)

// Rows says how the samples of a batch, the rows of a tensor's leading axis, become other rows: a
// part of them, or each of them several times. An operation that keeps samples apart can be applied
// to such rows, and differentiated there; the table of operations says how each does it.
type Rows struct {
	Count int // of the result
	take  func(e *Expr) *Expr
}

// FirstRows keeps the first n samples.
func FirstRows(n int) Rows {
	return Rows{n, func(e *Expr) *Expr { return SliceAxis(e, 0, 0, n) }}
}

// RepeatedRows takes each of the first n samples times times, one after the other.
func RepeatedRows(n, times int) Rows {
	if times == 1 { // the same expressions, not copies: they are computed once
		return FirstRows(n)
	}
	return Rows{n * times, func(e *Expr) *Expr {
		shape, dims := e.shape, []int{0}
		for d := range shape[1:] {
			dims = append(dims, d+2)
		}
		wide := append([]int{n, times}, shape[1:]...)
		part := SliceAxis(e, 0, 0, n)
		return Reshape(Broadcast(part, dims, wide...), append([]int{n * times}, shape[1:]...)...)
	}}
}

// Of returns the rows of e: [B, …]. What is the same in all rows is made anew.
func (r Rows) Of(e *Expr) *Expr {
	shape := r.shape(e)
	if v, ok := ConstValue(e); ok {
		return e.graph.Const(v, shape...)
	}
	if e.op == OpBroadcast {
		if dims := e.attr.(BroadcastAttr).Dims; !slices.Contains(dims, 0) {
			return Broadcast(e.args[0], dims, shape...)
		}
	}
	return r.take(e)
}

// shape returns the shape of the rows of e.
func (r Rows) shape(e *Expr) []int { return append([]int{r.Count}, e.shape[1:]...) }

// VJP returns cᵀ·∂y/∂x for a cotangent c whose rows stand for samples of y as r says: one backward
// pass over r.Count rows that shares the values, masks and maxima of y's forward pass, each row
// those of its sample. y: [B, …], x: [B, …], c: [r.Count, …], result [r.Count, …]. ok is false
// where an operation between x and y couples samples, as batch norm does: a sample's rows alone do
// not determine its gradient then.
//
// The rules of differentiation are those of [VJP]: each operation is applied once more to the rows
// of its arguments, differentiated there, and what the rule needs of that operation's value is
// taken from the forward pass, so that nothing is computed twice.
func (r Rows) VJP(y, x, c *Expr) (g *Expr, ok bool) {
	if y.err != nil || x.err != nil || c.err != nil {
		return VJP(y, c, x)[0], true
	}
	order, on := perSample(y, x)
	if on == nil {
		return nil, false
	}
	cotangents := map[*Expr]*Expr{y: c}
	for _, e := range slices.Backward(order) {
		ce := cotangents[e]
		if ce == nil || e == x {
			continue
		}
		args, back := r.pullBack(e, ce, on)
		if back == nil {
			return nil, false
		}
		for i, a := range args {
			if v, zero := ConstValue(back[i]); zero && v == 0 {
				continue
			}
			if cotangents[a] != nil {
				back[i] = Add(cotangents[a], back[i])
			}
			cotangents[a] = back[i]
		}
	}
	if cotangents[x] == nil {
		return y.graph.Const(0, r.shape(x)...), true
	}
	return cotangents[x], true
}

// Apply returns y on other rows of x: xs: [r.Count, …] in the place of the rows of x, with the
// rows' own random numbers. ok is false where an operation couples samples, or y does not depend on
// x.
func (r Rows) Apply(y, x, xs *Expr) (ys *Expr, ok bool) {
	order, on := perSample(y, x)
	if len(order) == 0 {
		return nil, false
	}
	became := map[*Expr]*Expr{x: xs}
	moved := Rows{r.Count, func(e *Expr) *Expr {
		if to := became[e]; to != nil {
			return to
		}
		return r.take(e)
	}}
	for _, e := range order[1:] {
		if _, became[e] = moved.apply(e, on); became[e] == nil {
			return nil, false
		}
	}
	return became[y], true
}

// perSample returns the expressions between x and y, x included, each after its arguments, and the
// set of them; nil if one of them has no row for each sample.
func perSample(y, x *Expr) (order []*Expr, on map[*Expr]bool) {
	on = map[*Expr]bool{x: true}
	for _, e := range Topological(y) {
		if e != x && !slices.ContainsFunc(e.args, func(a *Expr) bool { return on[a] }) {
			continue
		}
		if s := e.shape; len(s) == 0 || s[0] != x.shape[0] {
			return nil, nil
		}
		on[e] = true
		order = append(order, e)
	}
	return order, on
}

// apply returns the arguments of e on the rows of r and e applied to them; nil if e couples
// samples. on has the expressions that have a row for each sample.
func (r Rows) apply(e *Expr, on map[*Expr]bool) (args []*Expr, again *Expr) {
	args = slices.Clone(e.args)
	if again = e.op.rule().rows(e, args, r, on); again == nil {
		return nil, nil
	}
	return args, again
}

// pullBack returns the differentiable arguments of e, and the cotangents of their rows for the
// cotangent c of e's; nil if e couples samples.
func (r Rows) pullBack(e, c *Expr, on map[*Expr]bool) (into, back []*Expr) {
	if m := sameForAll(c); m != nil && e.op == OpMatMul && len(e.shape) == 2 && on[e.args[0]] && !on[e.args[1]] {
		// Every sample has the same rows: the product is one of them, however many samples there
		// are.
		if attr := e.attr.(MatMulAttr); !attr.TransA {
			product := MatMulT(m, e.args[1], false, !attr.TransB)
			return e.args[:1], []*Expr{ForAll(product, r.Count/m.shape[0])}
		}
	}
	args, again := r.apply(e, on)
	if again == nil {
		return nil, nil
	}
	if again == e { // each sample once: the arguments may be computed from each other
		return e.pullBack(c, on)
	}
	var rows []*Expr
	for i, a := range e.args {
		if on[a] && a.dtype == Float && !slices.Contains(into, a) {
			into, rows = append(into, a), append(rows, args[i])
		}
	}
	back = VJP(again, c, rows...)
	return into, Replace(back, map[*Expr]*Expr{again: r.Of(e)})
}

// pullBack returns the differentiable arguments of e among on, and their cotangents for the
// cotangent c of e's.
func (e *Expr) pullBack(c *Expr, on map[*Expr]bool) (into, back []*Expr) {
	back = []*Expr{} // none is not a refusal
	for i, ca := range e.op.rule().vjp(e, c) {
		a := e.args[i]
		if ca == nil || !on[a] {
			continue
		}
		if at := slices.Index(into, a); at >= 0 {
			back[at] = Add(back[at], ca)
		} else {
			into, back = append(into, a), append(back, ca)
		}
	}
	return into, back
}

// ForAll repeats the matrix m: [n, N] for every sample: [samples·n, N]. A backward pass over such
// rows knows that they are the same, and multiplies them once.
func ForAll(m *Expr, samples int) *Expr {
	if m = given(m); m.err != nil {
		return m
	}
	if len(m.shape) != 2 {
		return Refuse(m, fmt.Errorf("found %v, expected a matrix", m.shape))
	}
	n, cols := m.shape[0], m.shape[1]
	return Reshape(Broadcast(m, []int{1, 2}, samples, n, cols), samples*n, cols)
}

// sameForAll returns the matrix that ForAll repeated, nil if c is something else.
func sameForAll(c *Expr) *Expr {
	if c.op != OpReshape || c.args[0].op != OpBroadcast {
		return nil
	}
	a := c.args[0].attr.(BroadcastAttr)
	if !slices.Equal(a.Dims, []int{1, 2}) || len(a.Shape) != 3 || c.shape[0] != a.Shape[0]*a.Shape[1] {
		return nil
	}
	return c.args[0].args[0]
}

// Rules of operations on rows: each puts the arguments it has on the rows of r and returns e
// applied to them, or nil where e couples samples.
type rowsRule func(e *Expr, args []*Expr, r Rows, on map[*Expr]bool) *Expr

// coupled is the rule of an operation whose result has no row for each sample, or mixes samples.
func coupled(*Expr, []*Expr, Rows, map[*Expr]bool) *Expr { return nil }

// allRows is the rule of an operation each of whose results is made of the same row of all
// arguments.
func allRows(e *Expr, args []*Expr, r Rows, _ map[*Expr]bool) *Expr {
	for i, a := range args {
		args[i] = r.Of(a)
	}
	return e.With(args...)
}

// firstArgument is the rule of an operation that goes through the rows of its only argument.
func firstArgument(e *Expr, args []*Expr, r Rows, _ map[*Expr]bool) *Expr {
	args[0] = r.Of(args[0])
	return e.With(args...)
}

// where is rule for the operations that keep samples apart if holds does.
func where(rule rowsRule, holds func(attr any) bool) rowsRule {
	return func(e *Expr, args []*Expr, r Rows, on map[*Expr]bool) *Expr {
		if !holds(e.attr) {
			return nil
		}
		return rule(e, args, r, on)
	}
}

// linearRows is the rule of a product of samples with weights.
func linearRows(e *Expr, args []*Expr, r Rows, on map[*Expr]bool) *Expr {
	if !on[args[0]] || on[args[1]] {
		return nil
	}
	return firstArgument(e, args, r, on)
}

// reshapeRows is the rule of a reshape that keeps the samples on the leading axis.
func reshapeRows(e *Expr, args []*Expr, r Rows, _ map[*Expr]bool) *Expr {
	args[0] = r.Of(args[0])
	return Reshape(args[0], r.shape(e)...)
}

// broadcastRows is the rule of a broadcast of something that has the samples' axis.
func broadcastRows(e *Expr, args []*Expr, r Rows, _ map[*Expr]bool) *Expr {
	dims := e.attr.(BroadcastAttr).Dims
	if dims[0] != 0 {
		return nil
	}
	args[0] = r.Of(args[0])
	return Broadcast(args[0], dims, r.shape(e)...)
}

// sliceRows is the rule of a slice that keeps all samples.
func sliceRows(e *Expr, args []*Expr, r Rows, _ map[*Expr]bool) *Expr {
	a := e.attr.(SliceAttr)
	if a.Start[0] != 0 || a.Step[0] != 1 || a.Stop[0] != args[0].shape[0] {
		return nil
	}
	args[0] = r.Of(args[0])
	return Slice(args[0], a.Start, append([]int{r.Count}, a.Stop[1:]...), a.Step)
}

// matMulRows is the rule of the product of samples [B, K] with a matrix, and of products of
// matrices that each sample has.
func matMulRows(e *Expr, args []*Expr, r Rows, on map[*Expr]bool) *Expr {
	if len(e.shape) > 2 {
		return allRows(e, args, r, on)
	}
	if e.attr.(MatMulAttr).TransA {
		return nil
	}
	return linearRows(e, args, r, on)
}

// keepsLeading reports whether an axis is not that of the samples.
func keepsLeading(axis any) bool { return axis.(int) != 0 }
