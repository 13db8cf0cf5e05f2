package plan

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// tapsCall is a convolution of many filters on lanes, or the input gradient of one, tap by tap:
//
//	y[o, p, :] = Σ_{c blocks} Σ_{kh, kw} Σ_c w[o, c, kh, kw] · x[c, pixel of (p, kh, kw), :]
//
// The pixels of a row that a tap sees are neighbors where strides are one, so that one product has
// all their images as columns. Some channels of all pixels stay in a second-level cache while the
// taps pass by. A slab is some rows of output pixels of a block of output channels.
type tapsCall struct {
	finishing
	g        *geometry
	batch    int
	gradient bool // of the input
	block    int  // output channels
	parts    int  // into which the rows of output pixels are split
	yp       int  // pitch of the output
	panel    int  // floats of the packed filter for one block: rows o, columns (kh, kw, c)
	channels []int32
}

func (x *tapsCall) String() string {
	kind := "taps-conv"
	if x.gradient {
		kind = "taps-conv-input-gradient"
	}
	return fmt.Sprintf("%s{%v%v}", kind, x.g, x.after)
}

// finishes reports whether the call takes an epilogue: where each number of the result is complete
// with the last channels of one tap.
func (x *tapsCall) finishes() bool { return !x.gradient && x.g.pointwise() }

// readings counts how often tasks read the inputs, once a block, and the filters.
func (x *tapsCall) readings(arg int) int {
	if arg == 0 {
		return x.node.slabs / x.parts
	}
	return x.parts
}

// tapChannels is the number of input channels of a product.
const tapChannels = 192

func (x *tapsCall) run(c *chunk, lo, hi int) {
	n := x.node
	out, in, w := n.outs[0].slab(c, 0, 1, 1), n.args[0].value.slab(c, 0, 1, 1), n.args[1].value.slab(c, 0, 1, 1)
	rows, cols := x.g.OH, x.g.OW
	if x.gradient {
		rows, cols = x.g.H, x.g.W
	}
	depth := len(x.channels)
	for slab := lo; slab < hi; slab++ {
		block, part := slab/x.parts, slab%x.parts
		first, stop := rows*part/x.parts, rows*(part+1)/x.parts
		to := out[block*x.block*x.yp:]
		if x.finishes() {
			x.pixels(c, to, in, w[block*x.panel:], block, first*cols*x.batch, (stop-first)*cols*x.batch)
			continue
		}
		kernel.ClearRows(to[first*cols*x.batch:], x.yp, x.block, (stop-first)*cols*x.batch)
		blocks := (depth + tapChannels - 1) / tapChannels
		for i := range blocks {
			c0, c1 := depth*i/blocks, depth*(i+1)/blocks
			for tap := range x.g.KH * x.g.KW {
				x.tap(c, to, in, w[block*x.panel:], tap, c0, c1, first, stop)
			}
		}
	}
}

// pixels computes a block of output channels of a pointwise convolution, at columns that follow each
// other.
func (x *tapsCall) pixels(c *chunk, out, in, panel []float32, block, column, columns int) {
	depth, l := len(x.channels), c.worker.level
	after := x.epilogue(c).Rows(block*x.block, x.block)
	blocks := (depth + tapChannels - 1) / tapChannels
	for i := range blocks {
		c0, c1 := depth*i/blocks, depth*(i+1)/blocks
		var e kernel.Epilogue
		if i == blocks-1 {
			e = after
		}
		l.MulPackedPartThen(
			out[column:], x.yp, panel, depth, c0, in[column:], x.channels[c0:c1], x.block, columns, i > 0, e,
		)
	}
}

