package plan

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// What the formulas of Winograd's algorithm share that work chunk by chunk: geometries, and the calls
// that transform filters, convolve, and add up weight gradients.

// tileGeometry is a geometry of package kernel, a pointer, that is nil where there is none.
type tileGeometry interface {
	comparable
	ConvScratch() int
	WeightSums() int
	WeightScratch() int
}

// tiled are the geometries of chunks of n images, and of the last chunk where that is smaller.
type tiled[G tileGeometry] struct {
	n           int
	chunk, rest G
	work        int // of a chunk, in multiply-adds
}

// newTiled makes the geometries for chunks of a batch, or nil where they do not gain enough over so
// many multiply-adds of an image.
func newTiled[G tileGeometry](batch, size, macs int, of func(n int) G, work func(G) int) *tiled[G] {
	t := &tiled[G]{n: size, chunk: of(size)}
	t.work = work(t.chunk)
	if winogradGain*float64(t.work) > float64(macs*size) {
		return nil
	}
	if rest := batch % size; rest > 0 {
		t.rest = of(rest)
	}
	return t
}

// of returns the geometry of a chunk of n images.
func (t *tiled[G]) of(n int) G {
	if n == t.n {
		return t.chunk
	}
	return t.rest
}

// scratch returns the most memory that a call needs for one of the geometries.
func (t *tiled[G]) scratch(of func(g G) int) int {
	var none G
	if t.rest == none {
		return of(t.chunk)
	}
	return max(of(t.chunk), of(t.rest))
}

func (t *tiled[G]) String() string { return fmt.Sprint(t.chunk) }

// cost estimates the work for a batch in multiply-adds.
func (t *tiled[G]) cost(batch int) int { return t.work * batch / t.n }

// winogradFilterCall transforms filters. A slab is a block of them.
type winogradFilterCall struct {
	node       *node
	formula    string
	rows, cols []int32
	transform  func(l kernel.Level, u, w []float32, rows, cols []int32, block int)
}

func (x *winogradFilterCall) String() string {
	return fmt.Sprintf("transform{%dx%d %s}", len(x.rows), len(x.cols), x.formula)
}

func (x *winogradFilterCall) readings(int) int { return 1 }

func (x *winogradFilterCall) run(c *chunk, lo, hi int) {
	out, in := x.node.outs[0].slab(c, 0, 1, 1), x.node.args[0].value.slab(c, 0, 1, 1)
	for block := lo; block < hi; block++ {
		x.transform(c.worker.level, out, in, x.rows, x.cols, block)
	}
}

// transformedFilter adds the node that transforms the filters w to size floats, or finds it.
func (low *lowering) transformedFilter(w *sym.Expr, kind string, size int, x *winogradFilterCall) *value {
	return low.once(w, kind, func(name string) *node {
		n := low.bareNode(name, size, 1)
		n.tiles(kernel.WinogradBlocks(len(x.rows)), 0)
		n.cost = 8 * size
		x.node, n.call = n, x
		n.addUse(low.value(w), false)
		return n
	})
}

// tiledCall is a convolution, or the input gradient of one, chunk by chunk.
type tiledCall[G tileGeometry] struct {
	node  *node
	sizes *tiled[G]
	kind  string
	pass  func(l kernel.Level, g G, y, x, u, scratch []float32)
}

func (x *tiledCall[G]) String() string { return fmt.Sprintf("%s{%v}", x.kind, x.sizes) }

func (x *tiledCall[G]) run(c *chunk, lo, hi int) {
	n := x.node
	out, in := n.outs[0].slab(c, lo, hi, n.slabs), n.args[0].value.slab(c, lo, hi, n.slabs)
	u := n.args[1].value.slab(c, 0, 1, 1)
	x.pass(c.worker.level, x.sizes.of(hi-lo), out, in, u, c.worker.scratch)
}

// emitTiled computes e from in, of as many images, and transformed filters u.
func emitTiled[G tileGeometry](
	low *lowering, e, in *sym.Expr, u *value, g *geometry, sizes *tiled[G], turned bool,
	pass func(l kernel.Level, g G, y, x, u, scratch []float32),
) {
	kind := "conv"
	if turned {
		kind = "conv-input-gradient"
	}
	n := low.newNode(e)
	n.call = &tiledCall[G]{node: n, sizes: sizes, kind: kind, pass: pass}
	n.addUse(low.value(in), true)
	n.addUse(u, false)
	n.macs = g.macs() * n.slabs
	n.cost += sizes.cost(n.slabs)
	low.needScratch(sizes.scratch(G.ConvScratch))
}

// tiledWeightCall is the weight gradient of a convolution.
type tiledWeightCall[G tileGeometry] struct {
	pairSum
	sizes  *tiled[G]
	add    func(l kernel.Level, g G, sums, x, dy, scratch []float32, more bool)
	finish func(l kernel.Level, g G, dw, sums, scratch []float32)
}

func (x *tiledWeightCall[G]) String() string {
	return fmt.Sprintf("conv-weight-gradient{%v, %d pairs}", x.sizes, x.pairs)
}

func (x *tiledWeightCall[G]) run(c *chunk, lo, hi int) {
	g, l := x.sizes.of(hi-lo), c.worker.level
	sums, scratch := c.worker.scratch, c.worker.scratch[roundUp(g.WeightSums()):]
	for p := range x.pairs {
		in, dy := x.pair(c, p, lo, hi)
		x.add(l, g, sums, in, dy, scratch, p > 0)
	}
	x.finish(l, g, x.sum(c), sums, scratch)
}

// emitTiledWeights computes e as the sum of the weight gradients of pairs (x, dy).
func emitTiledWeights[G tileGeometry](
	low *lowering, e *sym.Expr, g *geometry, sizes *tiled[G], pairs [][2]*sym.Expr,
	add func(l kernel.Level, g G, sums, x, dy, scratch []float32, more bool),
	finish func(l kernel.Level, g G, dw, sums, scratch []float32),
) {
	batch := pairs[0][0].Shape()[0]
	low.needScratch(sizes.scratch(func(g G) int { return roundUp(g.WeightSums()) + g.WeightScratch() }))
	low.sumOfPairs(e, pairs, g.macs()*batch, sizes.cost(batch), func(s pairSum) kernelCall {
		return &tiledWeightCall[G]{s, sizes, add, finish}
	})
}
