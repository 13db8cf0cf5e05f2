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

// batchAlgorithm is a way to convolve a whole batch, forth or back, by Winograd's algorithm.
type batchAlgorithm interface {
	String() string
	// form tells how transformed tensors lie, where those of one kind may lie otherwise.
	form(kind batchPass) string
	// transforms returns the tasks of a transform of inputs, outputs and gradients.
	transforms() int
	inputSize() int    // floats of transformed inputs
	productSize() int  // of their products
	gradientSize() int // of transformed gradients
	scratch() int      // of the memory that transforms need
	// rows returns the outputs of a product, and into how many blocks filters split them.
	rows() (n, blocks int)
	// products returns the multiply-adds of all frequencies.
	products() int
	// gradientBlocks returns into how many blocks of output channels sums are split, of how many
	// floats all of them are, and those that finishing one needs.
	gradientBlocks() (n, size, scratch int)

	inputs(l kernel.Level, v, x, scratch []float32, task int)
	gradients(l kernel.Level, d, dy []float32, task int)
	product(l kernel.Level, m, v, u []float32, frequency, first, stop int, more bool)
	outputs(l kernel.Level, y, m, scratch []float32, task int)
	outer(l kernel.Level, sums, v, d []float32, frequency, block int, acc bool)
	finish(l kernel.Level, dw, sums, scratch []float32, block int)
}

// wholeBatch is F(4×4, 3×3) of a whole batch.
type wholeBatch struct{ g *kernel.Winograd }

func (w wholeBatch) String() string {
	return fmt.Sprintf("%d of %dx%dx%d*%dx3x3 F(4x4,3x3)", w.g.N, w.g.C, w.g.H, w.g.W, w.g.K)
}
func (w wholeBatch) form(batchPass) string { return "" }
func (w wholeBatch) transforms() int       { return w.g.Groups() }
func (w wholeBatch) inputSize() int        { return w.g.InputSize() }
func (w wholeBatch) productSize() int      { return w.g.ProductSize() }
func (w wholeBatch) gradientSize() int     { return w.g.GradientSize() }
func (w wholeBatch) scratch() int          { return 0 }
func (w wholeBatch) rows() (n, blocks int) { return w.g.K, kernel.WinogradBlocks(w.g.K) }
func (w wholeBatch) products() int         { return w.g.Products() }
func (w wholeBatch) gradientBlocks() (n, size, scratch int) {
	return w.g.GradientBlocks(), w.g.WeightSums(), w.g.FinishScratch()
}
func (w wholeBatch) inputs(l kernel.Level, v, x, _ []float32, task int) {
	l.WinogradInputs(w.g, v, x, task)
}
func (w wholeBatch) gradients(l kernel.Level, d, dy []float32, task int) {
	l.WinogradGradients(w.g, d, dy, task)
}
func (w wholeBatch) product(l kernel.Level, m, v, u []float32, f, first, stop int, more bool) {
	l.WinogradProduct(w.g, m, v, u, f, first, stop, more)
}
func (w wholeBatch) outputs(l kernel.Level, y, m, _ []float32, task int) {
	l.WinogradOutputs(w.g, y, m, task)
}
func (w wholeBatch) outer(l kernel.Level, sums, v, d []float32, f, block int, acc bool) {
	l.WinogradOuter(w.g, sums, v, d, f, block, acc)
}
func (w wholeBatch) finish(l kernel.Level, dw, sums, scratch []float32, block int) {
	l.WinogradFinishPart(w.g, dw, sums, scratch, block)
}

// batchCall is a pass of a convolution of a whole batch. A slab is a task of a transform, a block of
// channels of a frequency, or a block of channels.
type batchCall struct {
	node  *node
	by    batchAlgorithm
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
	s := fmt.Sprintf("%v{%v", x.kind, x.by)
	if x.pairs > 0 {
		s += fmt.Sprintf(", %d pairs", x.pairs)
	}
	return s + "}"
}

