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
	kindGiven  = kind{"#ffffff", "box"}     // images, labels
	kindParam  = kind{"#cfe8f7", "box"}     // weights
	kindRandom = kind{"#f3dcea", "ellipse"} // random numbers
	kindLinear = kind{"#f9d9bd", "box3d"}   // products and convolutions: nearly all of the work
	kindReduce = kind{"#c9ecdf", "invtrapezium"}
	kindMove   = kind{"#eeeeee", "cds"}     // what changes places only
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
// shape and multiply-adds. Constants stand within the operations that use them.
func (s Stage) DOT() string {
	var b strings.Builder
	b.WriteString("digraph {\n\trankdir=TB\n\tnode [style=filled, fontname=Helvetica, fontsize=10, margin=\"0.06,0.03\"]\n\tedge [color=\"#666666\", arrowsize=0.6]\n")
	order := sym.Topological(s.roots...)
	number, root := map[*sym.Expr]int{}, map[*sym.Expr]bool{}
	for _, r := range s.roots {
		root[r] = true
	}
	for i, e := range order {
		number[e] = i
		if _, constant := sym.ConstValue(e); constant && !root[e] {
			continue
		}
		k, pen := kindOf(e), 1
		if root[e] {
			pen = 3
		}
		fmt.Fprintf(&b, "\tn%d [label=%s, fillcolor=%q, shape=%s, penwidth=%d]\n", i, quote(label(e, i)), k.fill, k.shape, pen)
		for _, a := range e.Args() {
			if _, constant := sym.ConstValue(a); !constant || root[a] {
				fmt.Fprintf(&b, "\tn%d -> n%d\n", number[a], i)
			}
		}
	}
	b.WriteString("}\n")
	return b.String()
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
