package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// DepthwiseConv is the layer that convolves each channel with a square filter of its own (Howard et
// al. 2017, arXiv 1704.04861):
//
//	y[b, c, i, j] = Σ_{h, v} x[b, c, i·Stride+h−p, j·Stride+v−p]·W[c, 0, h, v] + b[c]
//
// with p the padding before. x: [B, C, H, W], W: [C, 1, Kernel, Kernel], b: [C], y: [B, C, H', W'].
// A [Conv] with a kernel of 1 before or after it mixes the channels.
type DepthwiseConv struct {
	Kernel int
	Stride int // 1 if 0
	// Padding under Same is TensorFlow's: of an odd number of zeros the larger half comes after, so
	// that a kernel of 3 and a stride of 2 on an even extent have none before and one after.
	Padding Padding
	// Border is the number of zeros on every side; it replaces Padding if positive.
	Border   int
	Dilation int  // 1 if 0
	NoBias   bool // for a normalization that follows
	// Init draws the weight's initial values, He(0) if nil: fans are Kernel² and Kernel²/Stride².
	Init Initializer
}

// Apply applies the layer. The bias starts at 0. A negative field, a kernel below 1 and one that
// the padded image does not hold are errors.
func (l DepthwiseConv) Apply(c *Context, x *sym.Expr) *sym.Expr {
	name := c.Name("depthwise")
	if x.Err() != nil {
		return x
	}
	if err := l.check(x); err != nil {
		return sym.Refuse(x, fmt.Errorf("%s: %w", name, err))
	}
	channels, area, stride := extent(x, 1), l.Kernel*l.Kernel, max(l.Stride, 1)
	init := l.Init.or(He(0))(area, area/(stride*stride))
	w := c.Weight(name, init, channels, 1, l.Kernel, l.Kernel)
	geometry := Conv{
		Kernel: l.Kernel, Stride: l.Stride, Padding: l.Padding, Border: l.Border, Dilation: l.Dilation,
	}.geometry(x)
	y := sym.DepthwiseConv(x, w, geometry)
	description := kind("depthwise conv", l.Kernel, l.Stride, false)
	if l.NoBias {
		return c.noteProduct(name, description, y, y, w)
	}
	b := c.Bias(name, channels)
	if y.Err() != nil {
		return y
	}
	return c.noteProduct(name, description, sym.Add(y, perChannel(b, y)), y, w, b)
}

// check returns what is wrong with the fields for an input.
func (l DepthwiseConv) check(x *sym.Expr) error {
	err := check(
		l.Padding, option{"stride", l.Stride}, option{"dilation", l.Dilation},
		option{"border", l.Border},
	)
	if err != nil {
		return err
	}
	if len(x.Shape()) != 4 {
		return fmt.Errorf("input is %v, expected [B, C, H, W]", x.Shape())
	}
	if l.Kernel < 1 {
		return fmt.Errorf("kernel is %d, expected at least 1", l.Kernel)
	}
	return nil
}