func (x *batchCall) run(c *chunk, lo, hi int) {
	n, l, scratch := x.node, c.worker.level, c.worker.scratch
	out, in := n.outs[0].slab(c, 0, 1, 1), n.args[0].value.slab(c, 0, 1, 1)
	for slab := lo; slab < hi; slab++ {
		switch x.kind {
		case batchInputs:
			x.by.inputs(l, out, in, scratch, slab)
		case batchGradients:
			x.by.gradients(l, out, in, slab)
		case batchProducts:
			x.products(c, out, in, slab, slab+1 < hi)
		case batchOutputs:
			x.by.outputs(l, out, in, scratch, slab)
		case batchSums:
			blocks, _, _ := x.by.gradientBlocks()
			for p := range x.pairs {
				v, d := n.args[2*p].value.slab(c, 0, 1, 1), n.args[2*p+1].value.slab(c, 0, 1, 1)
				x.by.outer(l, out, v, d, slab/blocks, slab%blocks, p > 0)
			}
		case batchFilters:
			x.by.finish(l, out, in, scratch, slab)
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
		blocks, _, _ := x.by.gradientBlocks()
		return blocks
	}
	return 1
}

// frequencies of F(4×4, 3×3).
const frequencies = 36

// products multiplies a block of channels for a frequency. The next slab is the next frequency.
func (x *batchCall) products(c *chunk, out, in []float32, slab int, more bool) {
	u, f, i := x.node.args[1].value.slab(c, 0, 1, 1), slab%frequencies, slab/frequencies
	_, blocks := x.by.rows()
	first, stop := blocks*i/x.parts, blocks*(i+1)/x.parts
	x.by.product(c.worker.level, out, in, u, f, first, stop, more && f+1 < frequencies)
}

// batchNode adds a node of one pass.
func (low *lowering) batchNode(name string, x *batchCall, size, slabs, macs, cost int) *node {
	n := low.bareNode(name, size, 1)
	n.tiles(slabs, macs)
	n.cost = cost
	x.node, n.call = n, x
	low.needScratch(x.by.scratch())
	return n
}

// batchTiles adds the node that transforms x, or finds it. The gradient of an output is transformed
// otherwise where it is multiplied with inputs.
func (low *lowering) batchTiles(x *sym.Expr, by batchAlgorithm, kind batchPass) *value {
	size := by.inputSize()
	if kind == batchGradients {
		size = by.gradientSize()
	}
	return low.once(x, kind.String()+by.form(kind), func(name string) *node {
		n := low.batchNode(name, &batchCall{by: by, kind: kind}, size, by.transforms(), 0, 8*size)
		n.addUse(low.value(x), false)
		return n
	})
}

// emitBatch computes e, of so many multiply-adds, from in, of as many images, and transformed filters
// u.
func (low *lowering) emitBatch(e, in *sym.Expr, u *value, macs int, by batchAlgorithm) {
	v := low.batchTiles(in, by, batchInputs)
	rows, _ := by.rows()
	x := &batchCall{by: by, kind: batchProducts, parts: (rows + 127) / 128}
	m := low.batchNode(low.name(e)+"/tiles", x, by.productSize(), frequencies*x.parts, macs, by.products())
	m.chunkSize = 3 // frequencies, of which each asks for the memory of the next
	m.addUse(v, false)
	m.addUse(u, false)
	y := low.batchNode(
		low.name(e), &batchCall{by: by, kind: batchOutputs}, e.Shape().Size(), by.transforms(), 0,
		4*by.productSize(),
	)
	low.values[e] = y.outs[0]
	y.addUse(m.outs[0], false)
}

// emitBatchWeights computes e, of so many multiply-adds a pair, as the sum of the weight gradients of
// pairs (x, dy).
func (low *lowering) emitBatchWeights(e *sym.Expr, macs int, by batchAlgorithm, pairs [][2]*sym.Expr) {
	x := &batchCall{by: by, kind: batchSums, pairs: len(pairs)}
	var uses []*value
	for _, p := range pairs {
		uses = append(uses, low.batchTiles(p[0], by, batchInputs), low.batchTiles(p[1], by, batchGradients))
	}
	blocks, size, scratch := by.gradientBlocks()
	cost := by.products() * len(pairs)
	s := low.batchNode(low.name(e)+"/tiles", x, size, frequencies*blocks, macs*len(pairs), cost)
	for _, v := range uses {
		s.addUse(v, false)
	}
	f := low.batchNode(
		low.name(e), &batchCall{by: by, kind: batchFilters}, e.Shape().Size(), blocks, 0, 4*size,
	)
	low.values[e] = f.outs[0]
	f.addUse(s.outs[0], false)
	low.needScratch(scratch)
}
