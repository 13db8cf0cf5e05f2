package plan

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// poolCall pools planes, or transposes a sum pooling.
type poolCall struct {
	node            *node
	op              sym.Op
	spec            sym.PoolSpec
	h, w, oh, ow    int // of the pooled tensor and of the windows
	inSize, outSize int // of a plane
}

func (x *poolCall) String() string {
	return fmt.Sprintf("%v{%dx%d of %dx%d}", x.op, x.spec.Window[0], x.spec.Window[1], x.h, x.w)
}

func (x *poolCall) run(c *chunk, lo, hi int) {
	n := x.node
	out := n.outs[0].slab(c, lo, hi, n.slabs)
	in := n.args[0].value.slab(c, lo, hi, n.slabs)
	pairs := x.pairs()
	switch {
	case x.op == sym.OpSumPoolTranspose && !(pairs && x.covered()):
		pairs = false
		clear(out)
	case x.op == sym.OpMaxPoolIndex && !pairs:
		g := x.geometry(len(in) / x.inSize)
		c.worker.level.MaxIndex(&g, ints(out), in)
		return
	}
	for p := range len(in) / x.inSize {
		from, to := in[p*x.inSize:(p+1)*x.inSize], out[p*x.outSize:(p+1)*x.outSize]
		switch {
		case x.op == sym.OpMaxPoolIndex:
			c.worker.level.MaxIndexPairs(ints(to), from, x.oh, x.ow, x.w)
		case x.op == sym.OpSumPool && pairs:
			c.worker.level.SumPairs(to, from, x.oh, x.ow, x.w)
		case x.op == sym.OpSumPool:
			x.sum(to, from)
		case pairs:
			c.worker.level.SpreadPairs(to, from, x.oh, x.ow)
		default:
			x.spread(to, from)
		}
	}
}

// pairs reports whether the windows are 2×2 without overlap and none hangs over an edge.
func (x *poolCall) pairs() bool {
	two := [2]int{2, 2}
	return x.spec.Window == two && x.spec.Stride == two && x.spec.PadBefore == [2]int{} &&
		2*x.oh <= x.h && 2*x.ow <= x.w
}

// covered reports whether windows of 2×2 leave no row or column out.
func (x *poolCall) covered() bool { return 2*x.oh == x.h && 2*x.ow == x.w }

// geometry returns the windows of some planes as a convolution's.
func (x *poolCall) geometry(planes int) kernel.Conv {
	s := x.spec
	return kernel.Conv{
		C: planes, H: x.h, W: x.w, KH: s.Window[0], KW: s.Window[1], OH: x.oh, OW: x.ow,
		SH: s.Stride[0], SW: s.Stride[1], PT: s.PadBefore[0], PL: s.PadBefore[1], DH: 1, DW: 1,
	}
}

// window returns the rows and columns of a window, clipped to the plane.
func (x *poolCall) window(i, j int) (top, bottom, left, right int) {
	top = i*x.spec.Stride[0] - x.spec.PadBefore[0]
	left = j*x.spec.Stride[1] - x.spec.PadBefore[1]
	bottom, right = min(top+x.spec.Window[0], x.h), min(left+x.spec.Window[1], x.w)
	return max(top, 0), bottom, max(left, 0), right
}

func (x *poolCall) sum(out, in []float32) {
	for i := range x.oh {
		for j := range x.ow {
			top, bottom, left, right := x.window(i, j)
			var s float32
			for r := top; r < bottom; r++ {
				for _, v := range in[r*x.w+left : r*x.w+right] {
					s += v
				}
			}
			out[i*x.ow+j] = s
		}
	}
}

func (x *poolCall) spread(out, in []float32) {
	for i := range x.oh {
		for j := range x.ow {
			top, bottom, left, right := x.window(i, j)
			v := in[i*x.ow+j]
			for r := top; r < bottom; r++ {
				row := out[r*x.w+left : r*x.w+right]
				for k := range row {
					row[k] += v
				}
			}
		}
	}
}

func (low *lowering) emitPool(e *sym.Expr) {
	n := low.newNode(e)
	in, out := e.Args()[0].Shape(), e.Shape()
	big, small := in, out
	if e.Op() == sym.OpSumPoolTranspose {
		big, small = out, in
	}
	spec := e.Attr().(sym.PoolAttr).PoolSpec
	n.call = &poolCall{
		node: n, op: e.Op(), spec: spec, h: big[2], w: big[3], oh: small[2], ow: small[3],
		inSize: in[2] * in[3], outSize: out[2] * out[3],
	}
	n.addUse(low.value(e.Args()[0]), true)
	n.cost = small.Size() * spec.Window[0] * spec.Window[1] * 4
}
