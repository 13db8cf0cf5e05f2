package sym

import (
	"fmt"
	"slices"
)

// ConvSpec is the geometry of a two-dimensional convolution (a cross-correlation, as everywhere in
// deep learning): per axis, height first, the stride, the zero padding before and after, and the
// dilation of the filter. A zero stride or dilation means 1.
type ConvSpec struct {
	Stride    [2]int
	PadBefore [2]int
	PadAfter  [2]int
	Dilation  [2]int
}

// resolved returns the specification with ones for zero strides and dilations.
func (s ConvSpec) resolved() ConvSpec {
	for i := range 2 {
		if s.Stride[i] == 0 {
			s.Stride[i] = 1
		}
		if s.Dilation[i] == 0 {
			s.Dilation[i] = 1
		}
	}
	return s
}

// out returns the output extent of an axis with input extent n and kernel extent k, below 1 if the
// kernel does not fit.
func (s ConvSpec) out(axis, n, k int) int {
	span := n + s.PadBefore[axis] + s.PadAfter[axis] - (k-1)*s.Dilation[axis] - 1
	if span < 0 {
		return 0
	}
	return span/s.Stride[axis] + 1
}

// SamePadding returns the padding that makes the output extent ⌈n/stride⌉ for kernel extent k: half
// of what is missing before, the larger half after.
func SamePadding(n, k, stride, dilation int) (before, after int) {
	out := (n + stride - 1) / stride
	total := max((out-1)*stride+(k-1)*dilation+1-n, 0)
	return total / 2, total - total/2
}

// ConvAttr is the attribute of the three convolution operations: the geometry, and the extents that
// the arguments of a gradient do not tell (of x for the input gradient, of w for the weight
// gradient).
type ConvAttr struct {
	ConvSpec
	Extent [2]int
}

// Conv returns the convolution y[b, o, i, j] = Σ_{c, h, w} x[b, c, i·s+h·d−p, j·s+w·d−p]·w[o, c, h,
// w] with zeros outside x. x: [B, C, H, W], w: [O, C, KH, KW], y: [B, O, OH, OW]. It is bilinear;
// its derivatives are [ConvInputGradient] and [ConvWeightGradient].
func Conv(x, w *Expr, spec ConvSpec) *Expr {
	return apply(OpConv, ConvAttr{ConvSpec: spec.resolved()}, x, w)
}

// ConvInputGradient returns the transpose of [Conv] in x: dx[b, c, i·s+h·d−p, …] += dy[b, o, i,
// j]·w[o, c, h, w]. dy: [B, O, OH, OW], w: [O, C, KH, KW], dx: [B, C, h, w] for the given extents
// of x.
func ConvInputGradient(dy, w *Expr, spec ConvSpec, h, width int) *Expr {
	return apply(OpConvInputGradient, ConvAttr{spec.resolved(), [2]int{h, width}}, dy, w)
}

// ConvWeightGradient returns the transpose of [Conv] in w: dw[o, c, h, w] = Σ_{b, i, j} x[b, c,
// i·s+h·d−p, …]·dy[b, o, i, j]. x: [B, C, H, W], dy: [B, O, OH, OW], dw: [O, C, kh, kw].
func ConvWeightGradient(x, dy *Expr, spec ConvSpec, kh, kw int) *Expr {
	return apply(OpConvWeightGradient, ConvAttr{spec.resolved(), [2]int{kh, kw}}, x, dy)
}

// checkConv checks that x, w and y are the shapes of one convolution; y nil is inferred.
func checkConv(s ConvSpec, x, w, y Shape) (Shape, error) {
	if len(x) != 4 || len(w) != 4 {
		return nil, fmt.Errorf("expected four axes")
	}
	for i := range 2 {
		if s.Stride[i] < 1 || s.Dilation[i] < 1 || s.PadBefore[i] < 0 || s.PadAfter[i] < 0 {
			return nil, fmt.Errorf("geometry %+v has a negative entry", s)
		}
	}
	if x[1] != w[1] {
		return nil, fmt.Errorf("x has %d channels, w takes %d", x[1], w[1])
	}
	out := Shape{x[0], w[0], s.out(0, x[2], w[2]), s.out(1, x[3], w[3])}
	if out[2] < 1 || out[3] < 1 {
		return nil, fmt.Errorf("a %dx%d kernel does not fit the padded %dx%d input", w[2], w[3], x[2], x[3])
	}
	if y != nil && !y.Equal(out) {
		return nil, fmt.Errorf("the convolution's output is %v, found %v", out, y)
	}
	return out, nil
}

