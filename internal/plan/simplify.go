package plan

import (
	"slices"

	"github.com/gradreg/gradreg/sym"
)

// A pass rewrites the expressions of a program into cheaper ones of the same value.
type pass struct {
	name string
	run  func(roots []*sym.Expr) []*sym.Expr
}

// passes run in this order. Algebra comes first: it removes what is identically zero, which
// differentiation leaves behind, so that the others see only what is computed. Shared masks need
// the final form of the selections. Transposes move into products before products are compared, and
// factors are taken out of them before: two products may differ in a factor only.
// Sums leave new constants behind, hence the algebra after them.
var passes = []pass{
	{"algebra", algebra},
	{"sums", sums},
	{"algebra", algebra},
	{"relu-masks", reluMasks},
	{"transposes", transposes},
	{"factors", factors},
	{"products", products},
}

// simplify runs every pass; trace, if not nil, is called after each.
func simplify(roots []*sym.Expr, trace func(name string, roots []*sym.Expr)) []*sym.Expr {
	for _, p := range passes {
		roots = p.run(roots)
		if trace != nil {
			trace(p.name, roots)
		}
	}
	return roots
}

// algebra removes stop-gradients, folds constants, and drops zeros and ones.
func algebra(roots []*sym.Expr) []*sym.Expr {
	return sym.Rewrite(roots, func(e *sym.Expr, args []*sym.Expr) *sym.Expr {
		if len(args) == 0 {
			return e
		}
		if to := algebraRule(e, args); to != nil {
			return to
		}
		return nil
	})
}

// algebraRule returns what e is equal to on simplified arguments, or nil if it stays what it is.
func algebraRule(e *sym.Expr, args []*sym.Expr) *sym.Expr {
	a := args[0]
	switch e.Op() {
	case sym.OpStopGradient:
		return a
	case sym.OpNeg:
		if v, ok := sym.ConstValue(a); ok {
			return constant(e, -v)
		}
		if a.Op() == sym.OpNeg {
			return a.Args()[0]
		}
		return scaled(a, -1)
	case sym.OpAdd:
		return addRule(e, a, args[1])
	case sym.OpSub:
		if is(args[1], 0) {
			return a
		}
		if is(a, 0) {
			return sym.Neg(args[1])
		}
		return folded(e, args, func(x, y float64) float64 { return x - y })
	case sym.OpMul:
		return mulRule(e, a, args[1])
	case sym.OpDiv:
		if v, ok := sym.ConstValue(args[1]); ok && v != 0 {
			return mulRule(e, a, constant(e, 1/v))
		}
		if is(a, 0) {
			return a
		}
	case sym.OpSelect:
		return selectRule(e, args)
	case sym.OpSum:
		if v, ok := sym.ConstValue(a); ok {
			return constant(e, v*float64(a.Shape().Size()/e.Shape().Size()))
		}
	case sym.OpBroadcast, sym.OpReshape:
		if v, ok := sym.ConstValue(a); ok {
			return constant(e, v)
		}
		if e.Op() == sym.OpReshape && a.Op() == sym.OpReshape {
			return sym.Reshape(a.Args()[0], e.Shape()...)
		}
		if e.Op() == sym.OpReshape {
			return sym.Reshape(a, e.Shape()...)
		}
		attr := e.Attr().(sym.BroadcastAttr)
		return sym.Broadcast(a, attr.Dims, attr.Shape...)
	case sym.OpMatMul, sym.OpConv, sym.OpConvInputGradient, sym.OpConvWeightGradient,
		sym.OpDepthwiseConv, sym.OpDepthwiseConvInputGradient, sym.OpDepthwiseConvWeightGradient:
		if is(a, 0) || is(args[1], 0) {
			return constant(e, 0)
		}
	case sym.OpTranspose, sym.OpSlice, sym.OpGather:
		if v, ok := sym.ConstValue(a); ok {
			return constant(e, v)
		}
	case sym.OpPad, sym.OpScatter, sym.OpSumPool, sym.OpSumPoolTranspose:
		if is(a, 0) {
			return constant(e, 0)
		}
	}
	return nil
}

// constant returns v in the shape of e.
func constant(e *sym.Expr, v float64) *sym.Expr { return e.Graph().Const(v, e.Shape()...) }

// is reports whether e is the constant v.
func is(e *sym.Expr, v float64) bool {
	c, ok := sym.ConstValue(e)
	return ok && c == v
}

// folded evaluates a binary operation on two constants.
func folded(e *sym.Expr, args []*sym.Expr, f func(x, y float64) float64) *sym.Expr {
	x, okX := sym.ConstValue(args[0])
	y, okY := sym.ConstValue(args[1])
	if !okX || !okY {
		return nil
	}
	return constant(e, f(x, y))
}

