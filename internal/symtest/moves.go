package symtest

import (
	"slices"

	"github.com/gradreg/gradreg/sym"
)

// moves returns the ways to make an expression from those of the pool. One that does not apply
// returns nil.
func moves() []func(*builder) *sym.Expr {
	return []func(*builder) *sym.Expr{
		(*builder).arithmetic, (*builder).arithmetic, (*builder).smooth, (*builder).smooth,
		(*builder).smooth, (*builder).smooth,
		(*builder).kink, (*builder).choice, (*builder).choice, (*builder).choice,
		(*builder).reduction, (*builder).stretch,
		(*builder).movement, (*builder).bounds, (*builder).join, (*builder).class, (*builder).along,
		(*builder).product, (*builder).product,
		(*builder).convolution, (*builder).convolution, (*builder).transposedConvolution,
		(*builder).depthwiseConvolution,
		(*builder).pooling, (*builder).pooling, (*builder).softmax,
		(*builder).randomLeaf, (*builder).reverse, (*builder).reverse, (*builder).forward,
	}
}

// arithmetic applies a function of two.
func (b *builder) arithmetic() *sym.Expr {
	x := b.pick()
	y := b.partner(x)
	switch b.IntN(4) {
	case 0:
		return sym.Add(x, y)
	case 1:
		return sym.Sub(x, y)
	case 2:
		return sym.Mul(x, y)
	}
	return sym.Div(x, sym.AddScalar(sym.Square(y), 0.5))
}

// smooth applies a smooth function of one, shifted to where it is tame.
func (b *builder) smooth() *sym.Expr {
	x := b.pick()
	positive := sym.AddScalar(sym.Square(x), 0.5)
	powers := []float64{-1, 0, 0.5, 1, 1.7, 2, 3}
	functions := []func() *sym.Expr{
		func() *sym.Expr { return sym.Neg(x) },
		func() *sym.Expr { return sym.Exp(x) },
		func() *sym.Expr { return sym.Log(positive) },
		func() *sym.Expr { return sym.Log1p(sym.Square(x)) },
		func() *sym.Expr { return sym.Sqrt(positive) },
		func() *sym.Expr { return sym.Pow(positive, powers[b.IntN(len(powers))]) },
		func() *sym.Expr { return sym.Tanh(x) },
		func() *sym.Expr { return sym.Sigmoid(x) },
		func() *sym.Expr { return sym.Softplus(x) },
		func() *sym.Expr { return sym.Erf(x) },
		func() *sym.Expr { return sym.Sin(x) },
		func() *sym.Expr { return sym.Cos(x) },
		func() *sym.Expr { return sym.Scale(x, float64(b.IntN(9)-4)/4) },
		func() *sym.Expr { return sym.StopGradient(x) },
	}
	return functions[b.IntN(len(functions))]()
}

// kink applies a function with a kink or a step, where it is clear on which side x lies.
func (b *builder) kink() *sym.Expr {
	x := b.pick()
	y := b.partner(x)
	kind := b.IntN(6)
	if kind < 4 {
		y = b.g.Const(0)
	}
	if !b.isDecided(x, y) {
		return nil
	}
	switch kind {
	case 0:
		return sym.ReLU(x)
	case 1:
		return sym.LeakyReLU(x, 0.25)
	case 2:
		return sym.Abs(x)
	case 3:
		return sym.Sign(x)
	case 4:
		return sym.Maximum(x, y)
	}
	return sym.Minimum(x, y)
}

// choice selects by a mask, or returns it as numbers.
func (b *builder) choice() *sym.Expr {
	mask := b.mask()
	switch b.IntN(4) {
	case 0:
		mask = sym.And(mask, b.mask())
	case 1:
		mask = sym.Or(mask, b.mask())
	}
	if b.IntN(4) == 0 {
		return sym.ToFloat(mask)
	}
	x := b.pick()
	return sym.Select(mask, x, b.partner(x))
}

