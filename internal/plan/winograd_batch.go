package plan

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// Convolutions by Winograd's algorithm whose transformed filters fit no cache work on the whole
// batch, in nodes whose tasks share the filters instead of reading all of them for every chunk of
// images:
//
//	x ── tiles ──▶ V ── products by frequency ──▶ M ── outputs ──▶ y
//	x ── tiles ──▶ V ╮
//	dy ─ gradients ▶ D ┴ sums by frequency ──▶ dU ── filters ──▶ dw
//
// So a weight gradient has no parts to add up, and any number of cores has work.

// batchWinograd returns the geometry of a convolution of a batch from c to k channels, or nil where
// it is computed otherwise. work is its estimate, or that of the gradient of its filters. The choice
// depends on shapes alone.
func (low *lowering) batchWinograd(
	g *geometry, batch, c, k int, work func(*kernel.Winograd) int,
) *kernel.Winograd {
	// Filters beyond a second-level cache, and tiles whose V a third-level cache holds.
	const manyFilters, manyGroups = 1 << 13, 64
	if low.direct || !g.same() || c < fewInputs || k < fewOutputs || c*k <= manyFilters {
		return nil
	}
	if batch*((g.H+3)/4)*((g.W+7)/8) > 8*manyGroups {
		return nil
	}
	w := kernel.NewBatchWinograd(batch, c, k, g.H, g.W)
	if winogradGain*float64(work(w)) > float64(g.insideMACs()*batch) {
		return nil
	}
	return w
}

// insideMACs returns the multiply-adds of one image without those on the padding.
func (g *geometry) insideMACs() int {
	count := func(taps, stride, pad, extent, outputs int) (n int) {
		for k := range taps {
			lo, hi := inside(stride, k-pad, extent, outputs)
			n += max(0, hi-lo)
		}
		return n
	}
	return g.C * g.oc * count(g.KH, g.SH, g.PT, g.H, g.OH) * count(g.KW, g.SW, g.PL, g.W, g.OW)
}

// batchCall is a pass of a convolution of a whole batch. A slab is a group of tiles, a block of
// channels of a frequency, or a block of channels.
type batchCall struct {
	node  *node
	g     *kernel.Winograd
	kind  batchPass
	parts int // into which the channels of a product are split
	pairs int
}

type batchPass uint8

const (
	batchInputs batchPass = iota
	batchGradients
	batchProducts
	batchOutputs
	batchSums
	batchFilters
)

func (p batchPass) String() string {
	return [...]string{"tiles", "gradient-tiles", "tile-products", "conv", "tile-sums", "conv-weight-gradient"}[p]
}

func (x *batchCall) String() string {
	s := fmt.Sprintf("%v{%d of %dx%dx%d*%dx3x3 F(4x4,3x3)", x.kind, x.g.N, x.g.C, x.g.H, x.g.W, x.g.K)
	if x.pairs > 0 {
		s += fmt.Sprintf(", %d pairs", x.pairs)
	}
	return s + "}"
}

func (x *batchCall) run(c *chunk, lo, hi int) {
	n, g, l := x.node, x.g, c.worker.level
	out, in := n.outs[0].slab(c, 0, 1, 1), n.args[0].value.slab(c, 0, 1, 1)
	for slab := lo; slab < hi; slab++ {
		switch x.kind {
		case batchInputs:
			l.WinogradInputs(g, out, in, slab)
		case batchGradients:
			l.WinogradGradients(g, out, in, slab)
		case batchProducts:
			x.products(c, out, in, slab, slab+1 < hi)
		case batchOutputs:
			l.WinogradOutputs(g, out, in, slab)
		case batchSums:
			blocks := g.GradientBlocks()
			for p := range x.pairs {
				v, d := n.args[2*p].value.slab(c, 0, 1, 1), n.args[2*p+1].value.slab(c, 0, 1, 1)
				l.WinogradOuter(g, out, v, d, slab/blocks, slab%blocks, p > 0)
			}
		case batchFilters:
			l.WinogradFinishPart(g, out, in, c.worker.scratch, slab)
		}
	}
}

