package sym

import (
	"fmt"
	"slices"
	"strings"
)

// Topological returns every expression that roots are computed from, roots included, each after its
// arguments (by ascending id).
func Topological(roots ...*Expr) []*Expr {
	stack := allGiven(roots)
	seen := newVisited(stack)
	var all []*Expr
	for len(stack) > 0 {
		e := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !seen.add(e) {
			continue
		}
		all = append(all, e)
		stack = append(stack, e.args...)
	}
	slices.SortFunc(all, func(a, b *Expr) int { return a.id - b.id })
	return all
}

// visited is a set of expressions: a bit for each of one graph, whose ids are dense, and a map for
// those of other graphs and those with an error, which have no id.
type visited struct {
	graph *Graph
	bits  []uint64 // of the expression with id i: bit i%64 of bits[i/64]
	other map[*Expr]bool
}

// newVisited returns an empty set for roots and what they are computed from. An argument's id is
// smaller than that of what is computed from it.
func newVisited(roots []*Expr) *visited {
	v := &visited{other: map[*Expr]bool{}}
	largest := -1
	for _, r := range roots {
		if v.graph == nil {
			v.graph = r.graph
		}
		if r.graph == v.graph {
			largest = max(largest, r.id)
		}
	}
	v.bits = make([]uint64, largest/64+1)
	return v
}

// add puts e into the set and reports whether it was not in it.
func (v *visited) add(e *Expr) bool {
	if e.id < 0 || e.graph != v.graph {
		if v.other[e] {
			return false
		}
		v.other[e] = true
		return true
	}
	word, bit := e.id/64, uint64(1)<<(e.id%64)
	if v.bits[word]&bit != 0 {
		return false
	}
	v.bits[word] |= bit
	return true
}

// Rewrite rebuilds roots from the leaves up: f gets every expression together with its rebuilt
// arguments and returns what stands in its place; nil means the same operation on those arguments.
func Rewrite(roots []*Expr, f func(e *Expr, args []*Expr) *Expr) []*Expr {
	roots = allGiven(roots)
	all := Topological(roots...)
	became := make(map[*Expr]*Expr, len(all))
	for _, e := range all {
		args := make([]*Expr, len(e.args))
		for i, a := range e.args {
			args[i] = became[a]
		}
		to := f(e, args)
		if to == nil {
			to = e.With(args...)
		}
		became[e] = to
	}
	out := make([]*Expr, len(roots))
	for i, r := range roots {
		out[i] = became[r]
	}
	return out
}

// Replace returns roots with every expression that is a key of with replaced by its value.
func Replace(roots []*Expr, with map[*Expr]*Expr) []*Expr {
	return Rewrite(roots, func(e *Expr, _ []*Expr) *Expr { return with[e] })
}

// Format prints the computation of roots as a straight-line program, a line an expression, for
// people and golden tests:
//
//	%0 = input "x" : float[3]
//	%1 = mul %0 %0 : float[3]
//	return %1
func Format(roots ...*Expr) string {
	var b strings.Builder
	number := map[*Expr]int{}
	for i, e := range Topological(roots...) {
		number[e] = i
		fmt.Fprintf(&b, "%%%d = %s", i, e.op)
		if e.err != nil {
			fmt.Fprintf(&b, " error %v", e.err)
		}
		for _, a := range e.args {
			fmt.Fprintf(&b, " %%%d", number[a])
		}
		if e.attr != nil {
			fmt.Fprintf(&b, " %v", e.attr)
		}
		fmt.Fprintf(&b, " : %v%v\n", e.dtype, e.shape)
	}
	b.WriteString("return")
	for _, r := range roots {
		fmt.Fprintf(&b, " %%%d", number[r])
	}
	b.WriteByte('\n')
	return b.String()
}