// mask compares, new inputs where the result is not clear, or draws.
func (b *builder) mask() *sym.Expr {
	x := b.pick()
	y := b.partner(x)
	kind := b.IntN(6)
	if kind < 4 && !b.isDecided(x, y) {
		x, y = b.leaf(x.Shape()...), b.leaf(x.Shape()...)
	}
	switch kind {
	case 0:
		return sym.Greater(x, y)
	case 1:
		return sym.GreaterEqual(x, y)
	case 2:
		return sym.Equal(x, y)
	case 3:
		return sym.Not(sym.Less(x, y))
	case 4:
		return b.g.Bernoulli(0.25*float64(b.IntN(5)), uint32(b.IntN(3)), x.Shape()...)
	}
	n := 1 + b.IntN(3)
	i := b.index(n, x.Shape()...)
	return sym.Equal(i, b.index(n, x.Shape()...))
}

// axes returns some of the axes, in order, possibly none.
func (b *builder) axes(rank int) []int {
	var axes []int
	for i := range rank {
		if b.IntN(2) == 0 {
			axes = append(axes, i)
		}
	}
	return axes
}

// reduction sums or averages over some axes.
func (b *builder) reduction() *sym.Expr {
	x := b.pick()
	axes := b.axes(len(x.Shape()))
	if b.IntN(8) == 0 {
		axes = append(axes, b.number(len(x.Shape())))
	}
	if b.IntN(2) == 0 {
		return sym.Sum(x, axes...)
	}
	return sym.Mean(x, axes...)
}

// stretch repeats x along new axes.
func (b *builder) stretch() *sym.Expr {
	x := b.pick()
	var dims, shape []int
	for _, d := range x.Shape() {
		for b.IntN(3) == 0 {
			shape = append(shape, 1+b.IntN(3))
		}
		dims, shape = append(dims, len(shape)), append(shape, d)
	}
	if b.IntN(2) == 0 {
		shape = append(shape, 1+b.IntN(3))
	}
	return sym.Broadcast(x, dims, shape...)
}

// movement permutes the axes or cuts the elements into other ones.
func (b *builder) movement() *sym.Expr {
	x := b.pick()
	if b.IntN(2) == 0 {
		return sym.Transpose(x, b.Perm(len(x.Shape()))...)
	}
	left := x.Shape().Size()
	var shape []int
	for len(shape) < 4 && (left > 1 || b.IntN(3) == 0) {
		d := 1 + b.number(left)
		if len(shape) == 3 {
			d = left
		}
		if d > 0 && left%d == 0 {
			shape, left = append(shape, d), left/d
		}
	}
	return sym.Reshape(x, append(shape, left)...)
}

// bounds cuts x out, or pads it.
func (b *builder) bounds() *sym.Expr {
	x := b.pick()
	rank := len(x.Shape())
	low, high, step := make([]int, rank), make([]int, rank), make([]int, rank)
	pad := b.IntN(2) == 0
	for i, d := range x.Shape() {
		if pad {
			low[i], high[i], step[i] = b.number(3), b.number(3), b.number(2)
			continue
		}
		low[i] = b.number(d)
		high[i], step[i] = low[i]+1+b.number(d-low[i]), 1+b.number(2)
	}
	if pad {
		return sym.Pad(x, low, high, step)
	}
	return sym.Slice(x, low, high, step)
}

// join joins x with one or two that may differ in one axis.
func (b *builder) join() *sym.Expr {
	x := b.pick()
	if len(x.Shape()) == 0 {
		return nil
	}
	axis := b.IntN(len(x.Shape()))
	parts := []*sym.Expr{x}
	for range 1 + b.IntN(2) {
		shape := slices.Clone(x.Shape())
		shape[axis] = 1 + b.IntN(3)
		part := b.ofShape(shape...)
		if b.IntN(3) == 0 {
			part = x
		}
		parts = append(parts, part)
	}
	b.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return sym.Concat(axis, parts...)
}

