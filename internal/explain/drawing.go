package explain

import (
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/sym"
)

// kind is how an operation is drawn.
type kind struct{ fill, shape string }

// Kinds of operations. The pale colours carry black text; the shape says the same.
var (
	kindGiven  = kind{"#ffffff", "box"}           // images, labels
	kindParam  = kind{"#cfe8f7", "box"}           // weights
	kindRandom = kind{"#f3dcea", "parallelogram"} // random numbers
	kindLinear = kind{"#f9d9bd", "octagon"}       // products and convolutions: nearly all of the work
	kindReduce = kind{"#c9ecdf", "hexagon"}
	kindMove   = kind{"#eeeeee", "note"}    // what changes places only
	kindOther  = kind{"#fdf6cf", "ellipse"} // element-wise
)

// kindOf returns how e is drawn.
func kindOf(e *sym.Expr) kind {
	switch e.Op().Family() {
	case sym.Given:
		if a, ok := e.Attr().(sym.InputAttr); ok && strings.HasPrefix(a.Name, "param/") {
			return kindParam
		}
		return kindGiven
	case sym.Random:
		return kindRandom
	case sym.Product:
		return kindLinear
	case sym.Reduction:
		return kindReduce
	case sym.Movement:
		return kindMove
	}
	return kindOther
}

// drawing is a stage as nodes and edges. Constants stand within the operations that use them, and
// an input has a node at each of its uses, for a weight's line from the first layer to the last
// derivative hides the rest.
type drawing struct {
	nodes []node
	edges [][2]int // indices of nodes; the first is less
}

// node is an operation.
type node struct {
	kind
	lines []string
	root  bool // what is returned
}

// draw returns the stage's drawing: a node an operation, in the same numbers as [Stage.Text], with
// its shape and multiply-adds.
func (s Stage) draw() drawing {
	var d drawing
	number, at, root := map[*sym.Expr]int{}, map[*sym.Expr]int{}, map[*sym.Expr]bool{}
	for _, r := range s.roots {
		root[r] = true
	}
	add := func(e *sym.Expr) int {
		d.nodes = append(d.nodes, node{kindOf(e), label(e, number[e]), root[e]})
		return len(d.nodes) - 1
	}
	copied := func(e *sym.Expr) bool { return e.Op() == sym.OpInput && !root[e] }
	for i, e := range sym.Topological(s.roots...) {
		number[e] = i
		if _, constant := sym.ConstValue(e); constant && !root[e] || copied(e) {
			continue
		}
		var from []int
		for _, a := range e.Args() {
			known, ok := at[a]
			switch {
			case copied(a):
				from = append(from, add(a))
			case ok:
				from = append(from, known)
			}
		}
		at[e] = add(e)
		for _, u := range from {
			d.edges = append(d.edges, [2]int{u, at[e]})
		}
	}
	return d
}

// label returns the lines of a node.
func label(e *sym.Expr, number int) []string {
	name := e.Op().String()
	switch attr := e.Attr().(type) {
	case sym.InputAttr:
		name = strings.TrimPrefix(attr.Name, "param/")
	case sym.MatMulAttr:
		name += map[bool]string{true: " Aᵀ"}[attr.TransA] + map[bool]string{true: " Bᵀ"}[attr.TransB]
	case float64:
		name += fmt.Sprintf(" %v", attr)
	}
	var constants []string
	for _, a := range e.Args() {
		if v, ok := sym.ConstValue(a); ok {
			constants = append(constants, fmt.Sprintf("%.4g", v))
		}
	}
	if len(constants) > 0 {
		name += " (" + strings.Join(constants, ", ") + ")"
	}
	lines := []string{fmt.Sprintf("%%%d %s", number, name), fmt.Sprint(e.Shape())}
	if n := e.MACs(); n > 0 {
		lines = append(lines, Short(n)+" multiply-adds")
	}
	return lines
}

// Short returns a count with three digits and a unit.
func Short(n int) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.3g G", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.3g M", float64(n)/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.3g k", float64(n)/1e3)
	}
	return fmt.Sprint(n)
}
