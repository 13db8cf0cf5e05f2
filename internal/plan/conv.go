package plan

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// geometry is what the three convolution kernels share.
type geometry struct {
	kernel.Conv
	oc, pixels int     // output channels, and pixels of one of them
	taps       []int32 // where the expanded image holds the inputs of filter tap (c, kh, kw)
}

func newGeometry(spec sym.ConvSpec, x, w, y sym.Shape) *geometry {
	g := &geometry{Conv: kernel.Conv{
		C: x[1], H: x[2], W: x[3], KH: w[2], KW: w[3], OH: y[2], OW: y[3],
		SH: spec.Stride[0], SW: spec.Stride[1], PT: spec.PadBefore[0], PL: spec.PadBefore[1],
		DH: spec.Dilation[0], DW: spec.Dilation[1],
	}, oc: w[0], pixels: y[2] * y[3]}
	g.taps = g.TapOffsets()
	return g
}

// macs returns the multiply-adds of one image.
func (g *geometry) macs() int { return g.oc * g.pixels * len(g.taps) }

// whole reports whether the filter covers the whole image in one position: the convolution is then
// a matrix product over the batch.
func (g *geometry) whole() bool {
	return g.pixels == 1 && g.KH == g.H && g.KW == g.W && g.PT == 0 && g.PL == 0 && g.DH == 1 && g.DW == 1
}

func (g *geometry) String() string {
	return fmt.Sprintf("%dx%dx%d*%dx%dx%d", g.C, g.H, g.W, g.oc, g.KH, g.KW)
}

// packWeights adds the node that packs a filter for MulPacked, or finds it: the filter is packed
// once a step for all its uses of one kind. Panel q of it holds rows × cols of the filter from
// offset first[q].
func (low *lowering) packWeights(w *sym.Expr, kind string, rows, cols []int32, first []int32) *value {
	return low.once(w, kind, func(name string) *node {
		size := roundUp(low.level.PackedSize(len(rows), len(cols)))
		n := low.bareNode(name, size*len(first), 1)
		n.call = &packFilterCall{node: n, rows: rows, cols: cols, first: first, size: size}
		if len(first) > 1 {
			n.slabs, n.chunkSize, n.private = len(first), 1, true
		}
		n.addUse(low.value(w), false)
		return n
	})
}

// packKey identifies another form of a tensor, such as a packed filter.
type packKey struct {
	e    *sym.Expr
	kind string
}

// once returns a form of e, for which add makes a node of this name unless there is one: it is made
// once a step for all its uses.
func (low *lowering) once(e *sym.Expr, kind string, add func(name string) *node) *value {
	key := packKey{e, kind}
	if low.packs[key] == nil {
		low.packs[key] = add(low.name(e) + "/" + kind).outs[0]
	}
	return low.packs[key]
}

// packFilterCall packs a filter in panels of equal size. A slab is a panel.
type packFilterCall struct {
	node       *node
	rows, cols []int32
	first      []int32
	size       int
}

func (x *packFilterCall) String() string {
	return fmt.Sprintf("pack{%d of %dx%d}", len(x.first), len(x.rows), len(x.cols))
}

func (x *packFilterCall) readings(int) int { return 1 }

func (x *packFilterCall) run(c *chunk, lo, hi int) {
	out, in := x.node.outs[0].slab(c, 0, 1, 1), x.node.args[0].value.slab(c, 0, 1, 1)
	for q := lo; q < hi; q++ {
		c.worker.level.PackA(out[q*x.size:(q+1)*x.size], in[x.first[q]:], x.rows, x.cols)
	}
}

// pointwise reports whether the filter is one pixel that meets every pixel of the image: the inputs
// of its taps are contiguous as they are.
func (g *geometry) pointwise() bool {
	return g.KH == 1 && g.KW == 1 && g.SH == 1 && g.SW == 1 && g.PT == 0 && g.PL == 0 &&
		g.OH == g.H && g.OW == g.W
}

// convCall is a convolution, image by image: expand the image so that the inputs of a filter tap
// are contiguous, then multiply the packed filter with them.
type convCall struct {
	finishing
	g *geometry
}

