package plan

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// Convolutions of many channels over few pixels have the images of the whole batch in the lanes of
// a vector, where others have the pixels of one image:
//
//	laned x: [C][H·W][B]      y[o, p, :] = Σ_{kh, kw, c} w[o, c, kh, kw] · x[c, pixel of (p, kh, kw), :]
//
// The filter is read once for the batch instead of once for an image, vectors are full whatever the
// size of the map, strides cost nothing, and taps that lie on the padding are left out: a third of
// all taps where 7×7 pixels become 4×4. The work of one operation is split by blocks of channels
// and rows of pixels.

// wide reports whether the convolution takes its images side by side.
func (g *geometry) wide(batch int) bool {
	const fewPixels, manyChannels, manyImages = 64, 32, 32
	if batch%alignment != 0 || g.DH != 1 || g.DW != 1 || min(g.C, g.oc) < manyChannels {
		return false
	}
	return g.pixels <= fewPixels && batch >= manyImages || g.heavy() && g.pixels <= heavyPixels
}

// A convolution of at least heavyFilters filters of up to 3×3 reads them once for the batch on maps
// of up to heavyPixels, of 16 images on: image by image, memory would have to bring all filters, and
// take a gradient of all of them, every time.
const heavyFilters, heavyPixels = 1 << 15, 100

func (g *geometry) heavy() bool { return heavy(g.oc, g.C, g.KH, g.KW) }

// ManyFilters reports whether the roots, or their derivatives, need a convolution of so many filters that
// it reads them once for a whole batch of 16 images.
func ManyFilters(roots ...*sym.Expr) bool {
	return slices.ContainsFunc(sym.Topological(roots...), func(e *sym.Expr) bool {
		_, filters, ok := convolutionOf(e)
		return ok && heavy(filters[0], filters[1], filters[2], filters[3])
	})
}

func heavy(out, in, kh, kw int) bool { return out*in >= heavyFilters && max(kh, kw) <= 3 }

// pitch returns the distance between planes of n floats: an odd number of cache lines, so that the
// same element of many planes does not fall into the same set of a cache.
func pitch(n int) int {
	lines := roundUp(n) / alignment
	return (lines | 1) * alignment
}

// blockOf returns the number of rows that a task computes of a product of n rows: the largest
// divisor of n that is at most 64, or all of them if that is too small to be worth it.
func blockOf(n int) int {
	for size := 64; size >= 24; size-- {
		if n%size == 0 {
			return size
		}
	}
	return n
}

// transposeCall copies between tensors of images [B][rows][inner] and transposed ones.
type transposeCall struct {
	node  *node
	kind  transposition
	batch int
	rows  int // planes of an image
	inner int // elements of a plane
	pitch int // of the transposed tensor's planes
}

// transposition is the form of a transposed tensor.
type transposition uint8

const (
	toLanes      transposition = iota // [rows][inner][B]
	fromLanes                         // back
	channelsLast                      // [B][inner][rows]
)

func (t transposition) String() string {
	return [...]string{"to-lanes", "from-lanes", "channels-last"}[t]
}

func (x *transposeCall) String() string { return fmt.Sprintf("%v{%dx%d}", x.kind, x.rows, x.inner) }

func (x *transposeCall) readings(int) int { return 1 }

func (x *transposeCall) run(c *chunk, lo, hi int) {
	n, l, size := x.node, c.worker.level, x.rows*x.inner
	if x.kind == channelsLast { // a slab is an image
		in, out := n.args[0].value.slab(c, lo, hi, n.slabs), n.outs[0].slab(c, lo, hi, n.slabs)
		for i := range hi - lo {
			l.Transpose(out[i*x.pitch:], x.rows, in[i*size:], x.inner, x.inner, x.rows)
		}
		return
	}
	in, out := n.args[0].value.slab(c, 0, 1, 1), n.outs[0].slab(c, 0, 1, 1)
	for r := lo; r < hi; r++ { // a slab is a plane of all images: vectors and cache lines are whole
		if x.kind == toLanes {
			l.Transpose(out[r*x.pitch:], x.batch, in[r*x.inner:], size, x.inner, x.batch)
		} else {
			l.Transpose(out[r*x.inner:], size, in[r*x.pitch:], x.batch, x.batch, x.inner)
		}
	}
}

