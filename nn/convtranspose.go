package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// ConvTranspose is the transposed convolution ("deconvolution") with square filters, which enlarges
// images:
//
//	y[b, o, i·Stride+h−p, j·Stride+v−p] += x[b, c, i, j]·W[c, o, h, v],  then + b[o]
//
// with p the padding before. It is the derivative with respect to its input of the [Conv] of the
// same fields, for the same W. x: [B, C, H, W], W: [C, Out, Kernel, Kernel], b: [Out], y: [B, Out,
// H', W']. An extent n becomes
//
//	(n−1)·Stride + Kernel − 2·Border − Crop    under Valid, or with a Border
//	n·Stride − Crop                            under Same
//
// so that a kernel of 4, a stride of 2 and a border of 1 double it. Where the stride divides the
// kernel every output pixel, but for those at the border, is a sum of equally many products, which
// avoids checkerboards (Odena et al. 2016).
type ConvTranspose struct {
	Out     int
	Kernel  int
	Stride  int // 1 if 0
	Padding Padding
	// Border is the number of rows and columns cut off on every side; it replaces Padding if
	// positive.
	Border int
	// Crop is the number of rows and columns cut off at the end besides, so that an extent of 9 may
	// become 17. They are not computed.
	Crop   int
	NoBias bool // for a normalization that follows
	// Init draws the weight's initial values, He(0) if nil: fans are C·Kernel²/Stride² and
	// Out·Kernel².
	Init Initializer
	// Spectral divides the weight by its spectral norm, as [Spectral] does.
	Spectral bool
}

// Apply applies the layer. The bias starts at 0. A negative field is an error, and so are fields
// that leave no pixel.
func (l ConvTranspose) Apply(c *Context, x *sym.Expr) *sym.Expr {
	name := c.Name("deconv")
	if x.Err() != nil {
		return x
	}
	if err := l.check(x); err != nil {
		return sym.Refuse(x, fmt.Errorf("%s: %w", name, err))
	}
	channels, area, stride := extent(x, 1), l.Kernel*l.Kernel, max(l.Stride, 1)
	init := l.Init.or(He(0))(channels*area/(stride*stride), l.Out*area)
	w := c.Weight(name, init, channels, l.Out, l.Kernel, l.Kernel)
	filters := w
	if l.Spectral {
		filters = Spectral(c, name, w, 1)
	}
	spec, extents := l.geometry(x)
	y := sym.ConvInputGradient(x, filters, spec, extents[0], extents[1])
	description := kind("deconv", l.Kernel, l.Stride, l.Spectral)
	if l.NoBias {
		return c.noteProduct(name, description, y, y, w)
	}
	b := c.Bias(name, l.Out)
	if y.Err() != nil {
		return y
	}
	return c.noteProduct(name, description, sym.Add(y, perChannel(b, y)), y, w, b)
}

// check returns what is wrong with the fields for an input.
func (l ConvTranspose) check(x *sym.Expr) error {
	err := check(
		l.Padding, option{"stride", l.Stride}, option{"border", l.Border}, option{"crop", l.Crop},
	)
	if err != nil {
		return err
	}
	if len(x.Shape()) != 4 {
		return fmt.Errorf("input is %v, expected [B, C, H, W]", x.Shape())
	}
	if l.Out < 1 || l.Kernel < 1 {
		return fmt.Errorf("out is %d and kernel %d, expected at least 1", l.Out, l.Kernel)
	}
	if _, extents := l.geometry(x); min(extents[0], extents[1]) < 1 {
		return fmt.Errorf("output has %dx%d pixels, expected at least 1x1", extents[0], extents[1])
	}
	return nil
}

// geometry returns the strides and borders of the convolution that this is the transpose of, and
// the extents of its input, which is our output.
func (l ConvTranspose) geometry(x *sym.Expr) (spec sym.ConvSpec, extents [2]int) {
	stride := max(l.Stride, 1)
	spec.Stride = [2]int{stride, stride}
	for axis := range 2 {
		n := extent(x, 2+axis)
		before, after := l.Border, l.Border
		full := (n-1)*stride + l.Kernel
		if l.Padding == Same && l.Border == 0 {
			before, after = sym.SamePadding(n*stride, l.Kernel, stride, 1)
			full = max(full, n*stride) // of a kernel smaller than the stride
		}
		extents[axis] = full - before - after - l.Crop
		spec.PadBefore[axis], spec.PadAfter[axis] = before, after+l.Crop
	}
	return spec, extents
}
