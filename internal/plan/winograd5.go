package plan

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// Convolutions with filters of 5×5 are computed by Winograd's algorithm, too, see
// [kernel.Winograd5], with whatever border: with 64 products for sixteen outputs instead of 400.

// five reports whether F(4×4, 5×5) computes this convolution where it gains enough.
func (g *geometry) five() bool {
	return g.KH == 5 && g.KW == 5 && g.SH == 1 && g.SW == 1 && g.DH == 1 && g.DW == 1 &&
		min(g.C, g.oc) >= fewChannels5
}

// winograd5 is like winograd.
func (low *lowering) winograd5(
	g *geometry, batch int, work func(*kernel.Winograd5) int,
) *tiled[*kernel.Winograd5] {
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

// winograd5Filter adds the node that transforms the filters w: [O, C, 5, 5], or finds it. Of the
// gradient of inputs the inputs are rows.
func (low *lowering) winograd5Filter(w *sym.Expr, adjoint bool) *value {
	rows, cols := multiples(w.Shape()[0], 25*w.Shape()[1]), multiples(w.Shape()[1], 25)
	kind := "winograd5"
	if adjoint {
		rows, cols = cols, rows
		kind = "winograd5-adjoint"
	}
	size := kernel.Winograd5FilterSize(len(rows), len(cols))
	return low.transformedFilter(w, kind, size, kernel.WinogradBlocks(len(rows)), &winogradFilterCall{
		formula: fmt.Sprintf("%dx%d F(4x4,5x5)", len(rows), len(cols)),
		transform: func(l kernel.Level, u, w []float32, block int) {
			l.Winograd5Filter(u, w, rows, cols, block)
		},
	})
}
