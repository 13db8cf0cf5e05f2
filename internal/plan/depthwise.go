package plan

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// depthwiseCall is a depthwise convolution, image by image, or its input gradient.
type depthwiseCall struct {
	finishing
	g               *kernel.Conv
	input           bool // the gradient
	inSize, outSize int  // of an image
}

func (x *depthwiseCall) String() string {
	if x.input {
		return fmt.Sprintf("depthwise-conv-input-gradient{%s}", depthwiseText(x.g))
	}
	return fmt.Sprintf("depthwise-conv{%s%v}", depthwiseText(x.g), x.after)
}

// depthwiseText describes the geometry of a depthwise convolution.
func depthwiseText(g *kernel.Conv) string {
	text := fmt.Sprintf("%dx%dx%d*%dx%d", g.C, g.H, g.W, g.KH, g.KW)
	if g.SH > 1 || g.SW > 1 {
		text += fmt.Sprintf("/%dx%d", g.SH, g.SW)
	}
	return text
}

func (x *depthwiseCall) run(c *chunk, lo, hi int) {
	n, l := x.node, c.worker.level
	out := n.outs[0].slab(c, lo, hi, n.slabs)
	in := n.args[0].value.slab(c, lo, hi, n.slabs)
	w, after := n.args[1].value.slab(c, 0, 1, 1), x.epilogue(c)
	for i := range hi - lo {
		to, from := out[i*x.outSize:(i+1)*x.outSize], in[i*x.inSize:(i+1)*x.inSize]
		if x.input {
			l.DepthwiseInput(x.g, to, from, w)
		} else {
			l.DepthwiseThen(x.g, to, from, w, after)
		}
	}
}

// depthwiseGeometry is newGeometry of a depthwise convolution.
func depthwiseGeometry(spec sym.ConvSpec, x, w, y sym.Shape) *kernel.Conv {
	return &newGeometry(spec, x, w, y).Conv
}

// depthwiseMACs returns the multiply-adds of one image.
func depthwiseMACs(g *kernel.Conv) int { return g.C * g.OH * g.OW * g.KH * g.KW }

func (low *lowering) emitDepthwise(e *sym.Expr) {
	in, w := e.Args()[0], e.Args()[1]
	spec := e.Attr().(sym.ConvAttr).ConvSpec
	n := low.newNode(e)
	call := &depthwiseCall{finishing: finishing{node: n}, input: e.Op() == sym.OpDepthwiseConvInputGradient}
	x, y := in.Shape(), e.Shape()
	if call.input {
		x, y = y, x
	}
	call.g = depthwiseGeometry(spec, x, w.Shape(), y)
	call.inSize, call.outSize = in.Shape()[1:].Size(), e.Shape()[1:].Size()
	n.call = call
	n.addUse(low.value(in), true)
	n.addUse(low.value(w), false)
	n.macs = depthwiseMACs(call.g) * n.slabs
	n.cost += n.macs
}

// depthwiseWeightCall is the weight gradient of a depthwise convolution.
type depthwiseWeightCall struct {
	pairSum
	g *kernel.Conv
}

func (x *depthwiseWeightCall) String() string {
	return fmt.Sprintf("depthwise-conv-weight-gradient{%s, %d pairs}", depthwiseText(x.g), x.pairs)
}

func (x *depthwiseWeightCall) run(c *chunk, lo, hi int) {
	g, l, out := x.g, c.worker.level, x.sum(c)
	inSize, outSize := g.C*g.H*g.W, g.C*g.OH*g.OW
	for p := range x.pairs {
		in, dy := x.pair(c, p, lo, hi)
		for i := range hi - lo {
			l.DepthwiseWeights(g, out, in[i*inSize:(i+1)*inSize], dy[i*outSize:(i+1)*outSize], p+i > 0)
		}
	}
}

// emitDepthwiseWeightGradient computes e as the sum of the weight gradients of pairs (x, dy).
func (low *lowering) emitDepthwiseWeightGradient(
	e *sym.Expr, attr sym.ConvAttr, pairs [][2]*sym.Expr,
) {
	x, dy := pairs[0][0], pairs[0][1]
	g := depthwiseGeometry(attr.ConvSpec, x.Shape(), e.Shape(), dy.Shape())
	macs := depthwiseMACs(g) * x.Shape()[0]
	low.sumOfPairs(e, pairs, macs, macs, func(s pairSum) kernelCall {
		return &depthwiseWeightCall{s, g}
	})
}