// readings counts how often tasks read an argument: the inputs of products once for every block of
// channels.
func (x *batchCall) readings(arg int) int {
	switch {
	case x.kind == batchProducts && arg == 0:
		return x.parts
	case x.kind == batchSums && arg%2 == 0:
		return x.g.GradientBlocks()
	}
	return 1
}

// frequencies of F(4×4, 3×3).
const frequencies = 36

// products multiplies a block of channels for a frequency. The next slab is the next frequency.
func (x *batchCall) products(c *chunk, out, in []float32, slab int, more bool) {
	u, f, i := x.node.args[1].value.slab(c, 0, 1, 1), slab%frequencies, slab/frequencies
	blocks := kernel.WinogradBlocks(x.g.K)
	first, stop := blocks*i/x.parts, blocks*(i+1)/x.parts
	c.worker.level.WinogradProduct(x.g, out, in, u, f, first, stop, more && f+1 < frequencies)
}

// batchNode adds a node of one pass.
func (low *lowering) batchNode(name string, x *batchCall, size, slabs, macs, cost int) *node {
	n := low.bareNode(name, size, 1)
	n.tiles(slabs, macs)
	n.cost = cost
	x.node, n.call = n, x
	return n
}

// batchTiles adds the node that transforms x, or finds it. The gradient of an output is transformed
// otherwise where it is multiplied with inputs.
func (low *lowering) batchTiles(x *sym.Expr, g *kernel.Winograd, kind batchPass) *value {
	size := g.InputSize()
	if kind == batchGradients {
		size = g.GradientSize()
	}
	return low.once(x, kind.String(), func(name string) *node {
		n := low.batchNode(name, &batchCall{g: g, kind: kind}, size, g.Groups(), 0, 8*size)
		n.addUse(low.value(x), false)
		return n
	})
}

// emitBatchWinograd computes e from in, of as many images, and filters.
func (low *lowering) emitBatchWinograd(e, in, filters *sym.Expr, macs int, g *kernel.Winograd, turned bool) {
	u := low.winogradFilter(filters, turned)
	v := low.batchTiles(in, g, batchInputs)
	x := &batchCall{g: g, kind: batchProducts, parts: (g.K + 127) / 128}
	m := low.batchNode(low.name(e)+"/tiles", x, g.ProductSize(), frequencies*x.parts, macs, g.Products())
	m.chunkSize = 3 // frequencies, of which each asks for the memory of the next
	m.addUse(v, false)
	m.addUse(u, false)
	y := low.batchNode(
		low.name(e), &batchCall{g: g, kind: batchOutputs}, e.Shape().Size(), g.Groups(), 0, 4*g.ProductSize(),
	)
	low.values[e] = y.outs[0]
	y.addUse(m.outs[0], false)
}

// emitBatchWinogradWeights computes e as the sum of the weight gradients of pairs (x, dy).
func (low *lowering) emitBatchWinogradWeights(
	e *sym.Expr, macs int, g *kernel.Winograd, pairs [][2]*sym.Expr,
) {
	x := &batchCall{g: g, kind: batchSums, pairs: len(pairs)}
	var uses []*value
	for _, p := range pairs {
		uses = append(uses, low.batchTiles(p[0], g, batchInputs), low.batchTiles(p[1], g, batchGradients))
	}
	cost := g.Products() * len(pairs)
	slabs := frequencies * g.GradientBlocks()
	s := low.batchNode(low.name(e)+"/tiles", x, g.WeightSums(), slabs, macs*len(pairs), cost)
	for _, v := range uses {
		s.addUse(v, false)
	}
	f := low.batchNode(
		low.name(e), &batchCall{g: g, kind: batchFilters}, e.Shape().Size(), g.GradientBlocks(), 0,
		4*g.WeightSums(),
	)
	low.values[e] = f.outs[0]
	f.addUse(s.outs[0], false)
	low.needScratch(g.FinishScratch())
}
