package plan

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// Convolutions with filters of 5×5 are computed by Winograd's algorithm, too, see
// [kernel.Winograd5], with whatever border: with 64 products for sixteen outputs instead of 400.

type winograd5 = tiled[kernel.Winograd5]

// five reports whether F(4×4, 5×5) computes this convolution where it gains enough.
func (g *geometry) five() bool {
	return g.KH == 5 && g.KW == 5 && g.SH == 1 && g.SW == 1 && g.DH == 1 && g.DW == 1 &&
		min(g.C, g.oc) >= fewChannels5
}

// winograd5 is like winograd.
func (low *lowering) winograd5(
	g *geometry, batch int, work func(*kernel.Winograd5) int,
) *winograd5 {
	if low.direct || !g.five() {
		return nil
	}
	return newTiled(batch, low.chunkSize(batch), g.macs(), func(n int) *kernel.Winograd5 {
		return kernel.NewWinograd5(n, g.C, g.oc, g.H, g.W, g.OH, g.OW, g.PT, g.PL)
	}, work)
}

// chunkWholeGroups decides how large chunks are of batches that F(4×4, 5×5) convolves: of up to
// eight slabs in at least seven chunks that size which leaves the fewest lanes of vectors without a
// tile, and the largest such. An image of LeNetCaffe has four tiles, so four images fill sixteen
// lanes, where the five that chunkSize chooses for a batch of 50 fill twenty of 32.
func (low *lowering) chunkWholeGroups() {
	const most, fewest, lanes = 8, 7, 16
	low.chunked = map[int]int{}
	if low.direct {
		return
	}
	for _, e := range low.order {
		if e.Op() != sym.OpConv {
			continue
		}
		x, w := e.Args()[0].Shape(), e.Args()[1].Shape()
		g := newGeometry(e.Attr().(sym.ConvAttr).ConvSpec, x, w, e.Shape())
		batch := x[0]
		if !g.five() || g.whole() || low.chunked[batch] > 0 {
			continue
		}
		tiles := chunks(g.OH, 4) * chunks(g.OW, 4)
		best, least := chunkSize(batch), 0
		for size := best; size == best || size <= most && chunks(batch, size) >= fewest; size++ {
			groups := batch/size*chunks(size*tiles, lanes) + chunks(batch%size*tiles, lanes)
			if least == 0 || groups <= least {
				best, least = size, groups
			}
		}
		low.chunked[batch] = best
	}
}

// chunkSize returns how many of n slabs are worked on at a time.
func (low *lowering) chunkSize(n int) int {
	if size := low.chunked[n]; size > 0 {
		return size
	}
	return chunkSize(n)
}

// winograd5FilterCall transforms filters. A slab is a block of them.
type winograd5FilterCall struct {
	node       *node
	rows, cols []int32
}

func (x *winograd5FilterCall) String() string {
	return fmt.Sprintf("transform{%dx%d F(4x4,5x5)}", len(x.rows), len(x.cols))
}

func (x *winograd5FilterCall) run(c *chunk, lo, hi int) {
	out, in := x.node.outs[0].slab(c, 0, 1, 1), x.node.args[0].value.slab(c, 0, 1, 1)
	for q := lo; q < hi; q++ {
		c.worker.level.Winograd5Filter(out, in, x.rows, x.cols, q)
	}
}

// winograd5Filter adds the node that transforms the filters w: [O, C, 5, 5], or finds it. Of the
// gradient of inputs the inputs are rows.
func (low *lowering) winograd5Filter(w *sym.Expr, adjoint bool) *value {
	x := &winograd5FilterCall{
		rows: multiples(w.Shape()[0], 25*w.Shape()[1]), cols: multiples(w.Shape()[1], 25),
	}
	kind := "winograd5"
	if adjoint {
		x.rows, x.cols = x.cols, x.rows
		kind = "winograd5-adjoint"
	}
	return low.once(w, kind, func(name string) *node {
		n := low.bareNode(name, kernel.Winograd5FilterSize(len(x.rows), len(x.cols)), 1)
		n.tiles(kernel.WinogradBlocks(len(x.rows)), 0)
		n.cost = 8 * n.outs[0].size
		x.node, n.call = n, x
		n.addUse(low.value(w), false)
		return n
	})
}

// winograd5Call is a convolution, or the input gradient of one, chunk by chunk.
type winograd5Call struct {
	node    *node
	sizes   *winograd5
	adjoint bool
}

func (x *winograd5Call) String() string {
	if x.adjoint {
		return fmt.Sprintf("conv-input-gradient{%v}", x.sizes)
	}
	return fmt.Sprintf("conv{%v}", x.sizes)
}

func (x *winograd5Call) run(c *chunk, lo, hi int) {
	n, l, g := x.node, c.worker.level, x.sizes.of(hi-lo)
	out, in := n.outs[0].slab(c, lo, hi, n.slabs), n.args[0].value.slab(c, lo, hi, n.slabs)
	u := n.args[1].value.slab(c, 0, 1, 1)
	if x.adjoint {
		l.Winograd5InputGradient(g, out, in, u, c.worker.scratch)
	} else {
		l.Winograd5Conv(g, out, in, u, c.worker.scratch)
	}
}

// emitWinograd5 computes e, a convolution or the input gradient of one.
func (low *lowering) emitWinograd5(e *sym.Expr, sizes *winograd5, g *geometry, adjoint bool) {
	in, filters := e.Args()[0], e.Args()[1]
	u := low.winograd5Filter(filters, adjoint)
	n := low.newNode(e)
	n.call = &winograd5Call{node: n, sizes: sizes, adjoint: adjoint}
	n.addUse(low.value(in), true)
	n.addUse(u, false)
	n.macs = g.macs() * n.slabs
	n.cost += sizes.cost(n.slabs)
	sizes.each(func(g *kernel.Winograd5) { low.needScratch(g.ConvScratch()) })
}

// winograd5WeightCall is the weight gradient of a convolution.
type winograd5WeightCall struct {
	pairSum
	sizes *winograd5
}

func (x *winograd5WeightCall) String() string {
	return fmt.Sprintf("conv-weight-gradient{%v, %d pairs}", x.sizes, x.pairs)
}

func (x *winograd5WeightCall) run(c *chunk, lo, hi int) {
	g, l := x.sizes.of(hi-lo), c.worker.level
	sums, scratch := c.worker.scratch, c.worker.scratch[roundUp(g.WeightSums()):]
	for p := range x.pairs {
		in, dy := x.pair(c, p, lo, hi)
		l.Winograd5Weights(g, sums, in, dy, scratch, p > 0)
	}
	l.Winograd5Finish(g, x.sum(c), sums, scratch)
}

// emitWinograd5Weights computes e as the sum of the weight gradients of pairs (x, dy).
func (low *lowering) emitWinograd5Weights(
	e *sym.Expr, g *geometry, sizes *winograd5, pairs [][2]*sym.Expr,
) {
	batch := pairs[0][0].Shape()[0]
	sizes.each(func(g *kernel.Winograd5) {
		low.needScratch(roundUp(g.WeightSums()) + g.WeightScratch())
	})
	low.sumOfPairs(e, pairs, g.macs()*batch, sizes.cost(batch), func(s pairSum) kernelCall {
		return &winograd5WeightCall{s, sizes}
	})
}
