package sym

import (
	"fmt"
	"slices"
)

// Sum returns the sum over the given axes, in increasing order, which disappear; without axes the
// sum over all of them, a scalar. Its transpose is [Broadcast].
func Sum(x *Expr, axes ...int) *Expr {
	if x = given(x); x.err != nil {
		return x
	}
	if len(axes) == 0 {
		axes = allAxes(len(x.shape))
	}
	if len(axes) == 0 && x.dtype == Float {
		return x
	}
	return apply(OpSum, slices.Clone(axes), x)
}

// Mean returns the arithmetic mean over the given axes, which disappear; without axes over all.
func Mean(x *Expr, axes ...int) *Expr {
	s := Sum(x, axes...)
	if s.err != nil {
		return s
	}
	return Scale(s, float64(s.shape.Size())/float64(x.shape.Size()))
}

// allAxes returns 0, 1, …, rank−1.
func allAxes(rank int) []int {
	axes := make([]int, rank)
	for i := range axes {
		axes[i] = i
	}
	return axes
}

// otherAxes returns the axes within rank that are not among axes.
func otherAxes(axes []int, rank int) []int {
	var rest []int
	for i := range rank {
		if !slices.Contains(axes, i) {
			rest = append(rest, i)
		}
	}
	return rest
}

// sumRule: attribute []int, the increasing axes to sum over.
func sumRule() rule {
	return rule{
		name:   "sum",
		family: Reduction,
		rows:   where(firstArgument, func(a any) bool { return !slices.Contains(a.([]int), 0) }),
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			x, axes := args[0], attr.([]int)
			if x.dtype != Float {
				return nil, 0, fmt.Errorf("expected float, found %v", x.dtype)
			}
			if err := checkAxes(axes, len(x.shape)); err != nil {
				return nil, 0, err
			}
			out := Shape{}
			for _, i := range otherAxes(axes, len(x.shape)) {
				out = append(out, x.shape[i])
			}
			return out, Float, nil
		},
		vjp: func(e, c *Expr) []*Expr {
			x := e.args[0]
			return []*Expr{Broadcast(c, otherAxes(e.attr.([]int), len(x.shape)), x.shape...)}
		},
		jvp: linearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			x, out := args[0], NewTensor(e.shape...)
			keep := otherAxes(e.attr.([]int), len(x.Shape))
			forEach(x.Shape, func(i int, idx []int) {
				out.Data[offsetAt(idx, keep, out.Shape)] += x.Data[i]
			})
			return out
		},
	}
}

// BroadcastAttr is the attribute of an OpBroadcast node: axis i of the argument is axis Dims[i] of
// the result, whose shape is Shape.
type BroadcastAttr struct {
	Dims  []int
	Shape Shape
}

// Broadcast returns x repeated to the given shape: axis i of x becomes axis dims[i], with the same
// extent; x is constant along the others. Its transpose is [Sum].
func Broadcast(x *Expr, dims []int, shape ...int) *Expr {
	if x = given(x); x.err == nil && x.shape.Equal(shape) && slices.Equal(dims, allAxes(len(shape))) {
		return x
	}
	a := BroadcastAttr{slices.Clone(dims), slices.Clone(shape)}
	if v, ok := ConstValue(x); ok {
		if _, _, err := broadcastRule().shape([]*Expr{x}, a); err == nil {
			return x.graph.Const(v, shape...)
		}
	}
	return apply(OpBroadcast, a, x)
}

// BroadcastTo returns x stretched to the given shape under NumPy's rule.
func BroadcastTo(x *Expr, shape ...int) *Expr {
	if x = given(x); x.err != nil {
		return x
	}
	var kept Shape
	var dims []int
	for i, d := range x.shape {
		j := i + len(shape) - len(x.shape)
		if j < 0 || (d != 1 && d != shape[j]) {
			return errorExpr(x.graph, OpBroadcast, []*Expr{x}, fmt.Errorf("cannot stretch to %v", Shape(shape)))
		}
		if d == shape[j] {
			kept, dims = append(kept, d), append(dims, j)
		}
	}
	return Broadcast(Reshape(x, kept...), dims, shape...)
}

func broadcastRule() rule {
	return rule{
		name:   "broadcast",
		family: Movement,
		rows:   broadcastRows,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			x, a := args[0], attr.(BroadcastAttr)
			if len(a.Dims) != len(x.shape) {
				return nil, 0, fmt.Errorf("%d axes mapped to %v", len(x.shape), a.Dims)
			}
			if err := checkAxes(a.Dims, len(a.Shape)); err != nil {
				return nil, 0, err
			}
			for i, d := range a.Dims {
				if x.shape[i] != a.Shape[d] {
					return nil, 0, fmt.Errorf("axis %d has extent %d, axis %d of %v has not", i, x.shape[i], d, a.Shape)
				}
			}
			return a.Shape, x.dtype, nil
		},
		vjp: func(e, c *Expr) []*Expr {
			rest := otherAxes(e.attr.(BroadcastAttr).Dims, len(e.shape))
			if len(rest) == 0 {
				return []*Expr{c}
			}
			return []*Expr{Sum(c, rest...)}
		},
		jvp: linearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			x, out := args[0], NewTensor(e.shape...)
			forEach(e.shape, func(i int, idx []int) {
				out.Data[i] = x.Data[offsetAt(idx, e.attr.(BroadcastAttr).Dims, x.Shape)]
			})
			return out
		},
	}
}
