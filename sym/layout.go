package sym

import (
	"fmt"
	"slices"
)

// Reshape returns the elements of x, in row-major order, in another shape of the same size.
func Reshape(x *Expr, shape ...int) *Expr {
	if x = given(x); x.err == nil && x.shape.Equal(shape) {
		return x
	}
	if v, ok := ConstValue(x); ok && x.shape.Size() == Shape(shape).Size() {
		return x.graph.Const(v, shape...)
	}
	return apply(OpReshape, Shape(slices.Clone(shape)), x)
}

// reshapeRule: attribute Shape.
func reshapeRule() rule {
	return rule{
		name:   "reshape",
		family: Movement,
		rows:   reshapeRows,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			shape := attr.(Shape)
			if shape.Size() != args[0].shape.Size() {
				return nil, 0, fmt.Errorf("cannot hold %d elements in %v", args[0].shape.Size(), shape)
			}
			return shape, args[0].dtype, nil
		},
		vjp: func(e, c *Expr) []*Expr { return []*Expr{Reshape(c, e.args[0].shape...)} },
		jvp: func(e *Expr, t []*Expr) *Expr { return Reshape(t[0], e.shape...) },
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			return &Tensor{Shape: e.shape, Data: args[0].Data}
		},
	}
}

// Transpose returns x with its axes permuted: axis i of the result is axis perm[i] of x.
func Transpose(x *Expr, perm ...int) *Expr {
	if x = given(x); x.err == nil && slices.Equal(perm, allAxes(len(x.shape))) {
		return x
	}
	return apply(OpTranspose, slices.Clone(perm), x)
}

// transposeRule: attribute []int, the permutation.
func transposeRule() rule {
	return rule{
		name:   "transpose",
		family: Movement,
		rows:   where(firstArgument, func(a any) bool { return a.([]int)[0] == 0 }),
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			x, perm := args[0], attr.([]int)
			if sorted := slices.Sorted(slices.Values(perm)); !slices.Equal(sorted, allAxes(len(x.shape))) {
				return nil, 0, fmt.Errorf("%v is no permutation of %d axes", perm, len(x.shape))
			}
			out := make(Shape, len(perm))
			for i, p := range perm {
				out[i] = x.shape[p]
			}
			return out, x.dtype, nil
		},
		vjp: func(e, c *Expr) []*Expr {
			perm := e.attr.([]int)
			inverse := make([]int, len(perm))
			for i, p := range perm {
				inverse[p] = i
			}
			return []*Expr{Transpose(c, inverse...)}
		},
		jvp: func(e *Expr, t []*Expr) *Expr { return Transpose(t[0], e.attr.([]int)...) },
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			x, out := args[0], NewTensor(e.shape...)
			from := x.Shape.strides()
			forEach(e.shape, func(i int, idx []int) {
				j := 0
				for k, p := range e.attr.([]int) {
					j += idx[k] * from[p]
				}
				out.Data[i] = x.Data[j]
			})
			return out
		},
	}
}

// SliceAttr is the attribute of an OpSlice node: per axis the first index, the end (exclusive) and
// the step.
type SliceAttr struct{ Start, Stop, Step []int }

// Slice returns x[start:stop:step] along every axis, 0 ≤ start < stop ≤ extent, step ≥ 1. Its
// transpose is [Pad].
func Slice(x *Expr, start, stop, step []int) *Expr {
	x = given(x)
	rank := len(x.shape)
	if x.err == nil && slices.Equal(start, make([]int, rank)) && slices.Equal(stop, x.shape) &&
		slices.Equal(step, ones(rank)) {
		return x
	}
	return apply(OpSlice, SliceAttr{slices.Clone(start), slices.Clone(stop), slices.Clone(step)}, x)
}

// SliceAxis returns x[start:stop] along one axis and all of the others.
func SliceAxis(x *Expr, axis, start, stop int) *Expr {
	if x = given(x); x.err != nil {
		return x
	}
	if axis < 0 || axis >= len(x.shape) {
		return errorExpr(x.graph, OpSlice, []*Expr{x}, fmt.Errorf("no axis %d", axis))
	}
	lo, hi, step := make([]int, len(x.shape)), slices.Clone(x.shape), ones(len(x.shape))
	lo[axis], hi[axis] = start, stop
	return Slice(x, lo, hi, step)
}

// ones returns n ones.
func ones(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = 1
	}
	return s
}

func sliceRule() rule {
	return rule{
		name:   "slice",
		family: Movement,
		rows:   sliceRows,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			x, a := args[0], attr.(SliceAttr)
			n := len(x.shape)
			if len(a.Start) != n || len(a.Stop) != n || len(a.Step) != n {
				return nil, 0, fmt.Errorf("expected %d bounds, found %v", n, a)
			}
			out := make(Shape, n)
			for i, d := range x.shape {
				if a.Start[i] < 0 || a.Start[i] >= a.Stop[i] || a.Stop[i] > d || a.Step[i] < 1 {
					return nil, 0, fmt.Errorf("bounds %d:%d:%d of axis %d do not fit extent %d",
						a.Start[i], a.Stop[i], a.Step[i], i, d)
				}
				out[i] = (a.Stop[i]-a.Start[i]-1)/a.Step[i] + 1
			}
			return out, x.dtype, nil
		},
		vjp: func(e, c *Expr) []*Expr {
			a, x := e.attr.(SliceAttr), e.args[0]
			high, gap := make([]int, len(a.Start)), make([]int, len(a.Start))
			for i := range high {
				last := a.Start[i] + (e.shape[i]-1)*a.Step[i]
				high[i], gap[i] = x.shape[i]-1-last, a.Step[i]-1
			}
			return []*Expr{Pad(c, a.Start, high, gap)}
		},
		jvp: linearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			x, out := args[0], NewTensor(e.shape...)
			a, from := e.attr.(SliceAttr), x.Shape.strides()
			forEach(e.shape, func(i int, idx []int) {
				j := 0
				for k := range idx {
					j += (a.Start[k] + idx[k]*a.Step[k]) * from[k]
				}
				out.Data[i] = x.Data[j]
			})
			return out
		},
	}
}

