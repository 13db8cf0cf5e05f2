package plan

import (
	"slices"

	"github.com/gradreg/gradreg/sym"
)

// products regroups sums so that products which can be computed as one stand together: terms p(a,
// w) + p(b, w) of a bilinear operation become p(a+b, w), one pass instead of two, and terms of one
// shape that share nothing become neighbours, which lowering turns into one product over a longer
// inner axis. The two outer products of a weight's gradient under an input-gradient penalty are
// such terms.
func products(roots []*sym.Expr) []*sym.Expr {
	users := map[*sym.Expr]int{}
	for _, e := range sym.Topological(roots...) {
		for _, a := range e.Args() {
			users[a]++
		}
	}
	for _, r := range roots {
		users[r]++
	}
	inner := map[*sym.Expr]bool{} // sums that are terms of a sum themselves
	for _, e := range sym.Topological(roots...) {
		if e.Op() == sym.OpAdd {
			for _, a := range e.Args() {
				if a.Op() == sym.OpAdd && users[a] == 1 {
					inner[a] = true
				}
			}
		}
	}
	became := map[*sym.Expr]*sym.Expr{}
	return sym.Rewrite(roots, func(e *sym.Expr, args []*sym.Expr) *sym.Expr {
		to := e
		if len(args) > 0 {
			to = e.With(args...)
		}
		if e.Op() == sym.OpAdd && !inner[e] {
			if terms := flatten(e, inner, became, nil); slices.ContainsFunc(terms, mergeable) {
				to = regroup(terms)
			}
		}
		became[e] = to
		return to
	})
}

// flatten lists the rewritten terms of the sum e and of the sums inside it.
func flatten(e *sym.Expr, inner map[*sym.Expr]bool, became map[*sym.Expr]*sym.Expr, terms []*sym.Expr) []*sym.Expr {
	for _, a := range e.Args() {
		if inner[a] {
			terms = flatten(a, inner, became, terms)
		} else {
			terms = append(terms, became[a])
		}
	}
	return terms
}

// mergeable reports whether e is a bilinear product.
func mergeable(e *sym.Expr) bool {
	switch e.Op() {
	case sym.OpConv, sym.OpConvInputGradient, sym.OpConvWeightGradient,
		sym.OpDepthwiseConv, sym.OpDepthwiseConvInputGradient, sym.OpDepthwiseConvWeightGradient:
		return true
	case sym.OpMatMul:
		return len(e.Shape()) == 2
	}
	return false
}

// regroup adds up terms, products of one kind first.
func regroup(terms []*sym.Expr) *sym.Expr {
	terms = mergeShared(terms)
	var sum *sym.Expr
	for len(terms) > 0 {
		group := terms[0]
		rest := terms[1:]
		if mergeable(group) {
			first := group
			var others []*sym.Expr
			for _, t := range rest {
				if sameProduct(first, t) {
					group = sym.Add(group, t)
				} else {
					others = append(others, t)
				}
			}
			rest = others
		}
		if sum == nil {
			sum = group
		} else {
			sum = sym.Add(sum, group)
		}
		terms = rest
	}
	return sum
}

// mergeShared uses linearity: terms of one kind that share an argument become one term.
func mergeShared(terms []*sym.Expr) []*sym.Expr {
	var out []*sym.Expr
	for _, t := range terms {
		merged := false
		for i, o := range out {
			if !mergeable(t) || !sameProduct(o, t) || o == t {
				continue
			}
			a, b := o.Args(), t.Args()
			switch {
			case a[1] == b[1]:
				out[i], merged = o.With(sym.Add(a[0], b[0]), a[1]), true
			case a[0] == b[0]:
				out[i], merged = o.With(a[0], sym.Add(a[1], b[1])), true
			}
			if merged {
				break
			}
		}
		if !merged {
			out = append(out, t)
		}
	}
	return out
}

// sameProduct reports whether two products differ in their arguments only. A convolution's
// arguments have equal batches: the weight gradient of a Jacobian has several rows for each sample
// of the loss's.
func sameProduct(a, b *sym.Expr) bool {
	return mergeable(b) && a.Op() == b.Op() && a.Attr() == b.Attr() && (a.Op() == sym.OpMatMul || sameShapes(a, b))
}

// sameShapes reports whether the arguments have equal shapes.
func sameShapes(a, b *sym.Expr) bool {
	for i, x := range a.Args() {
		if !x.Shape().Equal(b.Args()[i].Shape()) {
			return false
		}
	}
	return true
}

// productSums finds sums whose terms are products of one kind that nothing else needs. Such a sum
// is one node; its terms are absorbed.
func (low *lowering) productSums() (absorbed map[*sym.Expr]bool) {
	absorbed = map[*sym.Expr]bool{}
	low.terms = map[*sym.Expr][]*sym.Expr{}
	for i := len(low.order) - 1; i >= 0; i-- {
		e := low.order[i]
		if e.Op() != sym.OpAdd || absorbed[e] {
			continue
		}
		var terms, sums []*sym.Expr
		if !low.productTerms(e, true, &terms, &sums) {
			continue
		}
		low.terms[e] = terms
		for _, x := range append(terms, sums...) {
			absorbed[x] = true
		}
	}
	return absorbed
}

// productTerms collects the terms of the sum e, and the sums within it, if all of them can be
// merged.
func (low *lowering) productTerms(e *sym.Expr, top bool, terms, sums *[]*sym.Expr) bool {
	if !top && (low.users[e] != 1 || low.roots[e]) {
		return false
	}
	if e.Op() != sym.OpAdd {
		if !mergeable(e) || (len(*terms) > 0 && !sameProduct((*terms)[0], e)) {
			return false
		}
		switch e.Op() {
		case sym.OpMatMul, sym.OpConvWeightGradient, sym.OpDepthwiseConvWeightGradient:
		default:
			return false
		}
		*terms = append(*terms, e)
		return true
	}
	if !top {
		*sums = append(*sums, e)
	}
	return low.productTerms(e.Args()[0], false, terms, sums) && low.productTerms(e.Args()[1], false, terms, sums)
}

// emitProductSum computes a sum of products as one node.
func (low *lowering) emitProductSum(e *sym.Expr, terms []*sym.Expr) {
	pairs := make([][2]*sym.Expr, len(terms))
	for i, t := range terms {
		pairs[i] = [2]*sym.Expr{t.Args()[0], t.Args()[1]}
	}
	switch attr := terms[0].Attr(); terms[0].Op() {
	case sym.OpMatMul:
		low.emitMatMul(e, attr.(sym.MatMulAttr), pairs)
	case sym.OpDepthwiseConvWeightGradient:
		low.emitDepthwiseWeightGradient(e, attr.(sym.ConvAttr), pairs)
	default:
		low.emitConvWeightGradient(e, attr.(sym.ConvAttr), pairs)
	}
}