// floats4 returns an error unless both arguments are floats with four axes.
func floats4(args []*Expr) error {
	for _, a := range args {
		if a.dtype != Float || len(a.shape) != 4 {
			return fmt.Errorf("expected floats with four axes")
		}
	}
	return nil
}

// eachRow calls f for all products of a convolution, those of a tap and a row of outputs at once:
// w[wi] and, for k < n, x[xi + k·Stride[1]] and y[yi + k]. Each output meets its taps in their order.
func (s ConvSpec) eachRow(x, w, y Shape, f func(xi, wi, yi, n int)) {
	for plane := range y[0] * y[1] {
		xAt, wi := plane/y[1]*x[1]*x[2]*x[3], plane%y[1]*w[1]*w[2]*w[3]
		for range w[1] {
			for h := range w[2] {
				for v := range w[3] {
					q := v*s.Dilation[1] - s.PadBefore[1] // of x for the first output
					first := (max(-q, 0) + s.Stride[1] - 1) / s.Stride[1]
					n := min((x[3]-q+s.Stride[1]-1)/s.Stride[1], y[3]) - first
					for i := 0; i < y[2] && n > 0; i++ {
						if r := i*s.Stride[0] + h*s.Dilation[0] - s.PadBefore[0]; r >= 0 && r < x[2] {
							f(xAt+r*x[3]+q+first*s.Stride[1], wi, (plane*y[2]+i)*y[3]+first, n)
						}
					}
					wi++
				}
			}
			xAt += x[2] * x[3]
		}
	}
}

// PoolSpec is the geometry of a pooling: per axis, height first, the window, the stride (0 means
// the window) and the padding before and after.
type PoolSpec struct {
	Window    [2]int
	Stride    [2]int
	PadBefore [2]int
	PadAfter  [2]int
}

// resolved returns the specification with the window for zero strides.
func (s PoolSpec) resolved() PoolSpec {
	for i := range 2 {
		if s.Stride[i] == 0 {
			s.Stride[i] = s.Window[i]
		}
	}
	return s
}

// PoolAttr is the attribute of the pooling operations: the geometry, and for the transpose the
// extents of the pooled tensor.
type PoolAttr struct {
	PoolSpec
	Extent [2]int
}

// conv returns the convolution geometry that visits the windows.
func (s PoolSpec) conv() ConvSpec {
	return ConvSpec{Stride: s.Stride, PadBefore: s.PadBefore, PadAfter: s.PadAfter, Dilation: [2]int{1, 1}}
}

// check returns the shape that pooling x of shape [B, C, H, W] gives.
func (s PoolSpec) check(x Shape) (Shape, error) {
	if len(x) != 4 {
		return nil, fmt.Errorf("expected four axes")
	}
	out := slices.Clone(x)
	for i := range 2 {
		if s.Window[i] < 1 || s.Stride[i] < 1 || s.PadBefore[i] < 0 || s.PadAfter[i] < 0 {
			return nil, fmt.Errorf("pooling geometry %+v is not positive", s)
		}
		if s.PadBefore[i] >= s.Window[i] || s.PadAfter[i] >= s.Window[i] {
			return nil, fmt.Errorf("padding of a pooling reaches its window of %d", s.Window[i])
		}
		if out[2+i] = s.conv().out(i, x[2+i], s.Window[i]); out[2+i] < 1 {
			return nil, fmt.Errorf("a window of %d does not fit an extent of %d", s.Window[i], x[2+i])
		}
	}
	return out, nil
}

// eachWindow calls f for every element of every window: plane is the index of the (batch, channel)
// pair, xi and yi are offsets within the plane.
func (s PoolSpec) eachWindow(x, y Shape, f func(plane, xi, yi int)) {
	one := Shape{1, 1, x[2], x[3]}
	for plane := range x[0] * x[1] {
		s.conv().eachRow(one, Shape{1, 1, s.Window[0], s.Window[1]}, Shape{1, 1, y[2], y[3]},
			func(xi, _, yi, n int) {
				for k := range n {
					f(plane, xi+k*s.Stride[1], yi+k)
				}
			})
	}
}

// SumPool returns the sum over each window, zeros outside x. x: [B, C, H, W]. Its transpose is
// [SumPoolTranspose].
func SumPool(x *Expr, spec PoolSpec) *Expr {
	return apply(OpSumPool, PoolAttr{PoolSpec: spec.resolved()}, x)
}

// AvgPool returns the mean over each window, padding counted as zeros.
func AvgPool(x *Expr, spec PoolSpec) *Expr {
	return Scale(SumPool(x, spec), 1/float64(spec.Window[0]*spec.Window[1]))
}

