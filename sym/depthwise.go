package sym

import "fmt"

// DepthwiseConv returns the convolution of each channel with a filter of its own: y[b, c, i, j] =
// Σ_{h, w} x[b, c, i·s+h·d−p, j·s+w·d−p]·w[c, 0, h, w] with zeros outside x. x: [B, C, H, W], w:
// [C, 1, KH, KW], y: [B, C, OH, OW]. It is bilinear; its derivatives are
// [DepthwiseConvInputGradient] and [DepthwiseConvWeightGradient].
func DepthwiseConv(x, w *Expr, spec ConvSpec) *Expr {
	return apply(OpDepthwiseConv, ConvAttr{ConvSpec: spec.resolved()}, x, w)
}

// DepthwiseConvInputGradient returns the transpose of [DepthwiseConv] in x: dx[b, c, i·s+h·d−p, …]
// += dy[b, c, i, j]·w[c, 0, h, w]. dy: [B, C, OH, OW], w: [C, 1, KH, KW], dx: [B, C, h, w] for the
// given extents of x.
func DepthwiseConvInputGradient(dy, w *Expr, spec ConvSpec, h, width int) *Expr {
	attr := ConvAttr{spec.resolved(), [2]int{h, width}}
	return apply(OpDepthwiseConvInputGradient, attr, dy, w)
}

// DepthwiseConvWeightGradient returns the transpose of [DepthwiseConv] in w: dw[c, 0, h, w] = Σ_{b,
// i, j} x[b, c, i·s+h·d−p, …]·dy[b, c, i, j]. x: [B, C, H, W], dy: [B, C, OH, OW], dw: [C, 1, kh,
// kw].
func DepthwiseConvWeightGradient(x, dy *Expr, spec ConvSpec, kh, kw int) *Expr {
	attr := ConvAttr{spec.resolved(), [2]int{kh, kw}}
	return apply(OpDepthwiseConvWeightGradient, attr, x, dy)
}

// checkDepthwise checks that x, w and y are the shapes of one depthwise convolution; y nil is
// inferred.
func checkDepthwise(s ConvSpec, x, w, y Shape) (Shape, error) {
	if w[1] != 1 {
		return nil, fmt.Errorf("w is %v, expected [C, 1, KH, KW]: a filter of its own for each channel", w)
	}
	if x[1] != w[0] {
		return nil, fmt.Errorf("x has %d channels, w has filters for %d", x[1], w[0])
	}
	// But for the channels of x it is as the convolution of one of them with all filters.
	return checkConv(s, Shape{x[0], 1, x[2], x[3]}, w, y)
}

// eachDepthwiseTap calls f for every product of a depthwise convolution with the offsets of its
// factors.
func (s ConvSpec) eachDepthwiseTap(x, w, y Shape, f func(xi, wi, yi int)) {
	xs, ws, ys := Shape{1, 1, x[2], x[3]}, Shape{1, 1, w[2], w[3]}, Shape{1, 1, y[2], y[3]}
	for plane := range x[0] * x[1] {
		xAt, wAt, yAt := plane*xs.Size(), plane%x[1]*ws.Size(), plane*ys.Size()
		s.eachTap(xs, ws, ys, func(xi, wi, yi int) { f(xAt+xi, wAt+wi, yAt+yi) })
	}
}

func depthwiseConvRule() rule {
	return rule{
		name:   "depthwise_conv",
		family: Product,
		rows:   linearRows,
		macs:   convMACs,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			if err := floats4(args); err != nil {
				return nil, 0, err
			}
			s := attr.(ConvAttr).ConvSpec
			out, err := checkDepthwise(s, args[0].shape, args[1].shape, nil)
			return out, Float, err
		},
		vjp: func(e, c *Expr) []*Expr {
			x, w, s := e.args[0], e.args[1], e.attr.(ConvAttr).ConvSpec
			return []*Expr{
				DepthwiseConvInputGradient(c, w, s, x.shape[2], x.shape[3]),
				DepthwiseConvWeightGradient(x, c, s, w.shape[2], w.shape[3]),
			}
		},
		jvp: bilinearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			x, w, y := args[0], args[1], NewTensor(e.shape...)
			e.attr.(ConvAttr).eachDepthwiseTap(x.Shape, w.Shape, y.Shape, func(xi, wi, yi int) {
				y.Data[yi] += x.Data[xi] * w.Data[wi]
			})
			return y
		},
	}
}

func depthwiseConvInputGradientRule() rule {
	return rule{
		name:   "depthwise_conv_input_gradient",
		family: Product,
		rows:   linearRows,
		macs:   convInputGradientMACs,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			if err := floats4(args); err != nil {
				return nil, 0, err
			}
			a, dy, w := attr.(ConvAttr), args[0].shape, args[1].shape
			x := Shape{dy[0], w[0], a.Extent[0], a.Extent[1]}
			_, err := checkDepthwise(a.ConvSpec, x, w, dy)
			return x, Float, err
		},
		vjp: func(e, c *Expr) []*Expr {
			dy, w, s := e.args[0], e.args[1], e.attr.(ConvAttr).ConvSpec
			return []*Expr{
				DepthwiseConv(c, w, s),
				DepthwiseConvWeightGradient(c, dy, s, w.shape[2], w.shape[3]),
			}
		},
		jvp: bilinearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			dy, w, x := args[0], args[1], NewTensor(e.shape...)
			e.attr.(ConvAttr).eachDepthwiseTap(x.Shape, w.Shape, dy.Shape, func(xi, wi, yi int) {
				x.Data[xi] += dy.Data[yi] * w.Data[wi]
			})
			return x
		},
	}
}

func depthwiseConvWeightGradientRule() rule {
	return rule{
		name:   "depthwise_conv_weight_gradient",
		family: Product,
		rows:   coupled,
		macs:   convWeightGradientMACs,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			if err := floats4(args); err != nil {
				return nil, 0, err
			}
			a, x, dy := attr.(ConvAttr), args[0].shape, args[1].shape
			w := Shape{x[1], 1, a.Extent[0], a.Extent[1]}
			_, err := checkDepthwise(a.ConvSpec, x, w, dy)
			return w, Float, err
		},
		vjp: func(e, c *Expr) []*Expr {
			x, dy, s := e.args[0], e.args[1], e.attr.(ConvAttr).ConvSpec
			return []*Expr{
				DepthwiseConvInputGradient(dy, c, s, x.shape[2], x.shape[3]),
				DepthwiseConv(x, c, s),
			}
		},
		jvp: bilinearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			x, dy, w := args[0], args[1], NewTensor(e.shape...)
			e.attr.(ConvAttr).eachDepthwiseTap(x.Shape, w.Shape, dy.Shape, func(xi, wi, yi int) {
				w.Data[wi] += x.Data[xi] * dy.Data[yi]
			})
			return w
		},
	}
}
