package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// Dense is the layer y = x·W + b. x: [B, In], W: [In, Out], b: [Out], y: [B, Out].
type Dense struct {
	Out    int
	NoBias bool
}

// Apply applies the layer. The weight starts Glorot-uniform, the bias at 0.
func (d Dense) Apply(c *Context, x *sym.Expr) *sym.Expr {
	name := c.name("dense")
	in := extent(x, 1)
	w := c.weight(name, GlorotUniform(in, d.Out), in, d.Out)
	y := sym.MatMul(x, w)
	if d.NoBias {
		return c.note(name, "dense", y, w)
	}
	b := c.bias(name, d.Out)
	return c.note(name, "dense", sym.Add(y, b), w, b)
}

// extent returns the extent of an axis of x, 1 if there is none: the operation that follows then reports the
// wrong rank.
func extent(x *sym.Expr, axis int) int {
	if axis >= len(x.Shape()) {
		return 1
	}
	return x.Shape()[axis]
}

// Flatten returns [B, C, H, W] as [B, C·H·W].
func Flatten(x *sym.Expr) *sym.Expr {
	if x.Err() != nil || len(x.Shape()) == 0 {
		return x
	}
	return sym.Reshape(x, x.Shape()[0], x.Shape().Size()/x.Shape()[0])
}

// Padding is how a convolution treats borders.
type Padding uint8

// The paddings: none, so that the output is smaller, or zeros so that its extent is ⌈extent/stride⌉.
const (
	Valid Padding = iota
	Same
)

// Conv is the layer y = x∗W + b: a cross-correlation with square filters. x: [B, C, H, W], W: [Out, C, Kernel,
// Kernel], b: [Out].
type Conv struct {
	Out     int
	Kernel  int
	Stride  int // 1 if 0
	Padding Padding
	// Border is the number of zeros on every side; it replaces Padding if positive.
	Border   int
	Dilation int // 1 if 0
	// NoBias leaves b out, for a normalization that follows, or for a [Bias] further on.
	NoBias bool
}

// Apply applies the layer. The weight starts uniform with standard deviation √(4/(fanIn+fanOut)), fans
// counting the filter's area, the bias at 0.
func (l Conv) Apply(c *Context, x *sym.Expr) *sym.Expr {
	name := c.name("conv")
	stride, dilation := max(l.Stride, 1), max(l.Dilation, 1)
	channels, area := extent(x, 1), l.Kernel*l.Kernel
	w := c.weight(name, UniformStdev(convStdev(channels*area, l.Out*area)), l.Out, channels, l.Kernel, l.Kernel)
	spec := sym.ConvSpec{Stride: [2]int{stride, stride}, Dilation: [2]int{dilation, dilation}}
	for axis := range 2 {
		if l.Padding == Same {
			spec.PadBefore[axis], spec.PadAfter[axis] = sym.SamePadding(extent(x, 2+axis), l.Kernel, stride, dilation)
		}
		if l.Border > 0 {
			spec.PadBefore[axis], spec.PadAfter[axis] = l.Border, l.Border
		}
	}
	y := c.note(name, "conv", sym.Conv(x, w, spec), w)
	if l.NoBias {
		return y
	}
	return AddBias(c, y)
}

// AddBias adds a number per channel, the bias of the last convolution, to y: [B, C, …]. A convolution has
// its own bias unless it says NoBias; where pooling follows it is cheaper to add it afterwards, since a
// constant and a maximum commute.
func AddBias(c *Context, y *sym.Expr) *sym.Expr {
	if y.Err() != nil {
		return y
	}
	name := c.last("conv")
	b := c.bias(name, extent(y, 1))
	return c.note(name, "bias", sym.Add(y, sym.Broadcast(b, []int{1}, y.Shape()...)), b)
}

// String describes the layer's geometry.
func (l Conv) String() string { return fmt.Sprintf("conv %dx%d → %d", l.Kernel, l.Kernel, l.Out) }