// PadAttr is the attribute of an OpPad node: per axis the zeros before, after and between elements.
type PadAttr struct{ Low, High, Gap []int }

// Pad returns x with zeros before and after it and gap zeros between neighbours, along every axis.
// Its transpose is [Slice].
func Pad(x *Expr, low, high, gap []int) *Expr {
	x = given(x)
	none := make([]int, len(x.shape))
	if x.err == nil && x.dtype == Float && slices.Equal(low, none) && slices.Equal(high, none) &&
		slices.Equal(gap, none) {
		return x
	}
	return apply(OpPad, PadAttr{slices.Clone(low), slices.Clone(high), slices.Clone(gap)}, x)
}

func padRule() rule {
	return rule{
		name:   "pad",
		family: Movement,
		rows: where(
			firstArgument,
			func(a any) bool { p := a.(PadAttr); return p.Low[0] == 0 && p.High[0] == 0 && p.Gap[0] == 0 },
		),
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			x, a := args[0], attr.(PadAttr)
			n := len(x.shape)
			if x.dtype != Float {
				return nil, 0, fmt.Errorf("expected float, found %v", x.dtype)
			}
			if len(a.Low) != n || len(a.High) != n || len(a.Gap) != n {
				return nil, 0, fmt.Errorf("expected %d widths, found %v", n, a)
			}
			out := make(Shape, n)
			for i, d := range x.shape {
				if a.Low[i] < 0 || a.High[i] < 0 || a.Gap[i] < 0 {
					return nil, 0, fmt.Errorf("negative padding of axis %d", i)
				}
				out[i] = a.Low[i] + a.High[i] + d + (d-1)*a.Gap[i]
			}
			return out, Float, nil
		},
		vjp: func(e, c *Expr) []*Expr {
			a := e.attr.(PadAttr)
			stop, step := make([]int, len(a.Low)), make([]int, len(a.Low))
			for i := range stop {
				stop[i], step[i] = e.shape[i]-a.High[i], a.Gap[i]+1
			}
			return []*Expr{Slice(c, a.Low, stop, step)}
		},
		jvp: linearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			x, out := args[0], NewTensor(e.shape...)
			a, to := e.attr.(PadAttr), e.shape.strides()
			forEach(x.Shape, func(i int, idx []int) {
				j := 0
				for k := range idx {
					j += (a.Low[k] + idx[k]*(a.Gap[k]+1)) * to[k]
				}
				out.Data[j] = x.Data[i]
			})
			return out
		},
	}
}

// Concat joins one or more tensors along an axis; the other extents and the dtypes are equal.
func Concat(axis int, xs ...*Expr) *Expr {
	if len(xs) == 1 && axis >= 0 && axis < len(given(xs[0]).shape) {
		return xs[0]
	}
	return apply(OpConcat, axis, xs...)
}

// concatRule: attribute int, the axis.
func concatRule() rule {
	return rule{
		name:   "concat",
		family: Movement,
		rows:   where(allRows, keepsLeading),
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			axis, out := attr.(int), slices.Clone(args[0].shape)
			if axis < 0 || axis >= len(out) {
				return nil, 0, fmt.Errorf("no axis %d", axis)
			}
			for _, a := range args[1:] {
				if len(a.shape) != len(out) || a.dtype != args[0].dtype {
					return nil, 0, fmt.Errorf("expected equal ranks and dtypes")
				}
				for i, d := range a.shape {
					if i != axis && d != out[i] {
						return nil, 0, fmt.Errorf("extents of axis %d differ: %d and %d", i, out[i], d)
					}
				}
				out[axis] += a.shape[axis]
			}
			return out, args[0].dtype, nil
		},
		vjp: func(e, c *Expr) []*Expr {
			axis, at := e.attr.(int), 0
			cs := make([]*Expr, len(e.args))
			for i, a := range e.args {
				cs[i] = SliceAxis(c, axis, at, at+a.shape[axis])
				at += a.shape[axis]
			}
			return cs
		},
		jvp: func(e *Expr, t []*Expr) *Expr {
			full := make([]*Expr, len(t))
			for i := range t {
				full[i] = t[i]
				if t[i] == nil {
					full[i] = like(e.args[i], 0)
				}
			}
			return e.With(full...)
		},
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			out, axis, at := NewTensor(e.shape...), e.attr.(int), 0
			to := e.shape.strides()
			for _, x := range args {
				forEach(x.Shape, func(i int, idx []int) {
					j := at * to[axis]
					for k := range idx {
						j += idx[k] * to[k]
					}
					out.Data[j] = x.Data[i]
				})
				at += x.Shape[axis]
			}
			return out
		},
	}
}