func (x *convCall) String() string { return fmt.Sprintf("conv{%v%v}", x.g, x.after) }

func (x *convCall) run(c *chunk, lo, hi int) {
	n, g, l := x.node, x.g, c.worker.level
	out := n.outs[0].slab(c, lo, hi, n.slabs)
	in := n.args[0].value.slab(c, lo, hi, n.slabs)
	w := n.args[1].value.slab(c, 0, 1, 1)
	inSize, outSize, after := g.C*g.H*g.W, g.oc*g.pixels, x.epilogue(c)
	for i := range hi - lo {
		image, expanded := in[i*inSize:(i+1)*inSize], c.worker.scratch
		if g.pointwise() {
			expanded = image
		} else {
			l.Expand(&g.Conv, expanded, image)
		}
		l.MulPackedThen(
			out[i*outSize:(i+1)*outSize], g.pixels, w, expanded, g.taps, g.oc, g.pixels, after,
		)
	}
}

func (low *lowering) emitConv(e *sym.Expr) {
	x, w := e.Args()[0], e.Args()[1]
	g := newGeometry(e.Attr().(sym.ConvAttr).ConvSpec, x.Shape(), w.Shape(), e.Shape())
	if g.whole() {
		low.emitWhole(e, x, w, x.Shape()[0], g.oc, sym.MatMulAttr{TransB: true})
		return
	}
	if low.emitTransformed(e, x, w, g, false) {
		return
	}
	if g.wide(x.Shape()[0]) {
		if g.heavy() {
			low.emitTaps(e, x, w, g, false)
		} else {
			low.emitWideConv(e, g)
		}
		return
	}
	packed := low.packWeights(w, "forward", multiples(g.oc, len(g.taps)), multiples(len(g.taps), 1), []int32{0})
	n := low.newNode(e)
	n.call = &convCall{finishing: finishing{node: n}, g: g}
	n.addUse(low.value(x), true)
	n.addUse(packed, false)
	low.convCost(n, g)
}

// convCost notes the multiply-adds of all images and reserves the memory for an expanded image.
func (low *lowering) convCost(n *node, g *geometry) {
	n.macs = g.macs() * n.slabs
	n.cost += n.macs
	low.needScratch(roundUp(g.ExpandedSize()) + g.FoldScratch())
}

// emitWhole computes a convolution of the whole image, or its input gradient, as a matrix product:
// [B, C·H·W] with [O, C·H·W].
func (low *lowering) emitWhole(e, a, w *sym.Expr, m, cols int, attr sym.MatMulAttr) {
	n := low.newNode(e)
	p := newProduct(m, cols, a.Shape().Size()/m, attr)
	n.call = &matMulCall{node: n, pairs: []product{p}}
	n.addUse(low.value(a), true)
	n.addUse(low.value(w), false)
	n.macs = p.m * p.n * p.k
	n.cost = n.macs
	low.needScratch(p.scratch(low.level, n.chunkSize))
}

// convInputCall is the input gradient of a convolution: for every row kh of the filter, the
// products of the filter's columns with the output's gradient are added to the expanded image at
// that row's offset, and the expanded image is folded back.
type convInputCall struct {
	node   *node
	g      *geometry
	planes []int32 // offsets of the channels of the output's gradient
	rows   []int32 // offset in the expanded image of filter row kh
	panel  int     // floats of the packed filter for one kh
}

func (x *convInputCall) String() string { return fmt.Sprintf("conv-input-gradient{%v}", x.g) }

func (x *convInputCall) run(c *chunk, lo, hi int) {
	n, g, l := x.node, x.g, c.worker.level
	out := n.outs[0].slab(c, lo, hi, n.slabs)
	dy := n.args[0].value.slab(c, lo, hi, n.slabs)
	w := n.args[1].value.slab(c, 0, 1, 1)
	inSize, outSize := g.C*g.H*g.W, g.oc*g.pixels
	expanded := c.worker.scratch[:g.ExpandedSize()]
	plane := g.SH * g.Rows() * g.OW
	for i := range hi - lo {
		l.Fill(expanded, 0)
		for kh, at := range x.rows {
			l.MulPacked(expanded[at:], plane, w[kh*x.panel:], dy[i*outSize:], x.planes, g.C*g.KW, g.pixels, true)
		}
		l.Fold(&g.Conv, out[i*inSize:(i+1)*inSize], expanded, c.worker.scratch[roundUp(len(expanded)):])
	}
}

