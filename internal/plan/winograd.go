package plan

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// Convolutions with filters of 3×3 that keep the size of their maps are computed by Winograd's
// algorithm, see [kernel.Winograd], where it takes less time than the products of the definition:
// with 36 products for sixteen outputs instead of 144. Those with filters of 5×5 are in winograd5.go,
// those of whole batches in winograd_batch.go. Filters are transformed once a step.

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
		attr, filters, ok := convolutionOf(e)
		if !ok {
			return false
		}
		k, c := filters[0], filters[1]
		if heavy(k, c, filters[2], filters[3]) || fitsPhases(attr, filters) {
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

// convolutionOf returns what e convolves with, and the shape of the filters, if e is a convolution or
// a derivative of one.
func convolutionOf(e *sym.Expr) (attr sym.ConvAttr, filters sym.Shape, ok bool) {
	switch e.Op() {
	case sym.OpConv, sym.OpConvInputGradient:
		return e.Attr().(sym.ConvAttr), e.Args()[1].Shape(), true
	case sym.OpConvWeightGradient:
		return e.Attr().(sym.ConvAttr), e.Shape(), true
	}
	return attr, nil, false
}

// emitTransformed computes e, a convolution or the input gradient of one, from in, of as many images,
// and filters by Winograd's algorithm, and reports whether that gains enough.
func (low *lowering) emitTransformed(e, in, filters *sym.Expr, g *geometry, turned bool) bool {
	batch, c, k := in.Shape()[0], g.C, g.oc
	if turned {
		c, k = k, c
	}
	if whole := low.batchWinograd(g, batch, c, k, (*kernel.Winograd).BatchWork); whole != nil {
		low.emitBatch(e, in, low.winogradFilter(filters, turned), g.macs()*batch, wholeBatch{whole})
		return true
	}
	if half := low.polyphase(g, batch, turned, (*kernel.Polyphase).Work); half != nil {
		low.emitBatch(e, in, low.polyphaseFilter(filters, half), g.macs()*batch, half)
		return true
	}
	if sizes := low.winograd(g, batch, c, k, (*kernel.Winograd).Work); sizes != nil {
		u := low.winogradFilter(filters, turned)
		emitTiled(low, e, in, u, g, sizes, turned, kernel.Level.WinogradConv)
		return true
	}
	if sizes := low.winograd5(g, batch, (*kernel.Winograd5).Work); sizes != nil {
		u, pass := low.winograd5Filter(filters, turned), kernel.Level.Winograd5Conv
		if turned {
			pass = kernel.Level.Winograd5InputGradient
		}
		emitTiled(low, e, in, u, g, sizes, turned, pass)
		return true
	}
	return false
}

// emitTransformedWeights computes e as the sum of the weight gradients of pairs (x, dy) by Winograd's
// algorithm, and reports whether that gains enough.
func (low *lowering) emitTransformedWeights(e *sym.Expr, g *geometry, pairs [][2]*sym.Expr) bool {
	batch := pairs[0][0].Shape()[0]
	if whole := low.batchWinograd(g, batch, g.C, g.oc, (*kernel.Winograd).BatchWeightWork); whole != nil {
		low.emitBatchWeights(e, g.macs()*batch, wholeBatch{whole}, pairs)
		return true
	}
	if half := low.polyphase(g, batch, false, (*kernel.Polyphase).WeightWork); half != nil {
		low.emitBatchWeights(e, g.macs()*batch, half, pairs)
		return true
	}
	if sizes := low.winograd(g, batch, g.C, g.oc, (*kernel.Winograd).WeightWork); sizes != nil {
		emitTiledWeights(low, e, g, sizes, pairs, kernel.Level.WinogradWeights, kernel.Level.WinogradFinish)
		return true
	}
	if sizes := low.winograd5(g, batch, (*kernel.Winograd5).WeightWork); sizes != nil {
		emitTiledWeights(low, e, g, sizes, pairs, kernel.Level.Winograd5Weights, kernel.Level.Winograd5Finish)
		return true
	}
	return false
}

// same reports whether the filters are of 3×3 and keep the size of their maps.
func (g *geometry) same() bool {
	return g.KH == 3 && g.KW == 3 && g.SH == 1 && g.SW == 1 && g.DH == 1 && g.DW == 1 &&
		g.PT == 1 && g.PL == 1 && g.OH == g.H && g.OW == g.W
}

// winograd returns the geometries of chunks of a convolution from c to k channels, or nil where the
// definition is used. work is its estimate, or that of the gradient of its filters. The choice
// depends on shapes alone. A network of which [Transforms] reports false never gets one.
func (low *lowering) winograd(
	g *geometry, batch, c, k int, work func(*kernel.Winograd) int,
) *tiled[*kernel.Winograd] {
	if low.direct || !g.same() || c < fewInputs || k < fewOutputs {
		return nil
	}
	return newTiled(batch, low.chunkSize(batch), g.macs(), func(n int) *kernel.Winograd {
		return kernel.NewWinograd(n, c, k, g.H, g.W)
	}, work)
}

// winogradFilter adds the node that transforms the filters w: [O, C, 3, 3], or finds it. Turned
// filters go from O to C channels.
func (low *lowering) winogradFilter(w *sym.Expr, turned bool) *value {
	rows, cols := multiples(w.Shape()[0], 9*w.Shape()[1]), multiples(w.Shape()[1], 9)
	kind := "winograd"
	if turned {
		rows, cols = cols, rows
		kind = "winograd-turned"
	}
	size := kernel.WinogradFilterSize(len(rows), len(cols))
	return low.transformedFilter(w, kind, size, kernel.WinogradBlocks(len(rows)), &winogradFilterCall{
		formula: fmt.Sprintf("%dx%d F(4x4,3x3)", len(rows), len(cols)),
		transform: func(l kernel.Level, u, w []float32, block int) {
			l.WinogradFilter(u, w, rows, cols, turned, block)
		},
	})
}
