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

// eachDepthwiseRow is eachRow of a depthwise convolution.
func (s ConvSpec) eachDepthwiseRow(x, w, y Shape, f func(xi, wi, yi, n int)) {
	xs, ws, ys := Shape{1, 1, x[2], x[3]}, Shape{1, 1, w[2], w[3]}, Shape{1, 1, y[2], y[3]}
	for plane := range x[0] * x[1] {
		xAt, wAt, yAt := plane*xs.Size(), plane%x[1]*ws.Size(), plane*ys.Size()
		s.eachRow(xs, ws, ys, func(xi, wi, yi, n int) { f(xAt+xi, wAt+wi, yAt+yi, n) })
	}
}
