package plan

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// Convolutions with filters of 3×3 that keep the size of their maps are computed by Winograd's
// algorithm, see [kernel.Winograd], where it takes less time than the products of the definition:
// with 36 products for sixteen outputs instead of 144. Filters are transformed once a step. Those
// with filters of 5×5 are in winograd5.go.

// winogradGain is how many times faster than the definition the algorithm has to be by the estimate
// of package kernel: what is gained less is not worth its larger rounding errors.
const winogradGain = 1.2

// Fewer channels than these are not worth the transforms of inputs and outputs. Of 5×5 filters more
// are asked for than would gain, so that LeNet, with 16 channels, keeps the bits it has.
const fewInputs, fewOutputs, fewChannels5 = 16, 8, 20

// Transforms reports whether the roots, or their derivatives, need a convolution that may be
// computed by Winograd's algorithm, or that reads its filters once for a whole batch of 16 images,
// for some batch and size of its maps.
func Transforms(roots ...*sym.Expr) bool {
	return slices.ContainsFunc(sym.Topological(roots...), func(e *sym.Expr) bool {
		var filters sym.Shape
		switch e.Op() {
		case sym.OpConv, sym.OpConvInputGradient:
			filters = e.Args()[1].Shape()
		case sym.OpConvWeightGradient:
			filters = e.Shape()
		default:
			return false
		}
		attr, k, c := e.Attr().(sym.ConvAttr), filters[0], filters[1]
		if heavy(k, c, filters[2], filters[3]) {
			return true
		}
		many := false
		switch {
		case filters[2] == 3 && filters[3] == 3:
			many = max(c, k) >= fewInputs && min(c, k) >= fewOutputs
		case filters[2] == 5 && filters[3] == 5:
			many = min(c, k) >= fewChannels5
		}
		return many && attr.Stride == [2]int{1, 1} && attr.Dilation == [2]int{1, 1}
	})
}

// winograd returns the geometries of chunks of a convolution from c to k channels, or nil where the
// definition is used. work is its estimate, or that of the gradient of its filters. The choice
// depends on shapes alone. A network of which [Transforms] reports false never gets one.
func (low *lowering) winograd(
	g *geometry, batch, c, k int, work func(*kernel.Winograd) int,
) *winograd {
	same := g.KH == 3 && g.KW == 3 && g.SH == 1 && g.SW == 1 && g.DH == 1 && g.DW == 1 &&
		g.PT == 1 && g.PL == 1 && g.OH == g.H && g.OW == g.W
	if low.direct || !same || c < fewInputs || k < fewOutputs {
		return nil
	}
	return newTiled(batch, low.chunkSize(batch), g.macs(), func(n int) *kernel.Winograd {
		return kernel.NewWinograd(n, c, k, g.H, g.W)
	}, work)
}

// tiled are the geometries of chunks of n images, and of the last chunk where that is smaller.
type tiled[G any] struct {
	n           int
	chunk, rest *G
	work        int // of a chunk, in multiply-adds
}

type winograd = tiled[kernel.Winograd]