// tap adds what a filter tap of input channels c0 … c1−1 contributes to rows first … stop−1 of
// output pixels.
func (x *tapsCall) tap(c *chunk, out, in, panel []float32, tap, c0, c1, first, stop int) {
	g, l := x.g, c.worker.level
	kh, kw := tap/g.KW, tap%g.KW
	oh0, oh1 := inside(g.SH, kh-g.PT, g.H, g.OH)
	ow0, ow1 := inside(g.SW, kw-g.PL, g.W, g.OW)
	together := 1 // pixels of one product
	if g.SW == 1 {
		together = ow1 - ow0
	}
	for oh := oh0; oh < oh1; oh++ {
		ih := oh*g.SH - g.PT + kh
		if row := oh; x.gradient && (ih < first || ih >= stop) || !x.gradient && (row < first || row >= stop) {
			continue
		}
		for ow := ow0; ow < ow1; ow += together {
			to, from := oh*g.OW+ow, ih*g.W+ow*g.SW-g.PL+kw
			if x.gradient {
				to, from = from, to
			}
			l.MulPackedPart(out[to*x.batch:], x.yp, panel, g.KH*g.KW*len(x.channels), tap*len(x.channels)+c0,
				in[from*x.batch:], x.channels[c0:c1], x.block, together*x.batch, true)
		}
	}
}

// emitTaps computes e, a convolution or the input gradient of one, from in and filters w.
func (low *lowering) emitTaps(e, in, w *sym.Expr, g *geometry, gradient bool) {
	area, outputs, inputs := g.KH*g.KW, g.oc, g.C
	outPixels, inPixels, rows := g.pixels, g.H*g.W, g.OH
	rowStep, colStep, kind := area*g.C, area, "taps"
	if gradient {
		outputs, inputs, outPixels, inPixels, rows = inputs, outputs, inPixels, outPixels, g.H
		rowStep, colStep, kind = colStep, rowStep, "taps-input"
	}
	batch := in.Shape()[0]
	x := &tapsCall{g: g, batch: batch, gradient: gradient, block: blockOf(outputs), yp: pitch(outPixels * batch),
		channels: multiples(inputs, pitch(inPixels*batch))}
	blocks := outputs / x.block
	const tasks = 16 // that keep several cores busy
	x.parts = min(rows, (tasks+blocks-1)/blocks)
	packed := low.packTaps(w, kind, &packTapsCall{
		rows: multiples(outputs, rowStep), channels: multiples(inputs, colStep), block: x.block, taps: area,
	})
	x.panel = packed.size / blocks
	laned := low.lanes(in)
	n := low.bareNode(low.name(e)+"/lanes", outputs*x.yp, 1)
	n.tiles(blocks*x.parts, g.macs()*batch)
	x.node, n.call = n, x
	n.addUse(laned, false)
	n.addUse(packed, false)
	low.fromLanes(e, n.outs[0])
}

// packTapsCall packs filters for tapsCall. A slab is a block of output channels.
type packTapsCall struct {
	node           *node
	rows, channels []int32
	block, taps    int
}

func (x *packTapsCall) String() string {
	return fmt.Sprintf("pack-taps{%d of %dx%d}", len(x.rows)/x.block, x.block, x.taps*len(x.channels))
}

func (x *packTapsCall) run(c *chunk, lo, hi int) {
	n := x.node
	w := n.args[0].value.slab(c, 0, 1, 1)
	for block := lo; block < hi; block++ {
		rows := x.rows[block*x.block:][:x.block]
		c.worker.level.PackTaps(n.outs[0].slab(c, block, block+1, n.slabs), w, rows, x.channels, x.taps)
	}
}

func (x *packTapsCall) readings(int) int { return 1 }

// packTaps adds the node that packs the filters w, or finds it.
func (low *lowering) packTaps(w *sym.Expr, kind string, x *packTapsCall) *value {
	return low.once(w, kind, func(name string) *node {
		blocks := len(x.rows) / x.block
		size := roundUp(low.level.PackedSize(x.block, x.taps*len(x.channels)))
		n := low.bareNode(name, size*blocks, 1)
		n.tiles(blocks, 0)
		n.cost = 4 * size * blocks
		x.node, n.call = n, x
		n.addUse(low.value(w), false)
		return n
	})
}
