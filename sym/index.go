package sym

import (
	"fmt"
	"slices"
)

// OneHot returns, for an int tensor of class numbers, floats with one more axis of n elements at
// the end: 1 at the class, 0 elsewhere (all 0 where the number is outside 0..n−1).
func OneHot(index *Expr, n int) *Expr { return apply(OpOneHot, n, index) }

// oneHotRule: attribute int, the number of classes.
func oneHotRule() rule {
	return rule{
		name:   "one_hot",
		family: Movement,
		rows:   firstArgument,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			if args[0].dtype != Int {
				return nil, 0, fmt.Errorf("expected int, found %v", args[0].dtype)
			}
			return append(slices.Clone(args[0].shape), attr.(int)), Float, nil
		},
		vjp: noVJP, jvp: noJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			out, n := NewTensor(e.shape...), e.attr.(int)
			for i, v := range args[0].Data {
				if k := int(v); k >= 0 && k < n {
					out.Data[i*n+k] = 1
				}
			}
			return out
		},
	}
}

// ArgMax returns the index of the largest element along an axis, which stays with extent 1; the
// first one where several are equal. Its derivative is zero.
func ArgMax(x *Expr, axis int) *Expr { return apply(OpArgMax, axis, x) }

// argMaxRule: attribute int, the axis.
func argMaxRule() rule {
	return rule{
		name:   "arg_max",
		family: Reduction,
		rows:   where(allRows, keepsLeading),
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			x, axis := args[0], attr.(int)
			if x.dtype != Float || axis < 0 || axis >= len(x.shape) {
				return nil, 0, fmt.Errorf("expected a float with an axis %d", axis)
			}
			out := slices.Clone(x.shape)
			out[axis] = 1
			return out, Int, nil
		},
		vjp: noVJP, jvp: noJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			x, out := args[0], NewTensor(e.shape...)
			axis := e.attr.(int)
			stride := x.Shape.strides()[axis]
			forEach(e.shape, func(i int, idx []int) {
				base, best := offsetAt(idx, allAxes(len(idx)), x.Shape), 0
				for k := range x.Shape[axis] {
					if x.Data[base+k*stride] > x.Data[base+best*stride] {
						best = k
					}
				}
				out.Data[i] = float64(best)
			})
			return out
		},
	}
}

// Gather returns x[…, index, …] along an axis, as NumPy's take_along_axis: index is an int tensor
// of x's shape but for the extent of that axis, which is free. Indices are within 0..extent−1. Its
// transpose is [Scatter].
func Gather(x, index *Expr, axis int) *Expr { return apply(OpGather, axis, x, index) }

// gatherRule: attribute int, the axis.
func gatherRule() rule {
	return rule{
		name:   "gather",
		family: Movement,
		rows:   where(allRows, keepsLeading),
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			if err := checkAlong(args[0], args[1], attr.(int)); err != nil {
				return nil, 0, err
			}
			return args[1].shape, Float, nil
		},
		vjp: func(e, c *Expr) []*Expr {
			axis := e.attr.(int)
			return []*Expr{Scatter(c, e.args[1], axis, e.args[0].shape[axis]), nil}
		},
		jvp: linearJVP,
		eval: func(e *Expr, args []*Tensor, env *Env) *Tensor {
			x, index, out := args[0], args[1], NewTensor(e.shape...)
			alongAxis(index, x.Shape, e.attr.(int), env, func(i, j int) { out.Data[i] = x.Data[j] })
			return out
		},
	}
}

// ScatterAttr is the attribute of an OpScatter node: the axis and its extent in the result.
type ScatterAttr struct{ Axis, Extent int }

// Scatter returns zeros of extent n along an axis, to which every element of y is added at its
// index: out[…, index, …] += y. Elements with equal indices add up. Its transpose is [Gather].
func Scatter(y, index *Expr, axis, n int) *Expr {
	return apply(OpScatter, ScatterAttr{axis, n}, y, index)
}

func scatterRule() rule {
	return rule{
		name:   "scatter",
		family: Movement,
		rows:   where(allRows, func(a any) bool { return a.(ScatterAttr).Axis != 0 }),
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			a := attr.(ScatterAttr)
			if err := checkAlong(args[0], args[1], a.Axis); err != nil {
				return nil, 0, err
			}
			if !args[0].shape.Equal(args[1].shape) {
				return nil, 0, fmt.Errorf("expected equal shapes")
			}
			out := slices.Clone(args[0].shape)
			out[a.Axis] = a.Extent
			return out, Float, nil
		},
		vjp: func(e, c *Expr) []*Expr {
			return []*Expr{Gather(c, e.args[1], e.attr.(ScatterAttr).Axis), nil}
		},
		jvp: linearJVP,
		eval: func(e *Expr, args []*Tensor, env *Env) *Tensor {
			y, index, out := args[0], args[1], NewTensor(e.shape...)
			alongAxis(index, e.shape, e.attr.(ScatterAttr).Axis, env, func(i, j int) { out.Data[j] += y.Data[i] })
			return out
		},
	}
}

// checkAlong checks that index addresses the float x along axis.
func checkAlong(x, index *Expr, axis int) error {
	if x.dtype != Float || index.dtype != Int {
		return fmt.Errorf("expected float and int, found %v and %v", x.dtype, index.dtype)
	}
	if len(x.shape) != len(index.shape) || axis < 0 || axis >= len(x.shape) {
		return fmt.Errorf("expected equal ranks with an axis %d", axis)
	}
	for i := range x.shape {
		if i != axis && x.shape[i] != index.shape[i] {
			return fmt.Errorf("extents of axis %d differ: %d and %d", i, x.shape[i], index.shape[i])
		}
	}
	return nil
}

// alongAxis calls f with every element i of index and the element j of a tensor of the given shape
// that it addresses.
func alongAxis(index *Tensor, shape Shape, axis int, env *Env, f func(i, j int)) {
	strides := shape.strides()
	forEach(index.Shape, func(i int, idx []int) {
		k := int(index.Data[i])
		if k < 0 || k >= shape[axis] {
			env.fail(fmt.Errorf("index %d is outside axis %d of %v", k, axis, shape))
			return
		}
		j := 0
		for d := range idx {
			if d == axis {
				j += k * strides[d]
			} else {
				j += idx[d] * strides[d]
			}
		}
		f(i, j)
	})
}

// Max returns the largest element along an axis, which disappears. Where several are equal the
// derivative goes to the first.
func Max(x *Expr, axis int) *Expr {
	m := Gather(x, ArgMax(x, axis), axis)
	if m.err != nil {
		return m
	}
	return Reshape(m, slices.Delete(slices.Clone(m.shape), axis, axis+1)...)
}