// lanes adds the node that turns x: [B, C, …] into lanes, or finds it.
func (low *lowering) lanes(x *sym.Expr) *value { return low.transposed(x, toLanes) }

func (low *lowering) transposed(x *sym.Expr, kind transposition) *value {
	return low.once(x, kind.String(), func(name string) *node {
		batch, rows := x.Shape()[0], x.Shape()[1]
		t := &transposeCall{kind: kind, batch: batch, rows: rows, inner: x.Shape().Size() / (batch * rows)}
		size := 0
		if kind == toLanes {
			t.pitch = pitch(t.inner * batch)
			size = t.pitch * rows
		} else {
			t.pitch = pitch(t.inner * rows)
			size = t.pitch * batch
		}
		n := low.bareNode(name, size, batch)
		t.node, n.call = n, t
		if kind == toLanes {
			n.tiles(rows, 0)
		}
		n.cost = 4 * x.Shape().Size()
		n.addUse(low.value(x), kind == channelsLast)
		return n
	})
}

// fromLanes makes e: [B, C, …] from its lanes.
func (low *lowering) fromLanes(e *sym.Expr, laned *value) {
	n := low.newNode(e)
	batch, rows := e.Shape()[0], e.Shape()[1]
	inner := e.Shape().Size() / (batch * rows)
	n.call = &transposeCall{
		node: n, kind: fromLanes, batch: batch, rows: rows, inner: inner,
		pitch: pitch(inner * batch),
	}
	n.tiles(rows, 0)
	n.cost = 4 * e.Shape().Size()
	n.addUse(laned, false)
}

// tiles makes n's slabs blocks of work of one operation, which costs macs.
func (n *node) tiles(slabs, macs int) {
	n.slabs, n.chunkSize, n.private = slabs, 1, true
	n.macs, n.cost = macs, macs
}

// wideConvCall is a convolution on lanes. A slab is a row of output pixels of a block of output
// channels.
type wideConvCall struct {
	node      *node
	g         *geometry
	batch     int
	block     int // output channels
	xp, yp    int // pitches
	panel     int // floats of the packed filter for one block: rows o, columns (kh, kw, c)
	neighbors []int32
}

func (x *wideConvCall) String() string { return fmt.Sprintf("wide-conv{%v}", x.g) }

func (x *wideConvCall) run(c *chunk, lo, hi int) {
	n, g, l := x.node, x.g, c.worker.level
	out, in, w := n.outs[0].slab(c, 0, 1, 1), n.args[0].value.slab(c, 0, 1, 1), n.args[1].value.slab(c, 0, 1, 1)
	depth := len(g.taps)
	for slab := lo; slab < hi; slab++ {
		block, oh := slab/g.OH, slab%g.OH
		panel := w[block*x.panel:]
		kh0, kh1 := valid(oh*g.SH-g.PT, g.KH, g.H)
		for ow := range g.OW {
			to := out[block*x.block*x.yp+(oh*g.OW+ow)*x.batch:]
			kw0, kw1 := valid(ow*g.SW-g.PL, g.KW, g.W)
			if kh0 >= kh1 || kw0 >= kw1 {
				kernel.ClearRows(to, x.yp, x.block, x.batch)
				continue
			}
			for kh := kh0; kh < kh1; kh++ {
				at := ((oh*g.SH-g.PT+kh)*g.W + ow*g.SW - g.PL + kw0) * x.batch
				l.MulPackedPart(to, x.yp, panel, depth, (kh*g.KW+kw0)*g.C, in[at:], x.neighbors[:(kw1-kw0)*g.C],
					x.block, x.batch, kh > kh0)
			}
		}
	}
}