func (low *lowering) emitConvInputGradient(e *sym.Expr) {
	dy, w := e.Args()[0], e.Args()[1]
	g := newGeometry(e.Attr().(sym.ConvAttr).ConvSpec, e.Shape(), w.Shape(), dy.Shape())
	if g.whole() {
		low.emitWhole(e, dy, w, dy.Shape()[0], len(g.taps), sym.MatMulAttr{})
		return
	}
	if low.emitTransformed(e, dy, w, g, true) {
		return
	}
	if g.wide(dy.Shape()[0]) {
		if g.heavy() {
			low.emitTaps(e, dy, w, g, true)
		} else {
			low.emitWideInputGradient(e, g)
		}
		return
	}
	if g.flips() {
		low.emitFlippedConv(e, g)
		return
	}
	rows := make([]int32, 0, g.C*g.KW) // (c, kw) of a filter [O, C, KH, KW]
	for ch := range g.C {
		for kw := range g.KW {
			rows = append(rows, int32(ch*g.KH*g.KW+kw))
		}
	}
	packed := low.packWeights(w, "input", rows, multiples(g.oc, len(g.taps)), multiples(g.KH, g.KW))
	n := low.newNode(e)
	x := &convInputCall{node: n, g: g, planes: multiples(g.oc, g.pixels), panel: packed.size / g.KH}
	for kh := range g.KH {
		x.rows = append(x.rows, g.taps[kh*g.KW])
	}
	n.call = x
	n.addUse(low.value(dy), true)
	n.addUse(packed, false)
	low.convCost(n, g)
}

// flips reports whether the input gradient is rather computed as a convolution of the output's
// gradient with the flipped, transposed filter. That walks the inner axis over all taps at once,
// where convInputCall adds to memory for every row of the filter; but it multiplies with the
// border, so the output must not be much smaller than the input, and its tiles have only C rows.
func (g *geometry) flips() bool {
	return g.SH == 1 && g.SW == 1 && g.C >= 8 && g.H*g.W*8 <= g.pixels*9 &&
		g.PT < g.KH*g.DH && g.PL < g.KW*g.DW
}

// emitFlippedConv computes the input gradient e of a convolution as a convolution.
func (low *lowering) emitFlippedConv(e *sym.Expr, g *geometry) {
	dy, w := e.Args()[0], e.Args()[1]
	spec := sym.ConvSpec{Stride: [2]int{1, 1}, Dilation: [2]int{g.DH, g.DW},
		PadBefore: [2]int{(g.KH-1)*g.DH - g.PT, (g.KW-1)*g.DW - g.PL}}
	back := newGeometry(spec, dy.Shape(), sym.Shape{g.C, g.oc, g.KH, g.KW}, e.Shape())
	area := g.KH * g.KW
	cols := make([]int32, 0, g.oc*area) // (oc, kh, kw) of a filter [O, C, KH, KW], both axes backwards
	for oc := range g.oc {
		for tap := range area {
			cols = append(cols, int32(oc*g.C*area+area-1-tap))
		}
	}
	packed := low.packWeights(w, "flipped", multiples(g.C, area), cols, []int32{0})
	n := low.newNode(e)
	n.call = &convCall{finishing: finishing{node: n}, g: back}
	n.addUse(low.value(dy), true)
	n.addUse(packed, false)
	low.convCost(n, back)
	n.macs = g.macs() * n.slabs // what multiplies the border is no work that was asked for
}

// convWeightCall is the weight gradient of a convolution: dot products over the pixels of the
// expanded images of a chunk.
type convWeightCall struct {
	pairSum
	g      *geometry
	planes []int32
	stride int // floats from one expanded image to the next
}