func sumPoolRule() rule {
	return rule{
		name:   "sum_pool",
		family: Reduction,
		rows:   firstArgument,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			if args[0].dtype != Float {
				return nil, 0, fmt.Errorf("expected float, found %v", args[0].dtype)
			}
			out, err := attr.(PoolAttr).check(args[0].shape)
			return out, Float, err
		},
		vjp: func(e, c *Expr) []*Expr {
			x := e.args[0]
			return []*Expr{SumPoolTranspose(c, e.attr.(PoolAttr).PoolSpec, x.shape[2], x.shape[3])}
		},
		jvp: linearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			x, y := args[0], NewTensor(e.shape...)
			nx, ny := x.Shape[2]*x.Shape[3], y.Shape[2]*y.Shape[3]
			e.attr.(PoolAttr).eachWindow(x.Shape, y.Shape, func(plane, xi, yi int) {
				y.Data[plane*ny+yi] += x.Data[plane*nx+xi]
			})
			return y
		},
	}
}

// SumPoolTranspose adds every element of y to each element of its window in zeros of the given
// extents: the transpose of [SumPool]. y: [B, C, OH, OW], result [B, C, h, w].
func SumPoolTranspose(y *Expr, spec PoolSpec, h, w int) *Expr {
	return apply(OpSumPoolTranspose, PoolAttr{spec.resolved(), [2]int{h, w}}, y)
}

func sumPoolTransposeRule() rule {
	return rule{
		name:   "sum_pool_transpose",
		family: Movement,
		rows:   firstArgument,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			y, a := args[0], attr.(PoolAttr)
			if y.dtype != Float || len(y.shape) != 4 {
				return nil, 0, fmt.Errorf("expected a float with four axes")
			}
			x := Shape{y.shape[0], y.shape[1], a.Extent[0], a.Extent[1]}
			out, err := a.check(x)
			if err == nil && !out.Equal(y.shape) {
				err = fmt.Errorf("pooling %v gives %v, found %v", x, out, y.shape)
			}
			return x, Float, err
		},
		vjp: func(e, c *Expr) []*Expr { return []*Expr{SumPool(c, e.attr.(PoolAttr).PoolSpec)} },
		jvp: linearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			y, x := args[0], NewTensor(e.shape...)
			nx, ny := x.Shape[2]*x.Shape[3], y.Shape[2]*y.Shape[3]
			e.attr.(PoolAttr).eachWindow(x.Shape, y.Shape, func(plane, xi, yi int) {
				x.Data[plane*nx+xi] += y.Data[plane*ny+yi]
			})
			return x
		},
	}
}

// MaxPoolIndex returns, for every window, the index (row·W + column, an int) of its largest element
// in its plane; the first in row-major order where several are equal. Padding is never chosen. x:
// [B, C, H, W], result [B, C, OH, OW]. Its derivative is zero.
func MaxPoolIndex(x *Expr, spec PoolSpec) *Expr {
	return apply(OpMaxPoolIndex, PoolAttr{PoolSpec: spec.resolved()}, x)
}

func maxPoolIndexRule() rule {
	return rule{
		name:   "max_pool_index",
		family: Reduction,
		rows:   firstArgument,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			if args[0].dtype != Float {
				return nil, 0, fmt.Errorf("expected float, found %v", args[0].dtype)
			}
			out, err := attr.(PoolAttr).check(args[0].shape)
			return out, Int, err
		},
		vjp: noVJP, jvp: noJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			x, y := args[0], NewTensor(e.shape...)
			nx, ny := x.Shape[2]*x.Shape[3], y.Shape[2]*y.Shape[3]
			for i := range y.Data {
				y.Data[i] = -1
			}
			e.attr.(PoolAttr).eachWindow(x.Shape, y.Shape, func(plane, xi, yi int) {
				best := &y.Data[plane*ny+yi]
				if *best < 0 || x.Data[plane*nx+xi] > x.Data[plane*nx+int(*best)] {
					*best = float64(xi)
				}
			})
			return y
		},
	}
}

// MaxPool returns the largest element of each window: a [Gather] at [MaxPoolIndex], so that its
// derivative is a [Scatter] to the same indices and is differentiable again.
func MaxPool(x *Expr, spec PoolSpec) *Expr {
	index := MaxPoolIndex(x, spec)
	if index.err != nil {
		return index
	}
	planes, s := x.shape[:2], index.shape
	flat := Reshape(x, planes[0], planes[1], x.shape[2]*x.shape[3])
	at := Reshape(index, planes[0], planes[1], s[2]*s[3])
	return Reshape(Gather(flat, at, 2), s...)
}