// valid returns the range of i in 0 … n−1 with 0 ≤ start + i < extent.
func valid(start, n, extent int) (lo, hi int) { return max(0, -start), min(n, extent-start) }

func (low *lowering) emitWideConv(e *sym.Expr, g *geometry) {
	in, w := e.Args()[0], e.Args()[1]
	batch, block, area := in.Shape()[0], blockOf(g.oc), g.KH*g.KW
	cols := make([]int32, 0, len(g.taps))
	for tap := range area {
		for ch := range g.C {
			cols = append(cols, int32(ch*area+tap))
		}
	}
	packed := low.packWeights(w, "wide", multiples(block, len(g.taps)), cols, multiples(g.oc/block, block*len(g.taps)))
	laned := low.lanes(in)
	x := &wideConvCall{g: g, batch: batch, block: block, xp: pitch(g.H * g.W * batch), yp: pitch(g.pixels * batch),
		panel: packed.size / (g.oc / block)}
	x.neighbors = grid(g.KW, batch, g.C, x.xp)
	n := low.bareNode(low.name(e)+"/lanes", g.oc*x.yp, 1)
	n.tiles(g.oc/block*g.OH, g.macs()*batch)
	x.node, n.call = n, x
	n.addUse(laned, false)
	n.addUse(packed, false)
	low.fromLanes(e, n.outs[0])
}

// grid returns the offsets i·outer + j·inner for i < m and j < n.
func grid(m, outer, n, inner int) []int32 {
	t := make([]int32, 0, m*n)
	for i := range m {
		for j := range n {
			t = append(t, int32(i*outer+j*inner))
		}
	}
	return t
}

// wideInputCall is the input gradient of a convolution on lanes:
//
//	dx[c, ih, iw, :] = Σ_{kh, kw, o} w[o, c, kh, kw] · dy[o, oh, ow, :],  oh·SH = ih + PT − kh, ow·SW = iw + PL − kw
//
// A slab is a row of input pixels of a block of input channels. The columns of the packed filter
// are (kh, kw, o) with kw by its class modulo SW and backwards, so that the output pixels that a
// row kh contributes are neighbours.
type wideInputCall struct {
	node      *node
	g         *geometry
	batch     int
	block     int // input channels
	xp, yp    int
	panel     int
	classes   []int // where the filter columns of a class of kw modulo SW begin
	neighbors []int32
}

func (x *wideInputCall) String() string { return fmt.Sprintf("wide-conv-input-gradient{%v}", x.g) }

func (x *wideInputCall) run(c *chunk, lo, hi int) {
	n, g := x.node, x.g
	out, dy, w := n.outs[0].slab(c, 0, 1, 1), n.args[0].value.slab(c, 0, 1, 1), n.args[1].value.slab(c, 0, 1, 1)
	for slab := lo; slab < hi; slab++ {
		block, ih := slab/g.H, slab%g.H
		for iw := range g.W {
			x.pixel(c, out[block*x.block*x.xp+(ih*g.W+iw)*x.batch:], dy, w[block*x.panel:], ih, iw)
		}
	}
}

// pixel computes all channels of a block for one input pixel.
func (x *wideInputCall) pixel(c *chunk, out, dy, panel []float32, ih, iw int) {
	g := x.g
	class := (iw + g.PL) % g.SW
	count := x.classes[class+1] - x.classes[class]
	ow := (iw+g.PL-class)/g.SW - (count - 1) // of the first column of the class
	j0, j1 := valid(ow, count, g.OW)
	acc := false
	for kh := (ih + g.PT) % g.SH; kh < g.KH && j0 < j1; kh += g.SH {
		oh := (ih + g.PT - kh) / g.SH
		if ih+g.PT < kh || oh >= g.OH {
			continue
		}
		from := (kh*g.KW + x.classes[class] + j0) * g.oc
		c.worker.level.MulPackedPart(out, x.xp, panel, g.KH*g.KW*g.oc, from, dy[(oh*g.OW+ow+j0)*x.batch:],
			x.neighbors[:(j1-j0)*g.oc], x.block, x.batch, acc)
		acc = true
	}
	if !acc {
		kernel.ClearRows(out, x.xp, x.block, x.batch)
	}
}

