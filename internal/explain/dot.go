package explain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-graphviz"

	"github.com/gradreg/gradreg/report"
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
	switch e.Op() {
	case sym.OpInput:
		if strings.HasPrefix(e.Attr().(sym.InputAttr).Name, "param/") {
			return kindParam
		}
		return kindGiven
	case sym.OpUniform, sym.OpNormal, sym.OpBernoulli:
		return kindRandom
	case sym.OpMatMul, sym.OpConv, sym.OpConvInputGradient, sym.OpConvWeightGradient:
		return kindLinear
	case sym.OpSum, sym.OpSumPool, sym.OpMaxPoolIndex, sym.OpArgMax:
		return kindReduce
	case sym.OpBroadcast, sym.OpReshape, sym.OpTranspose, sym.OpSlice, sym.OpPad, sym.OpConcat, sym.OpGather, sym.OpScatter, sym.OpOneHot, sym.OpSumPoolTranspose:
		return kindMove
	}
	return kindOther
}

// DOT returns the stage as a graph in Graphviz' language: a node an operation, in the same numbers as [Stage.Text], with its
// shape and multiply-adds; what is returned has a bold outline. Constants stand within the operations that use them, and an
// input has a node at each of its uses, for a weight's line from the first layer to the last derivative hides the rest.
func (s Stage) DOT() string {
	d := drawing{number: map[*sym.Expr]int{}, root: map[*sym.Expr]bool{}}
	d.WriteString("digraph {\n\trankdir=TB\n\tnode [style=filled, fontname=Helvetica, fontsize=10, margin=\"0.08,0.04\"]\n\tedge [color=\"#666666\", arrowsize=0.6]\n")
	for _, r := range s.roots {
		d.root[r] = true
	}
	for i, e := range sym.Topological(s.roots...) {
		d.number[e] = i
		if !d.inside(e) && !d.copied(e) {
			d.node(fmt.Sprintf("n%d", i), e)
		}
		for k, a := range e.Args() {
			from, to := fmt.Sprintf("n%d", d.number[a]), fmt.Sprintf("n%d", i)
			switch {
			case d.inside(a):
				continue
			case d.copied(a):
				from += fmt.Sprintf("_%d_%d", i, k)
				d.node(from, a)
			}
			fmt.Fprintf(&d, "\t%s -> %s\n", from, to)
		}
	}
	d.WriteString("}\n")
	return d.String()
}

// drawing is a graph that is being written.
type drawing struct {
	strings.Builder
	number map[*sym.Expr]int
	root   map[*sym.Expr]bool // what is returned
}

// inside reports whether e has no node: it stands in the labels of its uses.
func (d *drawing) inside(e *sym.Expr) bool {
	_, constant := sym.ConstValue(e)
	return constant && !d.root[e]
}

// copied reports whether e has a node at each of its uses.
func (d *drawing) copied(e *sym.Expr) bool { return e.Op() == sym.OpInput && !d.root[e] }

// node writes a node.
func (d *drawing) node(id string, e *sym.Expr) {
	k, pen := kindOf(e), 1
	if d.root[e] {
		pen = 3
	}
	fmt.Fprintf(d, "\t%s [label=%s, fillcolor=%q, shape=%s, penwidth=%d]\n", id, quote(label(e, d.number[e])), k.fill, k.shape, pen)
}

// label returns the lines of a node.
func label(e *sym.Expr, number int) string {
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
	text := fmt.Sprintf("%%%d %s\n%v", number, name, e.Shape())
	if n := multiplyAdds(e); n > 0 {
		text += "\n" + Short(n) + " multiply-adds"
	}
	return text
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

// quote returns text as a string of the language: line breaks as \n.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

// SVG returns a graph in Graphviz' language as a picture, laid out in layers.
func SVG(ctx context.Context, dot string) (svg []byte, err error) {
	g, err := graphviz.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("graphviz: %w", err)
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	graph, err := graphviz.ParseBytes([]byte(dot))
	if err != nil {
		return nil, fmt.Errorf("graphviz: %w", err)
	}
	defer func() { err = errors.Join(err, graph.Close()) }()
	var b bytes.Buffer
	if err := g.Render(ctx, graph, graphviz.SVG, &b); err != nil {
		return nil, fmt.Errorf("graphviz: %w", err)
	}
	return b.Bytes(), nil
}

// Table shows what each pass leaves.
func (d *Derivation) Table() report.Table {
	t := report.Table{Columns: []report.Column{{Head: "after pass"}, {Head: "operations", Right: true, Fields: []string{"operation_count"}}, {Head: "multiply-adds", Right: true, Fields: []string{"multiply_adds"}}}}
	row := func(name string, operations, macs int) {
		t.Rows = append(t.Rows, []report.Cell{{Text: name}, number(operations, fmt.Sprint(operations)), number(macs, Short(macs))})
	}
	for i, s := range d.Stages {
		name := s.Pass
		if i == 0 {
			name = "(derived)"
		}
		row(name, s.Operations, s.MultiplyAdds)
	}
	row("(kernel calls)", d.KernelCalls, d.MultiplyAdds)
	return t
}

func number(v int, text string) report.Cell {
	return report.Cell{Text: text, Values: []report.Number{report.Num(float64(v))}}
}
