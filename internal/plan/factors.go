package plan

import "github.com/gradreg/gradreg/sym"

// factors takes factors that are constant within a sample out of the maps that are linear sample by
// sample: conv(s·x, w) = s·conv(x, w) for s: [B] and x: [B, …]. So a backward pass over a network
// with one output, whose cotangent is one number per sample, becomes that number times the backward
// pass of the output itself, whatever is differentiated: a loss and the penalty of a slope share
// one backward pass. A sum over samples cannot let the factors through; they meet there, at one of
// both arguments,
//
//	p(a, s·δ) + p(u, t·δ) = p(s·a, δ) + p(t·u, δ) = p(s·a + t·u, δ),
//
// and the pass products makes one outer product of two. Both sums are exact algebra; they differ
// from the original in rounding only.
//
// # Where it is done
//
// A factor that is taken out is multiplied in elsewhere, often into something larger. The pass
// counts the multiplications of the whole step, those of products and element-wise ones, after
// products have been merged, and takes out the factors that save some. What saves nothing stays as
// it is, expression for expression.
//
// # Range
//
// A base is computed without its factors, so it must itself be a float32: where a loss is flat, its
// factor is tiny or 0 and the base is not. The base of a backward pass is the derivative of the
// network's output; a step in which that overflows gets NaN from 0·∞, where the scaled pass may
// have had 0. A factor that is not finite spoils its sample's zeros, too.
//
// Factors are multiplied in one after the other, in the order in which they came, and never among
// themselves: (x·s)·t is lost only where x·s or x·s·t is below the smallest float32. Two things
// would break this and are not done: a product of two scaled tensors is not s² times that of their
// bases, since s² underflows long before (s·x)² does; and a quotient's denominator keeps its
// factor, since 1/s may overflow. A selection by a mask that compares numbers per sample is the
// guard of a factor that is not finite beyond it; no factor passes it.
func factors(roots []*sym.Expr) []*sym.Expr {
	if !scalesProducts(roots) {
		return roots
	}
	// Trials are made on a copy: what is not taken leaves no trace in the graph.
	trial, original := copied(roots)
	leave, gain := worthwhile(trial)
	if !gain {
		return roots
	}
	left := map[*sym.Expr]bool{}
	for e := range leave {
		left[original[e]] = true
	}
	return takenOut(roots, left).roots
}

// maxTrimmed bounds how many factors are looked at one by one.
const maxTrimmed = 32

// worthwhile finds the sources of factors that are better left where they are, and reports whether
// taking out the others saves multiplications.
func worthwhile(roots []*sym.Expr) (leave map[*sym.Expr]bool, gain bool) {
	leave = map[*sym.Expr]bool{}
	all := takenOut(roots, leave)
	least := multiplications(products(all.roots))
	if least >= multiplications(products(roots)) {
		return nil, false
	}
	if len(all.sources) > maxTrimmed {
		return leave, true
	}
	for _, source := range all.sources {
		leave[source] = true
		if n := multiplications(products(takenOut(roots, leave).roots)); n <= least {
			least = n
		} else {
			delete(leave, source)
		}
	}
	return leave, true
}

// multiplications counts those of products, and the element-wise ones.
func multiplications(roots []*sym.Expr) int {
	total := sym.MACs(roots...)
	for _, e := range sym.Topological(roots...) {
		if e.Op() == sym.OpMul {
			total += e.Shape().Size()
		}
	}
	return total
}

// scalesProducts reports whether a factor may reach a product, without building anything.
func scalesProducts(roots []*sym.Expr) bool {
	scaled := map[*sym.Expr]bool{}
	order := sym.Topological(roots...)
	guards := perSample(order)
	for _, e := range order {
		if e.DType() != sym.Float {
			continue
		}
		reached := false
		switch args := e.Args(); passage(e, guards) {
		case throughFirst:
			reached = scaled[args[0]]
		case throughAny:
			reached = scaled[args[0]] || scaled[args[1]]
		case throughBoth:
			reached = true
			for _, a := range args {
				if a.DType() == sym.Float && !scaled[a] && !is(a, 0) {
					reached = false
				}
			}
		case meeting:
			if scaled[args[0]] || scaled[args[1]] {
				return true
			}
		}
		if reached && e.Op().Family() == sym.Product {
			return true
		}
		scaled[e] = reached || isFactor(e)
	}
	return false
}

// copied builds roots in a graph of their own. original has the expression of each copy.
func copied(roots []*sym.Expr) (copies []*sym.Expr, original map[*sym.Expr]*sym.Expr) {
	g := sym.NewGraph()
	original = map[*sym.Expr]*sym.Expr{}
	copies = sym.Rewrite(roots, func(e *sym.Expr, args []*sym.Expr) *sym.Expr {
		to := e.With(args...)
		switch a := e.Attr().(type) {
		case sym.InputAttr:
			to = g.Input(a.Name, a.DType, a.Shape...)
		case sym.ConstAttr:
			to = g.Const(a.Value, a.Shape...)
		case sym.RandomAttr:
			switch e.Op() {
			case sym.OpUniform:
				to = g.Uniform(a.Stream, a.Shape...)
			case sym.OpNormal:
				to = g.Normal(a.Stream, a.Shape...)
			default:
				to = g.Bernoulli(a.P, a.Stream, a.Shape...)
			}
		}
		original[to] = e
		return to
	})
	return copies, original
}