func (low *lowering) emitWideInputGradient(e *sym.Expr, g *geometry) {
	dy, w := e.Args()[0], e.Args()[1]
	batch, block, area := dy.Shape()[0], blockOf(g.C), g.KH*g.KW
	x := &wideInputCall{g: g, batch: batch, block: block, xp: pitch(g.H * g.W * batch), yp: pitch(g.pixels * batch)}
	var order []int // kw, class by class
	for class := range g.SW {
		x.classes = append(x.classes, len(order))
		for kw := g.KW - 1; kw >= 0; kw-- {
			if kw%g.SW == class {
				order = append(order, kw)
			}
		}
	}
	x.classes = append(x.classes, len(order))
	cols := make([]int32, 0, area*g.oc)
	for kh := range g.KH {
		for _, kw := range order {
			for o := range g.oc {
				cols = append(cols, int32(o*g.C*area+kh*g.KW+kw))
			}
		}
	}
	packed := low.packWeights(w, "wide-input", multiples(block, area), cols, multiples(g.C/block, block*area))
	x.panel = packed.size / (g.C / block)
	x.neighbors = grid((g.KW+g.SW-1)/g.SW, batch, g.oc, x.yp)
	n := low.bareNode(low.name(e)+"/lanes", g.C*x.xp, 1)
	n.tiles(g.C/block*g.H, g.macs()*batch)
	x.node, n.call = n, x
	n.addUse(low.lanes(dy), false)
	n.addUse(packed, false)
	low.fromLanes(e, n.outs[0])
}

// wideWeightCall is the weight gradient of a convolution, summed over pairs of inputs and output
// gradients. For every filter tap it is one matrix product over the pixels and images that the tap
// sees:
//
//	dw[kh, kw][o, c] = Σ_{p, b} dy[o, p, b] · x[b, pixel of (p, kh, kw), c]
//
// A slab is a block of output channels of a filter tap.
type wideWeightCall struct {
	node      *node
	g         *geometry
	batch     int
	block     int // output channels
	xp        int // floats from one image of x to the next
	panel     int // floats of the packed dy for one block: rows o, columns (p, b)
	pairs     int
	neighbors []int32
}

func (x *wideWeightCall) String() string {
	return fmt.Sprintf("wide-conv-weight-gradient{%v, %d pairs}", x.g, x.pairs)
}

// readings counts how often tasks read inputs, all of them, and gradients, once a tap.
func (x *wideWeightCall) readings(arg int) int {
	if arg%2 == 0 {
		return x.node.slabs
	}
	return x.g.KH * x.g.KW
}

func (x *wideWeightCall) run(c *chunk, lo, hi int) {
	n, g, l := x.node, x.g, c.worker.level
	blocks := g.oc / x.block
	for slab := lo; slab < hi; slab++ {
		tap, block := slab/blocks, slab%blocks
		kh, kw := tap/g.KW, tap%g.KW
		out := n.outs[0].slab(c, slab, slab+1, n.slabs)
		oh0, oh1 := inside(g.SH, kh-g.PT, g.H, g.OH)
		ow0, ow1 := inside(g.SW, kw-g.PL, g.W, g.OW)
		if oh0 >= oh1 || ow0 >= ow1 {
			clear(out)
			continue
		}
		for p := range x.pairs {
			in, dy := n.args[2*p].value.slab(c, 0, 1, 1), n.args[2*p+1].value.slab(c, block, block+1, blocks)
			for oh := oh0; oh < oh1; oh++ {
				at := ((oh*g.SH-g.PT+kh)*g.W + ow0*g.SW - g.PL + kw) * g.C
				l.MulPackedPart(out, g.C, dy, g.pixels*x.batch, (oh*g.OW+ow0)*x.batch, in[at:],
					x.neighbors[:(ow1-ow0)*x.batch], x.block, g.C, p > 0 || oh > oh0)
			}
		}
	}
}

