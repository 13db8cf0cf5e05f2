package sym

import (
	"fmt"
	"slices"
	"strconv"
)

// InputAttr is the attribute of an OpInput node.
type InputAttr struct {
	Name  string
	DType DType
	Shape Shape
}

// String identifies the input; names are unique in a graph.
func (a InputAttr) String() string { return strconv.Quote(a.Name) }

// Name returns the name of an input, and an empty text for any other expression.
func (e *Expr) Name() string {
	a, _ := e.Attr().(InputAttr)
	return a.Name
}

// Input returns the leaf of that name, whose value is given when an expression is evaluated or a
// program run. Asking again for a name gives the same leaf; another dtype or shape is an error.
func (g *Graph) Input(name string, dtype DType, shape ...int) *Expr {
	a := InputAttr{Name: name, DType: dtype, Shape: slices.Clone(shape)}
	if g == nil {
		return errorExpr(nil, OpInput, nil, errNoGraph)
	}
	if old, ok := g.inputs[name]; ok {
		if old.dtype != dtype || !old.shape.Equal(a.Shape) {
			return errorExpr(g, OpInput, nil, fmt.Errorf("%q exists as %v%v, asked for as %v%v",
				name, old.dtype, old.shape, dtype, a.Shape))
		}
		return old
	}
	e := g.intern(OpInput, a, nil)
	if e.err == nil {
		g.inputs[name] = e
	}
	return e
}

func inputRule() rule {
	return rule{
		name:   "input",
		family: Given,
		rows:   coupled,
		shape: func(_ []*Expr, attr any) (Shape, DType, error) {
			a := attr.(InputAttr)
			return a.Shape, a.DType, nil
		},
		vjp: noVJP, jvp: noJVP,
		eval: func(e *Expr, _ []*Tensor, env *Env) *Tensor {
			return env.fail(fmt.Errorf("input %q has no value", e.attr.(InputAttr).Name))
		},
	}
}

// ConstAttr is the attribute of an OpConst node.
type ConstAttr struct {
	Value float64
	Shape Shape
}

// String identifies the constant by the exact value.
func (a ConstAttr) String() string {
	return strconv.FormatFloat(a.Value, 'g', -1, 64) + a.Shape.String()
}

// Const returns a float tensor of the given shape, each element of which is value.
func (g *Graph) Const(value float64, shape ...int) *Expr {
	return g.intern(OpConst, ConstAttr{value, slices.Clone(shape)}, nil)
}

func constRule() rule {
	return rule{
		name:   "const",
		family: Given,
		rows:   coupled,
		shape: func(_ []*Expr, attr any) (Shape, DType, error) {
			return attr.(ConstAttr).Shape, Float, nil
		},
		vjp: noVJP, jvp: noJVP,
		eval: func(e *Expr, _ []*Tensor, _ *Env) *Tensor {
			t := NewTensor(e.shape...)
			for i := range t.Data {
				t.Data[i] = e.attr.(ConstAttr).Value
			}
			return t
		},
	}
}

// ConstValue returns the value of a constant and whether e is one.
func ConstValue(e *Expr) (float64, bool) {
	if e == nil || e.op != OpConst || e.err != nil {
		return 0, false
	}
	return e.attr.(ConstAttr).Value, true
}

// like returns the constant v in the shape of e.
func like(e *Expr, v float64) *Expr {
	e = given(e)
	return e.graph.Const(v, e.shape...)
}

// StopGradient returns x itself, with derivatives of zero.
func StopGradient(x *Expr) *Expr { return apply(OpStopGradient, nil, x) }

func stopGradientRule() rule {
	return rule{
		name:   "stop_gradient",
		family: Elementwise,
		rows:   allRows,
		shape: func(args []*Expr, _ any) (Shape, DType, error) {
			return args[0].shape, args[0].dtype, nil
		},
		vjp: noVJP, jvp: noJVP,
		eval: func(_ *Expr, args []*Tensor, _ *Env) *Tensor { return args[0] },
	}
}
