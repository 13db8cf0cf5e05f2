package plan

import (
	"slices"

	"github.com/gradreg/gradreg/sym"
)

// path is how factors go through an operation.
type path int

// The paths.
const (
	nowhere      path = iota
	throughFirst      // linear, sample by sample, in the first argument
	throughAny        // linear in each of two
	throughBoth       // linear in its floats together, if all have the same factors
	meeting           // a bilinear sum over samples
)

// passage returns the path of factors along the leading axis through e. guards has the masks that
// let none through.
func passage(e *sym.Expr, guards map[*sym.Expr]bool) path {
	if len(e.Shape()) == 0 {
		return nowhere
	}
	first := func(keepsSamples bool) path {
		if keepsSamples {
			return throughFirst
		}
		return nowhere
	}
	switch e.Op() {
	case sym.OpNeg, sym.OpDiv, sym.OpConv, sym.OpConvInputGradient,
		sym.OpDepthwiseConv, sym.OpDepthwiseConvInputGradient, sym.OpSumPool, sym.OpSumPoolTranspose:
		return throughFirst
	case sym.OpMul:
		return throughAny
	case sym.OpAdd, sym.OpSub:
		return throughBoth
	case sym.OpSelect:
		if guards[e.Args()[0]] {
			return nowhere
		}
		return throughBoth
	case sym.OpConcat:
		if e.Attr().(int) != 0 {
			return throughBoth
		}
	case sym.OpConvWeightGradient, sym.OpDepthwiseConvWeightGradient:
		return meeting
	case sym.OpMatMul:
		return matMulPath(e)
	case sym.OpSum:
		return first(e.Attr().([]int)[0] != 0)
	case sym.OpBroadcast:
		dims := e.Attr().(sym.BroadcastAttr).Dims
		return first(len(dims) > 0 && dims[0] == 0)
	case sym.OpReshape:
		return first(keepsLeading(e.Args()[0], e))
	case sym.OpTranspose:
		return first(e.Attr().([]int)[0] == 0)
	case sym.OpSlice:
		a := e.Attr().(sym.SliceAttr)
		return first(a.Start[0] == 0 && a.Step[0] == 1 && a.Stop[0] == e.Args()[0].Shape()[0])
	case sym.OpPad:
		a := e.Attr().(sym.PadAttr)
		return first(a.Low[0] == 0 && a.High[0] == 0 && a.Gap[0] == 0)
	case sym.OpGather:
		return first(e.Attr().(int) != 0)
	case sym.OpScatter:
		return first(e.Attr().(sym.ScatterAttr).Axis != 0)
	}
	return nowhere
}

// matMulPath is the passage of a matrix product, whose samples are the rows of its arguments.
func matMulPath(e *sym.Expr) path {
	attr := e.Attr().(sym.MatMulAttr)
	switch {
	case len(e.Shape()) > 2: // a product for each index of the leading axis
		return throughFirst
	case !attr.TransA:
		return throughFirst
	case !attr.TransB:
		return meeting
	}
	return nowhere
}

// perSample finds numbers that are constant within each sample, but no constants, and masks of
// which a part compares such numbers. Such a mask may be what keeps a factor from being used where
// it is not finite: it is a guard.
func perSample(order []*sym.Expr) map[*sym.Expr]bool {
	found := map[*sym.Expr]bool{}
	for _, e := range order {
		found[e] = e.Op() != sym.OpConst && (isFactor(e) || madePerSample(e, found))
	}
	return found
}

func madePerSample(e *sym.Expr, found map[*sym.Expr]bool) bool {
	args := e.Args()
	made := func(a *sym.Expr) bool { return found[a] }
	switch e.Op() {
	case sym.OpBroadcast:
		dims := e.Attr().(sym.BroadcastAttr).Dims
		return len(dims) > 0 && dims[0] == 0 && found[args[0]]
	case sym.OpReshape:
		return found[args[0]] && keepsLeading(args[0], e)
	case sym.OpGreater, sym.OpGreaterEqual, sym.OpEqual, sym.OpAnd, sym.OpOr, sym.OpNot:
		return slices.ContainsFunc(args, made)
	}
	varies := func(a *sym.Expr) bool { return a.Op() != sym.OpConst && !found[a] }
	return e.Op().Family() == sym.Elementwise && slices.ContainsFunc(args, made) &&
		!slices.ContainsFunc(args, varies)
}

// keepsLeading reports whether two shapes have the same leading axis.
func keepsLeading(a, b *sym.Expr) bool {
	return len(a.Shape()) > 0 && len(b.Shape()) > 0 && a.Shape()[0] == b.Shape()[0]
}

// isFactor reports whether e has one element per index of its leading axis: it is a factor, times
// ones.
func isFactor(e *sym.Expr) bool { return len(e.Shape()) > 0 && e.Shape().Size() == e.Shape()[0] }

// origin returns what e, a factor, is another shape of.
func origin(e *sym.Expr) *sym.Expr {
	for e.Op() == sym.OpReshape || e.Op() == sym.OpBroadcast {
		a := e.Args()[0]
		if a.Shape().Size() != e.Shape().Size() {
			break
		}
		e = a
	}
	return e
}
