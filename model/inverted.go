package model

import (
	"github.com/gradreg/gradreg/internal/photonet"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// inverted is a network of inverted residual blocks (Sandler et al. 2018, arXiv 1801.04381): a 3×3
// convolution of stride 2, stages of blocks, a 1×1 convolution, and the mean over the pixels.
type inverted struct {
	unit
	stem, last int // channels of the first and the last convolution
	stages     []photonet.Stage
	padding    nn.Padding // Valid means borders of half the kernel on every side
}

// features builds the network up to the mean over the pixels.
func (n inverted) features(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := c.In("stem", func(c *nn.Context) *sym.Expr {
		return n.apply(c, n.convolution(c, x, n.stem, 3, 2))
	})
	for i, s := range n.stages {
		h = c.In(stageName(i), func(c *nn.Context) *sym.Expr {
			for block := range s.Blocks {
				if block > 0 {
					s.Stride = 1
				}
				h = c.In(blockName(block), func(c *nn.Context) *sym.Expr { return n.block(c, h, s) })
			}
			return h
		})
	}
	h = c.In(lastPart, func(c *nn.Context) *sym.Expr {
		return n.apply(c, n.convolution(c, h, n.last, 1, 1))
	})
	return nn.GlobalAvgPool(c, h)
}

// lastPart is the part of the last convolution, between the last stage and the head.
const lastPart = "last"

// block is an inverted residual block: a 1×1 convolution to expand times the channels unless expand
// is 1, a depthwise convolution, each with norm and activation, a 1×1 convolution with norm alone,
// plus the block's input where it has the same shape.
func (n inverted) block(c *nn.Context, x *sym.Expr, s photonet.Stage) *sym.Expr {
	h := x
	if s.Expand > 1 && x.Err() == nil {
		h = n.apply(c, n.convolution(c, x, s.Expand*x.Shape()[1], 1, 1))
	}
	depthwise := nn.DepthwiseConv{
		Kernel: s.Kernel, Stride: s.Stride, Padding: n.padding, NoBias: !n.norm.None(),
	}
	if n.padding == nn.Valid {
		depthwise.Border = s.Kernel / 2
	}
	h = n.apply(c, depthwise.Apply(c, h))
	h = n.norm.Apply(c, n.convolution(c, h, s.Channels, 1, 1))
	if s.Stride > 1 || h.Err() != nil || h.Shape()[1] != x.Shape()[1] {
		return h
	}
	return sym.Add(h, x)
}

// convolution has a bias where the network has no normalization.
func (n inverted) convolution(
	c *nn.Context, x *sym.Expr, channels, kernel, stride int,
) *sym.Expr {
	conv := nn.Conv{
		Out: channels, Kernel: kernel, Stride: stride, Padding: n.padding, NoBias: !n.norm.None(),
	}
	if n.padding == nn.Valid {
		conv.Border = kernel / 2
	}
	return conv.Apply(c, x)
}
