package sym

import (
	"errors"
	"fmt"
	"slices"
)

// Gradient returns ∂y/∂w for the scalar y and every w of wrt, each of the shape of its w and an
// expression that can be differentiated again; an exact zero where y does not depend on w. Reverse
// mode: its cost is that of a few evaluations of y, whatever the number of wrt.
func Gradient(y *Expr, wrt ...*Expr) []*Expr {
	if y = given(y); y.err == nil && (len(y.shape) != 0 || y.dtype != Float) {
		y = errorExpr(
			y.graph, y.op, []*Expr{y},
			fmt.Errorf("Gradient takes a float scalar, found %v%v", y.dtype, y.shape),
		)
	}
	return VJP(y, like(y, 1), wrt...)
}

// VJP returns cᵀ·∂y/∂w for every w of wrt: the cotangent c, of the shape of y, pulled back. An
// element of wrt may be any expression; y is then seen as a function of it. Where one element of
// wrt is computed from another, the other's derivative is still the whole one, by way of the first,
// too.
func VJP(y, c *Expr, wrt ...*Expr) []*Expr {
	if err := firstError(append([]*Expr{y, c}, wrt...)); err != nil {
		return slices.Repeat([]*Expr{err}, len(wrt))
	}
	if c.dtype != Float || !c.shape.Equal(y.shape) {
		err := errorExpr(
			y.graph, y.op, []*Expr{y, c},
			errors.New("expected a float cotangent of the expression's shape"),
		)
		return slices.Repeat([]*Expr{err}, len(wrt))
	}
	order := dependents(y, wrt)
	cotangent := map[*Expr]*Expr{y: c}
	// Descending ids are a reverse topological order: when a node is reached, every use of it has
	// been.
	for i := len(order) - 1; i >= 0; i-- {
		e := order[i]
		ce := cotangent[e]
		if ce == nil {
			continue
		}
		for j, ca := range e.op.rule().vjp(e, ce) {
			if a := e.args[j]; ca != nil && contains(order, a) {
				cotangent[a] = plus(cotangent[a], ca)
			}
		}
	}
	out := make([]*Expr, len(wrt))
	for i, w := range wrt {
		if out[i] = cotangent[w]; out[i] == nil {
			out[i] = like(w, 0)
		}
	}
	return out
}

// JVP returns ∂y/∂x·t summed over the pairs (x, t), the derivative of y along the tangents, an
// expression of the shape of y. Forward mode. An x that is computed from others is taken as
// independent of them: its tangent is the given one.
func JVP(y *Expr, xs, ts []*Expr) *Expr {
	if err := firstError(append(append([]*Expr{y}, xs...), ts...)); err != nil {
		return err
	}
	if len(xs) != len(ts) {
		return errorExpr(y.graph, y.op, []*Expr{y}, fmt.Errorf("%d expressions with %d tangents", len(xs), len(ts)))
	}
	tangent := map[*Expr]*Expr{}
	for i, x := range xs {
		if ts[i].dtype != Float || !x.shape.Equal(ts[i].shape) {
			return errorExpr(
				y.graph, y.op, []*Expr{x, ts[i]},
				errors.New("expected a float tangent of the expression's shape"),
			)
		}
		tangent[x] = plus(tangent[x], ts[i])
	}
	for _, e := range dependents(y, xs) {
		if tangent[e] != nil || len(e.args) == 0 {
			continue
		}
		t := make([]*Expr, len(e.args))
		moving := false
		for i, a := range e.args {
			t[i] = tangent[a]
			moving = moving || t[i] != nil
		}
		if moving {
			tangent[e] = e.op.rule().jvp(e, t)
		}
	}
	if tangent[y] == nil {
		return like(y, 0)
	}
	return tangent[y]
}

// firstError returns the first of es that carries an error, or nil.
func firstError(es []*Expr) *Expr {
	for _, e := range es {
		if e = given(e); e.err != nil {
			return e
		}
	}
	return nil
}

// dependents returns, by ascending id, the expressions that y is computed from and that depend on
// an element of sources, sources included.
func dependents(y *Expr, sources []*Expr) []*Expr {
	depends := map[*Expr]bool{}
	for _, s := range sources {
		depends[s] = true
	}
	var out []*Expr
	for _, e := range Topological(y) {
		for _, a := range e.args {
			depends[e] = depends[e] || depends[a]
		}
		if depends[e] {
			out = append(out, e)
		}
	}
	return out
}

// contains reports whether e is in order, which is sorted by id.
func contains(order []*Expr, e *Expr) bool {
	lo, hi := 0, len(order)
	for lo < hi {
		mid := (lo + hi) / 2
		if order[mid].id < e.id {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(order) && order[lo] == e
}