func addRule(e, a, b *sym.Expr) *sym.Expr {
	switch {
	case is(a, 0):
		return b
	case is(b, 0):
		return a
	case a == b: // a constant factor costs no more memory than a
		return mulRule(e, a, constant(e, 2))
	case a.Op() == sym.OpAdd && a.Args()[1] == b: // both halves of the derivative of a square
		return sym.Add(a.Args()[0], mulRule(e, b, constant(e, 2)))
	case b.Op() == sym.OpNeg:
		return sym.Sub(a, b.Args()[0])
	case a.Op() == sym.OpNeg:
		return sym.Sub(b, a.Args()[0])
	}
	return folded(e, []*sym.Expr{a, b}, func(x, y float64) float64 { return x + y })
}

// mulRule drops factors 0 and 1 and gathers constant factors into one. The product with an exact
// zero is zero, also where the other factor is infinite: a zero here is a derivative that does not
// exist.
func mulRule(e, a, b *sym.Expr) *sym.Expr {
	if _, ok := sym.ConstValue(a); ok {
		a, b = b, a
	}
	v, ok := sym.ConstValue(b)
	if !ok {
		return nil
	}
	switch v {
	case 0:
		return b
	case 1:
		return a
	case -1:
		return sym.Neg(a)
	}
	if w, ok := sym.ConstValue(a); ok {
		return constant(e, v*w)
	}
	if to := scaled(a, v); to != nil {
		return to
	}
	return sym.Mul(a, b)
}

// scaled returns s·a where a is itself a product with a constant, else nil.
func scaled(a *sym.Expr, s float64) *sym.Expr {
	switch a.Op() {
	case sym.OpNeg:
		return sym.Mul(a.Args()[0], constant(a, -s))
	case sym.OpMul:
		if v, ok := sym.ConstValue(a.Args()[1]); ok {
			return mulRule(a, a.Args()[0], constant(a, v*s))
		}
		if b := a.Args()[1]; s == 2 && b.Op() == sym.OpBroadcast { // exact: the small tensor takes the factor
			attr := b.Attr().(sym.BroadcastAttr)
			return sym.Mul(a.Args()[0], sym.Broadcast(sym.Scale(b.Args()[0], s), attr.Dims, attr.Shape...))
		}
	}
	return nil
}

func selectRule(e *sym.Expr, args []*sym.Expr) *sym.Expr {
	mask, a, b := args[0], args[1], args[2]
	if a == b {
		return a
	}
	// Nested selections by the same mask: only the outer one decides.
	if a.Op() == sym.OpSelect && a.Args()[0] == mask {
		return sym.Select(mask, a.Args()[1], b)
	}
	if b.Op() == sym.OpSelect && b.Args()[0] == mask {
		return sym.Select(mask, a, b.Args()[2])
	}
	return nil
}

// reluMasks takes the masks of a ReLU from its output instead of its input: with y = select(x > 0, x,
// 0), y > 0 holds exactly where x > 0 does. Backward passes then read y, which is kept anyway, and x
// need not be kept at all. So it is with ReLU6, y = select(x ≥ 6, 6, ReLU(x)), and x ≥ 6.
func reluMasks(roots []*sym.Expr) []*sym.Expr {
	relu := map[*sym.Expr]*sym.Expr{} // mask → what it belongs to
	for _, e := range sym.Topological(roots...) {
		_, c := clamped(e)
		if c == nil {
			continue
		}
		relu[e.Args()[0]] = e
		if c.High != infinity {
			relu[e.Args()[2].Args()[0]] = e // of the ReLU within
		}
	}
	became := map[*sym.Expr]*sym.Expr{}
	return sym.Rewrite(roots, func(e *sym.Expr, args []*sym.Expr) *sym.Expr {
		args = slices.Clone(args)
		for i, a := range e.Args() {
			y := relu[a]
			switch {
			case y == nil || y == e || became[y] == nil:
			case a.Op() == sym.OpGreater:
				args[i] = sym.Greater(became[y], constant(y, 0))
			default:
				args[i] = sym.GreaterEqual(became[y], a.Args()[1])
			}
		}
		to := e
		if len(args) > 0 {
			to = e.With(args...)
		}
		became[e] = to
		return to
	})
}

// transposes takes the transposition of a matrix into the product that uses it.
func transposes(roots []*sym.Expr) []*sym.Expr {
	return sym.Rewrite(roots, func(e *sym.Expr, args []*sym.Expr) *sym.Expr {
		if e.Op() != sym.OpMatMul {
			return nil
		}
		attr := e.Attr().(sym.MatMulAttr)
		a, flipA := untransposed(args[0])
		b, flipB := untransposed(args[1])
		return sym.MatMulT(a, b, attr.TransA != flipA, attr.TransB != flipB)
	})
}

// untransposed returns the matrix behind a transposition of the last two axes, and whether there
// was one.
func untransposed(e *sym.Expr) (*sym.Expr, bool) {
	if e.Op() != sym.OpTranspose {
		return e, false
	}
	perm := e.Attr().([]int)
	r := len(perm) - 2
	if r < 0 || perm[r] != r+1 || perm[r+1] != r {
		return e, false
	}
	for i, p := range perm[:r] {
		if p != i {
			return e, false
		}
	}
	return e.Args()[0], true
}