// class makes one-hot numbers of an index, or takes the maximum along an axis where it is clear.
func (b *builder) class() *sym.Expr {
	x := b.pick()
	axis := b.number(len(x.Shape()))
	switch kind := b.IntN(4); {
	case kind == 0:
		return sym.OneHot(b.index(4, 1+b.IntN(4)), 1+b.number(4)) // a class of 3 may be out of range
	case !b.isOrdered(x):
		return nil
	case kind == 1:
		return sym.ToFloat(sym.ArgMax(x, axis))
	case kind == 2:
		return sym.OneHot(sym.ArgMax(x, axis), 1+b.IntN(4))
	}
	return sym.Max(x, axis)
}

// along gathers or scatters along an axis, with repeated indices.
func (b *builder) along() *sym.Expr {
	x := b.pick()
	if len(x.Shape()) == 0 {
		return nil
	}
	axis, shape := b.IntN(len(x.Shape())), slices.Clone(x.Shape())
	if b.IntN(2) == 0 {
		n := 1 + b.IntN(4)
		return sym.Scatter(x, b.index(n, shape...), axis, n)
	}
	n := shape[axis]
	shape[axis] = 1 + b.IntN(4)
	return sym.Gather(x, b.index(n, shape...), axis)
}

// product multiplies x, flattened to a matrix or a batch of them, by a matrix on either side.
func (b *builder) product() *sym.Expr {
	x := b.pick()
	s := x.Shape()
	if len(s) == 0 {
		return nil
	}
	if b.IntN(3) == 0 || len(s) < 2 {
		x = sym.Reshape(x, s.Size()/s[len(s)-1], s[len(s)-1])
		s = x.Shape()
	}
	transX, transY, xFirst := b.IntN(2) == 0, b.IntN(2) == 0, b.IntN(2) == 0
	rows, inner := s[len(s)-2], s[len(s)-1]
	if transX == xFirst {
		rows, inner = inner, rows
	}
	y := append(slices.Clone(s[:len(s)-2]), inner, 1+b.IntN(4))
	if b.IntN(4) == 0 {
		y[len(y)-1] = rows
	}
	if transY == xFirst {
		slices.Reverse(y[len(y)-2:])
	}
	other := b.ofShape(y...)
	if xFirst {
		return sym.MatMulT(x, other, transX, transY)
	}
	return sym.MatMulT(other, x, transY, transX)
}

// image returns one of the pool that has four axes, else a new input.
func (b *builder) image() *sym.Expr {
	for range 3 {
		if x := b.pick(); len(x.Shape()) == 4 {
			return x
		}
	}
	return b.leaf(1+b.IntN(2), 1+b.IntN(3), 2+b.IntN(4), 2+b.IntN(4))
}

// geometry returns strides, paddings and dilations; filters of up to 3 × 3 mostly fit.
func (b *builder) geometry() (s sym.ConvSpec) {
	for i := range 2 {
		s.Stride[i], s.Dilation[i] = b.number(4), b.number(3)
		s.PadBefore[i], s.PadAfter[i] = b.number(3), b.number(3)
	}
	return s
}

// convolution convolves an image with a filter.
func (b *builder) convolution() *sym.Expr {
	x := b.image()
	w := b.ofShape(1+b.IntN(3), x.Shape()[1], 1+b.IntN(3), 1+b.IntN(3))
	return sym.Conv(x, w, b.geometry())
}

// transposedConvolution applies a gradient of a convolution to what need not be one.
func (b *builder) transposedConvolution() *sym.Expr {
	x, s := b.image(), b.geometry()
	w := b.ofShape(1+b.IntN(3), x.Shape()[1], 1+b.IntN(3), 1+b.IntN(3))
	y := sym.Conv(x, w, s)
	if y.Err() != nil {
		return y
	}
	dy := b.ofShape(y.Shape()...)
	if b.IntN(2) == 0 {
		return sym.ConvInputGradient(dy, w, s, x.Shape()[2]+b.number(2), x.Shape()[3])
	}
	return sym.ConvWeightGradient(x, dy, s, w.Shape()[2], w.Shape()[3]+b.number(2))
}

