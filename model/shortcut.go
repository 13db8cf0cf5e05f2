package model

import (
	"slices"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Shortcut is how a residual block's input is brought to the extent and channels of its output,
// where they differ. Where they do not, every shortcut is the input itself.
type Shortcut string

// The shortcuts.
const (
	// AveragePool averages 2×2 pixels, after a row and column of zeros where the extent is odd, and
	// adds channels of zeros (Varga et al. 2017, arXiv 1712.09936). It has no parameters.
	AveragePool Shortcut = "average-pool"
	// Pad takes every second pixel of every second row and adds channels of zeros (He et al. 2016,
	// section 3.3, option A). It has no parameters.
	Pad Shortcut = "pad"
	// Projection is a 1×1 convolution (option B), in a post-activation block with a normalization.
	Projection Shortcut = "projection"
)

// shortcuts lists the shortcuts.
var shortcuts = [...]Shortcut{AveragePool, Pad, Projection}

// validate returns an error for an unknown name.
func (s Shortcut) validate() error {
	var names []string
	for _, k := range shortcuts {
		names = append(names, string(k))
	}
	if !slices.Contains(names, string(s)) {
		return spec.Unknown("shortcut", string(s), names)
	}
	return nil
}

// apply brings x: [B, C, H, W] to [B, channels, ⌈H/stride⌉, ⌈W/stride⌉]; stride is 1 or 2, norm
// follows a projection.
func (s Shortcut) apply(c *nn.Context, x *sym.Expr, channels, stride int, norm nn.Norm) *sym.Expr {
	if x.Err() != nil || (stride == 1 && x.Shape()[1] == channels) {
		return x
	}
	switch s {
	case Projection:
		return norm.Apply(c, nn.Conv{Out: channels, Kernel: 1, Stride: stride, NoBias: true}.Apply(c, x))
	case Pad:
		e := x.Shape()
		x = sym.Slice(x, []int{0, 0, 0, 0}, e, []int{1, 1, stride, stride})
	case AveragePool:
		if stride > 1 {
			x = nn.AvgPool(c, even(x), stride)
		}
	}
	return widen(x, channels)
}

// even pads rows and columns of x: [B, C, H, W] with zeros to an even number.
func even(x *sym.Expr) *sym.Expr {
	if x.Err() != nil || (x.Shape()[2]%2 == 0 && x.Shape()[3]%2 == 0) {
		return x
	}
	none := make([]int, 4)
	return sym.Pad(x, none, []int{0, 0, x.Shape()[2] % 2, x.Shape()[3] % 2}, none)
}

// widen pads x: [B, C, H, W] with zero channels.
func widen(x *sym.Expr, channels int) *sym.Expr {
	if x.Err() != nil || x.Shape()[1] == channels {
		return x
	}
	none := make([]int, 4)
	return sym.Pad(x, none, []int{0, channels - x.Shape()[1], 0, 0}, none)
}