func (x *convWeightCall) String() string {
	parts := ""
	if n := x.g.dotParts(); n > 1 {
		parts = fmt.Sprintf(", %d parts", n)
	}
	return fmt.Sprintf("conv-weight-gradient{%v, %d pairs%s}", x.g, x.pairs, parts)
}

func (x *convWeightCall) run(c *chunk, lo, hi int) {
	g, l, out, expanded := x.g, c.worker.level, x.sum(c), c.worker.scratch
	inSize, outSize, parts := g.C*g.H*g.W, g.oc*g.pixels, g.dotParts()
	for p := range x.pairs {
		in, dy := x.pair(c, p, lo, hi)
		for i := range hi - lo {
			l.Expand(&g.Conv, expanded[i*x.stride:], in[i*inSize:(i+1)*inSize])
		}
		for part := range parts {
			first, stop := g.pixels*part/parts, g.pixels*(part+1)/parts
			l.MulDot(
				out, len(g.taps), dy[first:], x.planes, outSize, expanded[first:], g.taps, x.stride, stop-first,
				hi-lo, p+part > 0,
			)
		}
	}
}

// dotParts returns into how many parts the pixels of a weight gradient's dot products are split: as
// many as keep the rows of a part in the caches. It is one where the filter is not that of a stem.
func (g *geometry) dotParts() int {
	const largeMap, partPixels = 4096, 1280
	if !stem(g.KH*g.KW, g.SH, g.SW) || g.pixels <= largeMap {
		return 1
	}
	return (g.pixels + partPixels - 1) / partPixels
}

// stem reports whether a convolution is as those at the beginning of networks for photos are: with
// filters of 7×7 or more, and strides.
func stem(area, sh, sw int) bool { return area >= 49 && min(sh, sw) > 1 }

// Stems reports whether the roots need a convolution of which, on large maps, a weight gradient's sums
// are made in parts.
func Stems(roots ...*sym.Expr) bool {
	return slices.ContainsFunc(sym.Topological(roots...), func(e *sym.Expr) bool {
		if e.Op() != sym.OpConv {
			return false
		}
		stride := e.Attr().(sym.ConvAttr).Stride
		return stem(e.Args()[1].Shape()[2:].Size(), stride[0], stride[1])
	})
}

// emitConvWeightGradient computes e as the sum of the weight gradients of pairs (x, dy).
func (low *lowering) emitConvWeightGradient(e *sym.Expr, attr sym.ConvAttr, pairs [][2]*sym.Expr) {
	x, dy := pairs[0][0], pairs[0][1]
	g := newGeometry(attr.ConvSpec, x.Shape(), e.Shape(), dy.Shape())
	if g.whole() {
		low.emitWholeWeights(e, pairs)
		return
	}
	if low.emitTransformedWeights(e, g, pairs) {
		return
	}
	batch := x.Shape()[0]
	if g.wide(batch) {
		low.emitWideWeightGradient(e, g, pairs)
		return
	}
	stride := roundUp(g.ExpandedSize())
	low.needScratch(stride * low.chunkSize(batch))
	macs := g.macs() * batch
	low.sumOfPairs(e, pairs, macs, macs, func(s pairSum) kernelCall {
		return &convWeightCall{pairSum: s, g: g, planes: multiples(g.oc, g.pixels), stride: stride}
	})
}

// emitWholeWeights computes the weight gradient of a convolution of the whole image: dyᵀ·x.
func (low *lowering) emitWholeWeights(e *sym.Expr, pairs [][2]*sym.Expr) {
	n := low.newNode(e)
	x := &matMulCall{node: n}
	n.call = x
	m := e.Shape()[0]
	for _, pair := range pairs {
		in, dy := pair[0], pair[1]
		p := newProduct(m, e.Shape().Size()/m, dy.Shape()[0], sym.MatMulAttr{TransA: true})
		x.pairs = append(x.pairs, p)
		n.addUse(low.value(dy), false)
		n.addUse(low.value(in), false)
		n.macs += p.m * p.n * p.k
		low.needScratch(p.scratch(low.level, n.chunkSize))
	}
	n.cost = n.macs
}