// depthwiseConvolution convolves each channel of an image with a filter of its own, or applies a
// gradient of that to what need not be one.
func (b *builder) depthwiseConvolution() *sym.Expr {
	x, s := b.image(), b.geometry()
	w := b.ofShape(x.Shape()[1], 1, 1+b.IntN(3), 1+b.IntN(3))
	y := sym.DepthwiseConv(x, w, s)
	if y.Err() != nil {
		return y
	}
	switch b.IntN(4) {
	case 0:
		dy := b.ofShape(y.Shape()...)
		return sym.DepthwiseConvInputGradient(dy, w, s, x.Shape()[2]+b.number(2), x.Shape()[3])
	case 1:
		dy := b.ofShape(y.Shape()...)
		return sym.DepthwiseConvWeightGradient(x, dy, s, w.Shape()[2], w.Shape()[3]+b.number(2))
	}
	return y
}

// pooling sums, averages or takes maxima over windows, or spreads over them.
func (b *builder) pooling() *sym.Expr {
	x := b.image()
	var s sym.PoolSpec
	for i := range 2 {
		s.Window[i], s.Stride[i] = 1+b.number(3), b.number(4)
		s.PadBefore[i], s.PadAfter[i] = b.number(s.Window[i]), b.number(s.Window[i])
	}
	switch b.IntN(5) {
	case 0:
		return sym.SumPool(x, s)
	case 1:
		return sym.AvgPool(x, s)
	case 2:
		y := sym.SumPool(x, s)
		if y.Err() != nil {
			return y
		}
		return sym.SumPoolTranspose(b.ofShape(y.Shape()...), s, x.Shape()[2], x.Shape()[3])
	}
	if !b.computed(x) || !b.isOrdered(x) {
		return nil
	}
	return sym.MaxPool(x, s)
}

// softmax normalizes along the last axis.
func (b *builder) softmax() *sym.Expr {
	x := b.pick()
	switch b.IntN(4) {
	case 0:
		return sym.LogSumExp(x)
	case 1:
		return sym.Softmax(x)
	case 2:
		return sym.LogSoftmax(x)
	}
	return sym.CrossEntropy(x, b.partner(x))
}

// randomLeaf draws numbers in a shape of the pool.
func (b *builder) randomLeaf() *sym.Expr {
	shape := b.pick().Shape()
	if b.IntN(2) == 0 {
		return b.g.Uniform(uint32(b.IntN(3)), shape...)
	}
	return b.g.Normal(uint32(b.IntN(3)), shape...)
}

// reverse pulls one of the pool back along a direction to another that it may depend on, which
// makes penalties.
func (b *builder) reverse() *sym.Expr {
	y := b.pick()
	wrt := b.source(y)
	if b.IntN(2) == 0 {
		return sym.VJP(y, b.ofShape(y.Shape()...), wrt)[0]
	}
	return sym.Gradient(sym.Mean(sym.Square(y)), wrt)[0]
}

// forward pushes a direction of one of the pool forward to another.
func (b *builder) forward() *sym.Expr {
	y := b.pick()
	x := b.source(y)
	return sym.JVP(y, []*sym.Expr{x}, []*sym.Expr{b.ofShape(x.Shape()...)})
}

// source returns a float expression that y is computed from.
func (b *builder) source(y *sym.Expr) *sym.Expr {
	nodes := slices.DeleteFunc(sym.Topological(y), func(e *sym.Expr) bool { return e.DType() != sym.Float })
	return nodes[b.IntN(len(nodes))]
}
