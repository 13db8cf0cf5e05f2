package plan

import (
	"fmt"
	"math"
	"slices"

	"github.com/gradreg/gradreg/sym"
)

// sums uses that a sum is linear. What does not change along the summed axes is taken out of it;
// the sum of x − mean(x) is zero; and a sum of several terms is put together from sums that are
// computed anyway. The derivative of a batch norm is such a sum: of a·u + s·(x − μ), where Σu and
// Σu·(x − μ) are known before that tensor exists, so that it need not be computed, stored and read
// once more for its own mean.
func sums(roots []*sym.Expr) []*sym.Expr {
	s := summation{terms: map[*sym.Expr][]term{}, known: map[string]bool{}, became: map[*sym.Expr]*sym.Expr{}}
	for _, e := range sym.Topological(roots...) {
		if e.Op() != sym.OpSum {
			continue
		}
		axes := e.Attr().([]int)
		var terms []term
		for _, t := range expand(e.Args()[0], axes) {
			if !t.vanishes(axes) {
				terms = append(terms, t.uncentred(axes))
			}
		}
		s.terms[e] = terms
		if len(terms) == 1 && (terms[0].coefficient == 1 || len(terms[0].factors) > 0) {
			s.known[terms[0].key(axes)] = true
		}
	}
	return sym.Rewrite(roots, func(e *sym.Expr, args []*sym.Expr) *sym.Expr {
		to := e
		if len(args) > 0 {
			to = e.With(args...)
		}
		if e.Op() == sym.OpSum && s.better(e) {
			to = s.build(e)
		}
		s.became[e] = to
		return to
	})
}

// summation is what the pass knows.
type summation struct {
	terms  map[*sym.Expr][]term
	known  map[string]bool // sums of one term
	became map[*sym.Expr]*sym.Expr
}

// term is a product: a coefficient, tensors that do not change along the summed axes, and at most
// two others.
type term struct {
	coefficient float64
	factors     []*sym.Expr // broadcasts
	atoms       []*sym.Expr // in the order of their ids
}

// maxTerms bounds the expansion of a sum.
const maxTerms = 12

// expand writes x as a sum of terms.
func expand(x *sym.Expr, axes []int) []term {
	if v, ok := sym.ConstValue(x); ok {
		return []term{{coefficient: v}}
	}
	atom := []term{{coefficient: 1, atoms: []*sym.Expr{x}}}
	switch x.Op() {
	case sym.OpNeg:
		return scale(expand(x.Args()[0], axes), -1)
	case sym.OpBroadcast:
		if !changes(x, axes) {
			return []term{{coefficient: 1, factors: []*sym.Expr{x}}}
		}
	case sym.OpAdd, sym.OpSub:
		a, b := expand(x.Args()[0], axes), expand(x.Args()[1], axes)
		if len(a)+len(b) > maxTerms || (len(a) == 1 && slices.Equal(a[0].atoms, x.Args()[:1]) && centred(x, axes)) {
			return atom
		}
		if x.Op() == sym.OpSub {
			b = scale(b, -1)
		}
		return append(slices.Clone(a), b...)
	case sym.OpMul:
		if terms := multiply(expand(x.Args()[0], axes), expand(x.Args()[1], axes)); terms != nil {
			return terms
		}
	}
	return atom
}

func scale(terms []term, by float64) []term {
	terms = slices.Clone(terms)
	for i := range terms {
		terms[i].coefficient *= by
	}
	return terms
}

// multiply expands a product, or returns nil if there are too many terms or factors in one.
func multiply(a, b []term) []term {
	if len(a)*len(b) > maxTerms {
		return nil
	}
	var product []term
	for _, s := range a {
		for _, t := range b {
			p := term{
				coefficient: s.coefficient * t.coefficient,
				factors:     slices.Concat(s.factors, t.factors),
				atoms:       sorted(slices.Concat(s.atoms, t.atoms)...),
			}
			if len(p.atoms) > 2 || len(p.factors) > 4 {
				return nil
			}
			product = append(product, p)
		}
	}
	return product
}

// changes reports whether the broadcast e changes along any of the axes.
func changes(e *sym.Expr, axes []int) bool {
	for _, d := range e.Attr().(sym.BroadcastAttr).Dims {
		if slices.Contains(axes, d) {
			return true
		}
	}
	return false
}