// newTiled makes the geometries for chunks of a batch, or nil where they do not gain enough over so
// many multiply-adds of an image.
func newTiled[G any](batch, size, macs int, of func(n int) *G, work func(*G) int) *tiled[G] {
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
func (t *tiled[G]) of(n int) *G {
	if n == t.n {
		return t.chunk
	}
	return t.rest
}

// each calls f with the geometries.
func (t *tiled[G]) each(f func(g *G)) {
	f(t.chunk)
	if t.rest != nil {
		f(t.rest)
	}
}

func (t *tiled[G]) String() string { return fmt.Sprint(t.chunk) }

// cost estimates the work for a batch in multiply-adds.
func (t *tiled[G]) cost(batch int) int { return t.work * batch / t.n }

// winogradFilterCall transforms filters. A slab is a block of them.
type winogradFilterCall struct {
	node       *node
	rows, cols []int32
	turned     bool
}

func (x *winogradFilterCall) String() string {
	return fmt.Sprintf("transform{%dx%d F(4x4,3x3)}", len(x.rows), len(x.cols))
}

func (x *winogradFilterCall) readings(int) int { return 1 }

func (x *winogradFilterCall) run(c *chunk, lo, hi int) {
	out, in := x.node.outs[0].slab(c, 0, 1, 1), x.node.args[0].value.slab(c, 0, 1, 1)
	for q := lo; q < hi; q++ {
		c.worker.level.WinogradFilter(out, in, x.rows, x.cols, x.turned, q)
	}
}

// winogradFilter adds the node that transforms the filters w: [O, C, 3, 3], or finds it. Turned
// filters go from O to C channels.
func (low *lowering) winogradFilter(w *sym.Expr, turned bool) *value {
	x := &winogradFilterCall{turned: turned}
	x.rows, x.cols = multiples(w.Shape()[0], 9*w.Shape()[1]), multiples(w.Shape()[1], 9)
	kind := "winograd"
	if turned {
		x.rows, x.cols = x.cols, x.rows
		kind = "winograd-turned"
	}
	return low.once(w, kind, func(name string) *node {
		n := low.bareNode(name, kernel.WinogradFilterSize(len(x.rows), len(x.cols)), 1)
		n.tiles(kernel.WinogradBlocks(len(x.rows)), 0)
		n.cost = 8 * n.outs[0].size
		x.node, n.call = n, x
		n.addUse(low.value(w), false)
		return n
	})
}

// winogradCall is a convolution, or the input gradient of one, chunk by chunk.
type winogradCall struct {
	node  *node
	sizes *winograd
	kind  string
}

func (x *winogradCall) String() string { return fmt.Sprintf("%s{%v}", x.kind, x.sizes) }

func (x *winogradCall) run(c *chunk, lo, hi int) {
	n := x.node
	out, in := n.outs[0].slab(c, lo, hi, n.slabs), n.args[0].value.slab(c, lo, hi, n.slabs)
	u := n.args[1].value.slab(c, 0, 1, 1)
	c.worker.level.WinogradConv(x.sizes.of(hi-lo), out, in, u, c.worker.scratch)
}

// emitWinograd computes e from in, of as many images, and filters.
func (low *lowering) emitWinograd(
	e, in, filters *sym.Expr, g *geometry, sizes *winograd, turned bool,
) {
	u := low.winogradFilter(filters, turned)
	n := low.newNode(e)
	kind := "conv"
	if turned {
		kind = "conv-input-gradient"
	}
	n.call = &winogradCall{node: n, sizes: sizes, kind: kind}
	n.addUse(low.value(in), true)
	n.addUse(u, false)
	n.macs = g.macs() * n.slabs
	n.cost += sizes.cost(n.slabs)
	sizes.each(func(g *kernel.Winograd) { low.needScratch(g.ConvScratch()) })
}

// winogradWeightCall is the weight gradient of a convolution.
type winogradWeightCall struct {
	pairSum
	sizes *winograd
}

func (x *winogradWeightCall) String() string {
	return fmt.Sprintf("conv-weight-gradient{%v, %d pairs}", x.sizes, x.pairs)
}

func (x *winogradWeightCall) run(c *chunk, lo, hi int) {
	g, l := x.sizes.of(hi-lo), c.worker.level
	sums, scratch := c.worker.scratch, c.worker.scratch[roundUp(g.WeightSums()):]
	for p := range x.pairs {
		in, dy := x.pair(c, p, lo, hi)
		l.WinogradWeights(g, sums, in, dy, scratch, p > 0)
	}
	l.WinogradFinish(g, x.sum(c), sums, scratch)
}

// emitWinogradWeights computes e as the sum of the weight gradients of pairs (x, dy).
func (low *lowering) emitWinogradWeights(
	e *sym.Expr, g *geometry, sizes *winograd, pairs [][2]*sym.Expr,
) {
	batch := pairs[0][0].Shape()[0]
	sizes.each(func(g *kernel.Winograd) {
		low.needScratch(roundUp(g.WeightSums()) + g.WeightScratch())
	})
	low.sumOfPairs(e, pairs, g.macs()*batch, sizes.cost(batch), func(s pairSum) kernelCall {
		return &winogradWeightCall{s, sizes}
	})
}
