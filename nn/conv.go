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
	// Init draws the weight's initial values, [Conv.Apply] says which if it is nil: fans are
	// C·Kernel² and Out·Kernel²/Stride².
	Init Initializer
	// Spectral divides the weight by its spectral norm, as [Spectral] does.
	Spectral bool
}

// Apply applies the layer. Without Init the weight starts uniform with standard deviation
// √(4/(fanIn+fanOut)), fans counting the filter's area without regard to the stride. The bias
// starts at 0. A negative field is an error.
func (l Conv) Apply(c *Context, x *sym.Expr) *sym.Expr {
	name := c.Name("conv")
	if err := l.check(); err != nil {
		return sym.Refuse(x, fmt.Errorf("%s: %w", name, err))
	}
	channels, area := extent(x, 1), l.Kernel*l.Kernel
	init := UniformHe(channels*area, l.Out*area)
	if stride := max(l.Stride, 1); l.Init != nil {
		init = l.Init(channels*area, l.Out*area/(stride*stride))
	}
	w := c.Weight(name, init, l.Out, channels, l.Kernel, l.Kernel)
	filters := w
	if l.Spectral {
		filters = Spectral(c, name, w, 0)
	}
	y := sym.Conv(x, filters, l.geometry(x))
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
	return check(
		l.Padding, option{"stride", l.Stride}, option{"dilation", l.Dilation},
		option{"border", l.Border}, option{"max pool", l.MaxPool},
	)
}

// option is a field of a layer that is 0 or positive.
type option struct {
	name  string
	value int
}

// check returns an error for a negative option and for an unknown padding.
func check(padding Padding, options ...option) error {
	for _, o := range options {
		if o.value < 0 {
			return fmt.Errorf("%s is %d, expected at least 0", o.name, o.value)
		}
	}
	if padding > Same {
		return fmt.Errorf("padding is %d, expected Valid or Same", padding)
	}
	return nil
}

// kind describes the layer in a table.
func (l Conv) kind() string {
	return kind("conv", l.Kernel, l.Stride, l.Spectral)
}

// kind describes a layer with filters.
func kind(name string, kernel, stride int, spectral bool) string {
	text := fmt.Sprintf("%s %dx%d", name, kernel, kernel)
	if stride > 1 {
		text += fmt.Sprintf(", stride %d", stride)
	}
	if spectral {
		text += ", spectral"
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