// centred reports whether e is x − mean(x) over the axes.
func centred(e *sym.Expr, axes []int) bool {
	if e.Op() != sym.OpAdd && e.Op() != sym.OpSub {
		return false
	}
	x, b := e.Args()[0], e.Args()[1]
	if b.Op() != sym.OpBroadcast || changes(b, axes) ||
		len(b.Attr().(sym.BroadcastAttr).Dims) != len(e.Shape())-len(axes) {
		return false
	}
	mean, by := stripped(b.Args()[0])
	if e.Op() == sym.OpAdd {
		by = -by
	}
	if mean.Op() != sym.OpSum || !slices.Equal(mean.Attr().([]int), axes) {
		return false
	}
	of, sign := stripped(mean.Args()[0])
	self, own := stripped(x)
	count := float64(x.Shape().Size() / mean.Shape().Size())
	return of == self && math.Abs(by*sign*count-own) < 1e-12
}

// stripped returns e without constant factors and signs, and their product.
func stripped(e *sym.Expr) (*sym.Expr, float64) {
	by := 1.0
	for {
		switch e.Op() {
		case sym.OpNeg:
			e, by = e.Args()[0], -by
			continue
		case sym.OpMul:
			if v, ok := sym.ConstValue(e.Args()[1]); ok {
				e, by = e.Args()[0], by*v
				continue
			}
		}
		return e, by
	}
}

// vanishes reports whether the sum of t is zero.
func (t term) vanishes(axes []int) bool {
	return t.coefficient == 0 || (len(t.atoms) == 1 && centred(t.atoms[0], axes))
}

// uncentred replaces the later one of two different centred atoms by what it centres, because the
// sum of the other one is zero: the sum is then known before that mean is.
func (t term) uncentred(axes []int) term {
	if len(t.atoms) == 2 && t.atoms[0] != t.atoms[1] && centred(t.atoms[0], axes) && centred(t.atoms[1], axes) {
		t.atoms = sorted(t.atoms[0], t.atoms[1].Args()[0])
	}
	return t
}

// sorted returns expressions in the order of their ids.
func sorted(list ...*sym.Expr) []*sym.Expr {
	slices.SortFunc(list, func(x, y *sym.Expr) int { return x.ID() - y.ID() })
	return list
}

// key identifies the sum of t without its coefficient and factors.
func (t term) key(axes []int) string {
	key := fmt.Sprint(axes)
	for _, a := range t.atoms {
		key += fmt.Sprint(" ", a.ID())
	}
	return key
}

// better reports whether the sum e is rather put together from those of its terms.
func (s summation) better(e *sym.Expr) bool {
	terms, axes := s.terms[e], e.Attr().([]int)
	if len(terms) == 1 && len(terms[0].factors) == 0 {
		x, _ := stripped(e.Args()[0])
		same := slices.Equal(terms[0].atoms, []*sym.Expr{x}) || (x.Op() == sym.OpMul && slices.Equal(
			terms[0].atoms, sorted(x.Args()[0], x.Args()[1]),
		))
		return len(terms[0].atoms) > 0 && !same
	}
	for _, t := range terms {
		if len(terms) > 1 && len(t.atoms) > 0 && !s.known[t.key(axes)] {
			return false
		}
	}
	return true
}

// build puts the sum e together.
func (s summation) build(e *sym.Expr) *sym.Expr {
	x, axes := e.Args()[0], e.Attr().([]int)
	total := constant(e, 0)
	for i, t := range s.terms[e] {
		sum, by := constant(e, float64(x.Shape().Size()/e.Shape().Size())), t.coefficient
		if len(t.atoms) > 0 {
			product := s.became[t.atoms[0]]
			if len(t.atoms) == 2 {
				product = sym.Mul(product, s.became[t.atoms[1]])
			}
			sum = sym.Sum(product, axes...)
		}
		for _, f := range t.factors {
			sum = sym.Mul(sum, s.remaining(f, e, axes))
		}
		sum = sym.Scale(sum, by)
		if total = sym.Add(total, sum); i == 0 {
			total = sum
		}
	}
	return total
}

// remaining returns the factor f in the shape of the sum e.
func (s summation) remaining(f, e *sym.Expr, axes []int) *sym.Expr {
	dims := slices.Clone(f.Attr().(sym.BroadcastAttr).Dims)
	for i, d := range dims {
		for _, a := range axes {
			if a < d {
				dims[i]--
			}
		}
	}
	return sym.Broadcast(s.became[f.Args()[0]], dims, e.Shape()...)
}
