package sym

// convolution is what the rules of a kind of convolution differ in. Each kind is three operations,
// which are each other's derivatives.
type convolution struct {
	name                string
	conv, input, weight Op // itself, and its transposes in x and in w
	// check checks that x, w and y are the shapes of one convolution; y nil is inferred.
	check func(s ConvSpec, x, w, y Shape) (Shape, error)
	// channels returns those of x, filters the first two extents of w.
	channels func(w Shape) int
	filters  func(x, y Shape) (outer, inner int)
	// each calls f for all products, see [ConvSpec.eachRow].
	each func(s ConvSpec, x, w, y Shape, f func(xi, wi, yi, n int))
}

var ordinaryConvolution = convolution{
	name: "conv", conv: OpConv, input: OpConvInputGradient, weight: OpConvWeightGradient,
	check:    checkConv,
	channels: func(w Shape) int { return w[1] },
	filters:  func(x, y Shape) (outer, inner int) { return y[1], x[1] },
	each:     ConvSpec.eachRow,
}

var depthwiseConvolution = convolution{
	name: "depthwise_conv", conv: OpDepthwiseConv, input: OpDepthwiseConvInputGradient,
	weight:   OpDepthwiseConvWeightGradient,
	check:    checkDepthwise,
	channels: func(w Shape) int { return w[0] },
	filters:  func(x, _ Shape) (outer, inner int) { return x[1], 1 },
	each:     ConvSpec.eachDepthwiseRow,
}

func convRule() rule                        { return ordinaryConvolution.rule() }
func convInputGradientRule() rule           { return ordinaryConvolution.inputRule() }
func convWeightGradientRule() rule          { return ordinaryConvolution.weightRule() }
func depthwiseConvRule() rule               { return depthwiseConvolution.rule() }
func depthwiseConvInputGradientRule() rule  { return depthwiseConvolution.inputRule() }
func depthwiseConvWeightGradientRule() rule { return depthwiseConvolution.weightRule() }

// of, inputOf and weightOf are the three operations; x and w lend their extents.
func (k *convolution) of(x, w *Expr, s ConvSpec) *Expr {
	return apply(k.conv, ConvAttr{ConvSpec: s}, x, w)
}

func (k *convolution) inputOf(dy, w *Expr, s ConvSpec, x *Expr) *Expr {
	return apply(k.input, ConvAttr{s, [2]int(x.shape[2:])}, dy, w)
}

func (k *convolution) weightOf(x, dy *Expr, s ConvSpec, w *Expr) *Expr {
	return apply(k.weight, ConvAttr{s, [2]int(w.shape[2:])}, x, dy)
}

// rule is that of y of x and w.
func (k *convolution) rule() rule {
	return rule{
		name:   k.name,
		family: Product,
		rows:   linearRows,
		macs:   convMACs,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			if err := floats4(args); err != nil {
				return nil, 0, err
			}
			out, err := k.check(attr.(ConvAttr).ConvSpec, args[0].shape, args[1].shape, nil)
			return out, Float, err
		},
		vjp: func(e, c *Expr) []*Expr {
			x, w, s := e.args[0], e.args[1], e.attr.(ConvAttr).ConvSpec
			return []*Expr{k.inputOf(c, w, s, x), k.weightOf(x, c, s, w)}
		},
		jvp: bilinearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			x, w, y := args[0], args[1], NewTensor(e.shape...)
			s := e.attr.(ConvAttr).ConvSpec
			k.each(s, x.Shape, w.Shape, y.Shape, func(xi, wi, yi, n int) {
				from, to, weight := x.Data[xi:], y.Data[yi:yi+n], w.Data[wi]
				for k := range to {
					to[k] += from[k*s.Stride[1]] * weight
				}
			})
			return y
		},
	}
}

// inputRule is that of dx of dy and w.
func (k *convolution) inputRule() rule {
	return rule{
		name:   k.name + "_input_gradient",
		family: Product,
		rows:   linearRows,
		macs:   convInputGradientMACs,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			if err := floats4(args); err != nil {
				return nil, 0, err
			}
			a, dy, w := attr.(ConvAttr), args[0].shape, args[1].shape
			x := Shape{dy[0], k.channels(w), a.Extent[0], a.Extent[1]}
			_, err := k.check(a.ConvSpec, x, w, dy)
			return x, Float, err
		},
		vjp: func(e, c *Expr) []*Expr {
			dy, w, s := e.args[0], e.args[1], e.attr.(ConvAttr).ConvSpec
			return []*Expr{k.of(c, w, s), k.weightOf(c, dy, s, w)}
		},
		jvp: bilinearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			dy, w, x := args[0], args[1], NewTensor(e.shape...)
			s := e.attr.(ConvAttr).ConvSpec
			k.each(s, x.Shape, w.Shape, dy.Shape, func(xi, wi, yi, n int) {
				to, from, weight := x.Data[xi:], dy.Data[yi:yi+n], w.Data[wi]
				for k, v := range from {
					to[k*s.Stride[1]] += v * weight
				}
			})
			return x
		},
	}
}

// weightRule is that of dw of x and dy.
func (k *convolution) weightRule() rule {
	return rule{
		name:   k.name + "_weight_gradient",
		family: Product,
		rows:   coupled,
		macs:   convWeightGradientMACs,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			if err := floats4(args); err != nil {
				return nil, 0, err
			}
			a, x, dy := attr.(ConvAttr), args[0].shape, args[1].shape
			outer, inner := k.filters(x, dy)
			w := Shape{outer, inner, a.Extent[0], a.Extent[1]}
			_, err := k.check(a.ConvSpec, x, w, dy)
			return w, Float, err
		},
		vjp: func(e, c *Expr) []*Expr {
			x, dy, s := e.args[0], e.args[1], e.attr.(ConvAttr).ConvSpec
			return []*Expr{k.inputOf(dy, c, s, x), k.of(x, c, s)}
		},
		jvp: bilinearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			x, dy, w := args[0], args[1], NewTensor(e.shape...)
			s := e.attr.(ConvAttr).ConvSpec
			k.each(s, x.Shape, w.Shape, dy.Shape, func(xi, wi, yi, n int) {
				at, by := x.Data[xi:], dy.Data[yi:yi+n]
				var even, odd float64 // neither waits for the other
				for k := 0; k+1 < n; k += 2 {
					even += at[k*s.Stride[1]] * by[k]
					odd += at[(k+1)*s.Stride[1]] * by[k+1]
				}
				if n%2 == 1 {
					even += at[(n-1)*s.Stride[1]] * by[n-1]
				}
				w.Data[wi] += even + odd
			})
			return w
		},
	}
}