// inside returns the range of i in 0 … n−1 with 0 ≤ i·stride + offset < extent.
func inside(stride, offset, extent, n int) (lo, hi int) {
	if offset < 0 {
		lo = (-offset + stride - 1) / stride
	}
	if extent > offset {
		hi = (extent-offset-1)/stride + 1
	}
	return lo, min(hi, n)
}

func (low *lowering) emitWideWeightGradient(e *sym.Expr, g *geometry, pairs [][2]*sym.Expr) {
	batch, block := pairs[0][0].Shape()[0], blockOf(g.oc)
	x := &wideWeightCall{g: g, batch: batch, block: block, xp: pitch(g.H * g.W * g.C), pairs: len(pairs)}
	var uses []*value
	for _, p := range pairs {
		packed := low.packLanes(p[1], block)
		x.panel = packed.size / (g.oc / block)
		uses = append(uses, low.transposed(p[0], channelsLast), packed)
	}
	x.neighbors = grid(g.OW, g.SW*g.C, batch, x.xp)
	n := low.bareNode(low.name(e)+"/taps", e.Shape().Size(), 1)
	n.tiles(g.KH*g.KW*(g.oc/block), g.macs()*batch*len(pairs))
	x.node, n.call = n, x
	for _, v := range uses {
		n.addUse(v, false)
	}
	back := low.newNode(e)
	back.call = &tapsLastCall{node: back, channels: g.oc, depth: g.C, taps: g.KH * g.KW}
	back.cost = 4 * e.Shape().Size()
	back.addUse(n.outs[0], false)
}

// packLanes adds the node that packs lanes of dy: [B, O, …], block by block of its channels, for
// MulPackedPart.
func (low *lowering) packLanes(dy *sym.Expr, block int) *value {
	return low.once(dy, "packed-lanes", func(name string) *node {
		batch, rows := dy.Shape()[0], dy.Shape()[1]
		size := dy.Shape().Size() / rows
		laned := low.lanes(dy)
		n := low.bareNode(name, dy.Shape().Size(), 1)
		n.tiles(rows/block, 0)
		n.cost = 4 * dy.Shape().Size()
		n.call = &packBlockCall{node: n, rows: multiples(block, pitch(size)), cols: multiples(size, 1), batch: batch}
		n.addUse(laned, false)
		return n
	})
}

// packBlockCall packs blocks of rows of a matrix for MulPackedPart. A slab is a block.
type packBlockCall struct {
	node       *node
	rows, cols []int32
	batch      int
}

func (x *packBlockCall) String() string {
	return fmt.Sprintf("pack-lanes{%dx%d}", len(x.rows), len(x.cols))
}

func (x *packBlockCall) readings(int) int { return 1 }

func (x *packBlockCall) run(c *chunk, lo, hi int) {
	n := x.node
	in := n.args[0].value.slab(c, 0, 1, 1)
	for block := lo; block < hi; block++ {
		out := n.outs[0].slab(c, block, block+1, n.slabs)
		c.worker.level.PackA(out, in[block*len(in)/n.slabs:], x.rows, x.cols)
	}
}

// tapsLastCall turns a filter gradient [taps][O][C] into [O][C][taps].
type tapsLastCall struct {
	node                  *node
	channels, depth, taps int
}

func (x *tapsLastCall) String() string { return fmt.Sprintf("taps-last{%d}", x.taps) }

func (x *tapsLastCall) readings(int) int { return 1 }

func (x *tapsLastCall) run(c *chunk, lo, hi int) {
	n := x.node
	in, out := n.args[0].value.slab(c, 0, 1, 1), n.outs[0].slab(c, lo, hi, n.slabs)
	c.worker.level.Transpose(out, x.taps, in[lo*x.depth:], x.channels*x.depth, (hi-lo)*x.depth, x.taps)
}
