package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// Padding is how a convolution treats borders.
type Padding uint8

// The paddings: none, so that the output is smaller, or zeros so that its extent is
// ⌈extent/stride⌉.
const (
	Valid Padding = iota
	Same
)

// Conv is the layer y = x∗W + b: a cross-correlation with square filters. x: [B, C, H, W], W: [Out,
// C, Kernel, Kernel], b: [Out].
type Conv struct {
	Out     int
	Kernel  int
	Stride  int // 1 if 0
	Padding Padding
	// Border is the number of zeros on every side; it replaces Padding if positive.
	Border   int
	Dilation int // 1 if 0
	// MaxPool is the window and stride of a max-pooling of x∗W, none if 0. The maximum of a window
	// commutes with adding a constant, so that the bias, added after it, costs a MaxPool²-th of
	// what it costs before, and neither the value nor a derivative changes.
	MaxPool int
	NoBias  bool // for a normalization that follows
}

// Apply applies the layer. The weight starts uniform with standard deviation √(4/(fanIn+fanOut)),
// fans counting the filter's area, the bias at 0. A negative field is an error.
func (l Conv) Apply(c *Context, x *sym.Expr) *sym.Expr {
	name := c.Name("conv")
	if err := l.check(); err != nil {
		return sym.Refuse(x, fmt.Errorf("%s: %w", name, err))
	}
	channels, area := extent(x, 1), l.Kernel*l.Kernel
	w := c.Weight(name, UniformStdev(convStdev(channels*area, l.Out*area)), l.Out, channels, l.Kernel, l.Kernel)
	y := sym.Conv(x, w, l.geometry(x))
	if l.NoBias {
		c.NoteLinear(name, l.kind(), y, w)
		return l.pool(c, y)
	}
	b := c.Bias(name, l.Out)
	c.NoteLinear(name, l.kind(), y, w, b)
	y = l.pool(c, y)
	if y.Err() != nil {
		return y
	}
	return sym.Add(y, perChannel(b, y))
}

// check returns what is wrong with the fields that no operation sees as they are.
func (l Conv) check() error {
	for _, f := range []struct {
		name  string
		value int
	}{{"stride", l.Stride}, {"dilation", l.Dilation}, {"border", l.Border}, {"max pool", l.MaxPool}} {
		if f.value < 0 {
			return fmt.Errorf("%s is %d, expected at least 0", f.name, f.value)
		}
	}
	if l.Padding > Same {
		return fmt.Errorf("padding is %d, expected Valid or Same", l.Padding)
	}
	return nil
}

// kind describes the layer in a table.
func (l Conv) kind() string {
	text := fmt.Sprintf("conv %dx%d", l.Kernel, l.Kernel)
	if l.Stride > 1 {
		text += fmt.Sprintf(", stride %d", l.Stride)
	}
	return text
}

// geometry returns the strides, dilations and borders for an input.
func (l Conv) geometry(x *sym.Expr) sym.ConvSpec {
	stride, dilation := max(l.Stride, 1), max(l.Dilation, 1)
	spec := sym.ConvSpec{Stride: [2]int{stride, stride}, Dilation: [2]int{dilation, dilation}}
	for axis := range 2 {
		if l.Padding == Same {
			spec.PadBefore[axis], spec.PadAfter[axis] = sym.SamePadding(extent(x, 2+axis), l.Kernel, stride, dilation)
		}
		if l.Border > 0 {
			spec.PadBefore[axis], spec.PadAfter[axis] = l.Border, l.Border
		}
	}
	return spec
}

// pool applies the max-pooling.
func (l Conv) pool(c *Context, y *sym.Expr) *sym.Expr {
	if l.MaxPool == 0 {
		return y
	}
	return MaxPool(c, y, l.MaxPool)
}
