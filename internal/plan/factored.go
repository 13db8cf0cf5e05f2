package plan

import (
	"slices"

	"github.com/gradreg/gradreg/sym"
)

// factored is an expression as base·f₁·f₂·…, where each factor is one number per element of the
// leading axis.
type factored struct {
	base    *sym.Expr
	factors []factor  // in the order in which they are multiplied
	whole   *sym.Expr // the product, nil until it is needed
}

// factor is a tensor [B] and the expression that it came from.
type factor struct{ value, source *sym.Expr }

// value returns the product.
func (x *factored) value() *sym.Expr {
	if x.whole == nil {
		x.whole = multiplied(x.base, x.factors)
	}
	return x.whole
}

// same reports whether x and y have the same factors.
func (x *factored) same(y *factored) bool {
	return slices.EqualFunc(x.factors, y.factors, func(f, g factor) bool { return f.value == g.value })
}

// multiplied returns x: [B, …] times factors.
func multiplied(x *sym.Expr, by []factor) *sym.Expr {
	for _, f := range by {
		spread := sym.Broadcast(f.value, []int{0}, x.Shape()...)
		if is(x, 1) {
			x = spread
		} else {
			x = sym.Mul(x, spread)
		}
	}
	return x
}

// argument is one side of a product over samples.
type argument struct {
	op   sym.Op
	attr any
	side int
	base *sym.Expr
}

// factoring takes factors out of expressions, leaves first.
type factoring struct {
	leave   map[*sym.Expr]bool // origins that are no factors
	shared  map[argument]int   // how many products of an earlier run have an argument, without factors
	guards  map[*sym.Expr]bool
	of      map[*sym.Expr]*factored
	found   map[argument]int
	roots   []*sym.Expr
	sources []*sym.Expr // origins of factors that reached a product, each once
}

// takenOut takes all factors out but for those whose origins are in leave. Which argument of an
// outer product gets the factors, so that the other one is shared, shows only when all are known:
// that takes two runs.
func takenOut(roots []*sym.Expr, leave map[*sym.Expr]bool) *factoring {
	var f *factoring
	var shared map[argument]int
	order := sym.Topological(roots...)
	guards := perSample(order)
	for range 2 {
		f = &factoring{
			leave: leave, shared: shared, guards: guards,
			of: map[*sym.Expr]*factored{}, found: map[argument]int{},
		}
		for _, e := range order {
			f.of[e] = f.factored(e)
		}
		shared = f.found
	}
	for _, r := range roots {
		f.roots = append(f.roots, f.of[r].value())
	}
	return f
}

// factored writes e as a product of factors and a base.
func (f *factoring) factored(e *sym.Expr) *factored {
	args := make([]*factored, len(e.Args()))
	whole := make([]*sym.Expr, len(args))
	for i, a := range e.Args() {
		args[i] = f.of[a]
		whole[i] = args[i].value()
	}
	x := &factored{base: e.With(whole...)}
	if e.DType() != sym.Float {
		return x
	}
	if !isFactor(e) || (len(args) > 0 && e.Args()[0].Shape().Size() > e.Shape().Size()) {
		if to := f.through(e, args, whole); to != nil {
			x = to
		}
	}
	source := origin(e)
	if !isFactor(e) || f.leave[source] || is(e, 0) || is(e, 1) {
		return x
	}
	value := origin(x.value())
	return &factored{
		base: constant(e, 1), whole: x.value(),
		factors: []factor{{sym.Reshape(value, e.Shape()[0]), source}},
	}
}

// through returns e with the factors of its arguments taken out, or nil where there are none or
// none pass.
func (f *factoring) through(e *sym.Expr, args []*factored, whole []*sym.Expr) *factored {
	switch passage(e, f.guards) {
	case throughFirst:
		return f.one(e, args, whole, 0)
	case throughAny:
		return f.product(e, args, whole)
	case throughBoth:
		return together(e, args, whole)
	case meeting:
		return f.meet(e, args)
	}
	return nil
}

// one takes the factors of argument i out of e.
func (f *factoring) one(e *sym.Expr, args []*factored, whole []*sym.Expr, i int) *factored {
	x := args[i]
	if len(x.factors) == 0 {
		return nil
	}
	if e.Op().Family() == sym.Product {
		f.reach(x.factors)
	}
	bases := slices.Clone(whole)
	bases[i] = x.base
	return &factored{base: rebuilt(e, bases), factors: x.factors}
}

// product takes the factors out of an element-wise product. Where both arguments have some, one of
// them has to be nothing else.
func (f *factoring) product(e *sym.Expr, args []*factored, whole []*sym.Expr) *factored {
	a, b := args[0], args[1]
	switch {
	case len(a.factors) == 0 && len(b.factors) == 0:
		return nil
	case len(b.factors) > 0 && is(b.base, 1):
		to := &factored{base: a.base, factors: slices.Concat(a.factors, b.factors)}
		if len(a.factors) == 0 {
			to.whole = e.With(whole...)
		}
		return to
	case len(a.factors) > 0 && is(a.base, 1):
		to := &factored{base: b.base, factors: slices.Concat(b.factors, a.factors)}
		if len(b.factors) == 0 {
			to.whole = e.With(whole...)
		}
		return to
	case len(b.factors) == 0:
		return f.one(e, args, whole, 0)
	case len(a.factors) == 0:
		return f.one(e, args, whole, 1)
	}
	return nil
}

// together takes out factors that all floats among the arguments have. A zero has any.
func together(e *sym.Expr, args []*factored, whole []*sym.Expr) *factored {
	var common *factored
	bases := slices.Clone(whole)
	for i, x := range args {
		if e.Args()[i].DType() != sym.Float || is(x.base, 0) {
			continue
		}
		if len(x.factors) == 0 || (common != nil && !common.same(x)) {
			return nil
		}
		common, bases[i] = x, x.base
	}
	if common == nil {
		return nil
	}
	return &factored{base: rebuilt(e, bases), factors: common.factors}
}

// meet multiplies the factors of both arguments of a product over samples into one of them: not
// into the one that more products have in common. Where that is undecided the first one gets them.
func (f *factoring) meet(e *sym.Expr, args []*factored) *factored {
	var sides [2]argument
	for i, x := range args {
		sides[i] = argument{e.Op(), e.Attr(), i, x.base}
		f.found[sides[i]]++
	}
	if len(args[0].factors)+len(args[1].factors) == 0 {
		return nil
	}
	f.reach(args[0].factors)
	f.reach(args[1].factors)
	to := 0
	if f.shared[sides[0]] > f.shared[sides[1]] {
		to = 1
	}
	bases := []*sym.Expr{args[0].base, args[1].base}
	bases[to] = multiplied(args[to].value(), args[1-to].factors)
	return &factored{base: rebuilt(e, bases)}
}

// reach notes that factors have come to a product.
func (f *factoring) reach(factors []factor) {
	for _, x := range factors {
		if !slices.Contains(f.sources, x.source) {
			f.sources = append(f.sources, x.source)
		}
	}
}

// rebuilt applies e to other arguments, among them ones in the place of factors.
func rebuilt(e *sym.Expr, args []*sym.Expr) *sym.Expr {
	if to := algebraRule(e, args); to != nil {
		return to
	}
	return e.With(args...)
}
