package plan

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// indexCall is a gather, scatter, one-hot or arg-max along an axis: tensors seen as [outer, extent,
// inner], of which outer is split into slabs.
type indexCall struct {
	node          *node
	op            sym.Op
	extent, count int // of the axis: of the indexed tensor, and of the indices
	inner         int
	// windows are set where indices are those of maxima of 2×2 windows that cover planes.
	windows kernel.PairWindows
}

func (x *indexCall) String() string { return fmt.Sprintf("%v{%d of %d}", x.op, x.count, x.extent) }

func (x *indexCall) run(c *chunk, lo, hi int) {
	n := x.node
	out := n.outs[0].slab(c, lo, hi, n.slabs)
	in := n.args[0].value.slab(c, lo, hi, n.slabs)
	switch x.op {
	case sym.OpOneHot:
		clear(out)
		for i, k := range ints(in) {
			if k >= 0 && int(k) < x.extent {
				out[i*x.extent+int(k)] = 1
			}
		}
	case sym.OpArgMax:
		x.argMax(ints(out), in)
	case sym.OpGather:
		if x.windows.Cols > 0 {
			x.windows.Gather(c.worker.level, out, in, ints(n.args[1].value.slab(c, lo, hi, n.slabs)))
			return
		}
		x.gather(out, in, ints(n.args[1].value.slab(c, lo, hi, n.slabs)))
	case sym.OpScatter:
		if x.windows.Cols > 0 {
			x.windows.Scatter(c.worker.level, out, in, ints(n.args[1].value.slab(c, lo, hi, n.slabs)))
			return
		}
		clear(out)
		x.scatter(out, in, ints(n.args[1].value.slab(c, lo, hi, n.slabs)))
	}
}

func (x *indexCall) argMax(out []int32, in []float32) {
	for o := range len(out) / x.inner {
		plane := in[o*x.extent*x.inner : (o+1)*x.extent*x.inner]
		for i := range x.inner {
			best := 0
			for k := range x.extent {
				if plane[k*x.inner+i] > plane[best*x.inner+i] {
					best = k
				}
			}
			out[o*x.inner+i] = int32(best)
		}
	}
}

func (x *indexCall) gather(out, in []float32, index []int32) {
	if x.inner == 1 {
		for o := range len(out) / x.count {
			plane := in[o*x.extent : (o+1)*x.extent]
			to := out[o*x.count : (o+1)*x.count]
			for i, k := range index[o*x.count : (o+1)*x.count] {
				to[i] = plane[k]
			}
		}
		return
	}
	for i, k := range index {
		o, j := i/(x.count*x.inner), i%x.inner
		out[i] = in[(o*x.extent+int(k))*x.inner+j]
	}
}

func (x *indexCall) scatter(out, in []float32, index []int32) {
	if x.inner == 1 {
		for o := range len(in) / x.count {
			plane := out[o*x.extent : (o+1)*x.extent]
			from := in[o*x.count : (o+1)*x.count]
			for i, k := range index[o*x.count : (o+1)*x.count] {
				plane[k] += from[i]
			}
		}
		return
	}
	for i, k := range index {
		o, j := i/(x.count*x.inner), i%x.inner
		out[(o*x.extent+int(k))*x.inner+j] += in[i]
	}
}

// emitIndex computes an expression that addresses elements by index.
func (low *lowering) emitIndex(e *sym.Expr) {
	n := low.newNode(e)
	x := &indexCall{node: n, op: e.Op()}
	n.call = x
	in := e.Args()[0].Shape()
	axis := 0
	switch a := e.Attr().(type) {
	case sym.ScatterAttr:
		axis = a.Axis
		x.extent, x.count = a.Extent, in[axis]
	case int:
		if e.Op() == sym.OpOneHot {
			axis, x.extent, x.count = len(in), a, 1
			break
		}
		axis = a
		x.extent, x.count = in[axis], e.Shape()[axis]
	}
	x.inner = 1
	for i := axis + 1; i < len(in); i++ {
		x.inner *= in[i]
	}
	if e.Op() == sym.OpGather || e.Op() == sym.OpScatter {
		x.windows = x.pairWindows(e.Args()[1])
	}
	splits := axis > 0 // a scalar's one-hot is one slab, too
	if !splits {
		n.slabs, n.chunkSize = 1, 1
	}
	for _, a := range e.Args() {
		n.addUse(low.value(a), splits)
	}
}

// pairWindows returns the windows whose maxima are indexed, none where they do not cover planes.
func (x *indexCall) pairWindows(index *sym.Expr) (w kernel.PairWindows) {
	for index.Op() == sym.OpReshape {
		index = index.Args()[0]
	}
	if index.Op() != sym.OpMaxPoolIndex || x.inner != 1 {
		return w
	}
	shape, two := index.Shape(), [2]int{2, 2}
	spec := index.Attr().(sym.PoolAttr).PoolSpec
	rows, cols := shape[2], shape[3]
	if spec.Window == two && spec.Stride == two && spec.PadBefore == [2]int{} &&
		index.Args()[0].Shape()[2] == 2*rows && index.Args()[0].Shape()[3] == 2*cols &&
		x.count == rows*cols && x.extent == 4*x.count {
		w.Rows, w.Cols = rows, cols
	}
	return w
}

// intCall computes comparisons of ints and their conversion to float.
type intCall struct {
	node *node
	op   sym.Op
}

func (x *intCall) String() string { return fmt.Sprintf("ints{%v}", x.op) }

func (x *intCall) run(c *chunk, lo, hi int) {
	n := x.node
	out := n.outs[0].slab(c, lo, hi, n.slabs)
	a := ints(n.args[0].value.slab(c, lo, hi, n.slabs))
	if x.op == sym.OpToFloat {
		for i, v := range a {
			out[i] = float32(v)
		}
		return
	}
	b := ints(n.args[1].value.slab(c, lo, hi, n.slabs))
	for i, v := range a {
		holds := x.op == sym.OpGreater && v > b[i] || x.op == sym.OpGreaterEqual && v >= b[i] ||
			x.op == sym.OpEqual && v == b[i]
		out[i] = 0
		if holds {
			out[i] = 1
		}
	}
}

// emitInts computes an element-wise operation on ints.
func (low *lowering) emitInts(e *sym.Expr) {
	switch e.Op() {
	case sym.OpBroadcast:
		low.emitMove(e)
		return
	case sym.OpGreater, sym.OpGreaterEqual, sym.OpEqual, sym.OpToFloat:
	default:
		low.fail(fmt.Errorf("operation %v has no kernel", e))
		return
	}
	n := low.newNode(e)
	n.call = &intCall{node: n, op: e.Op()}
	for _, a := range e.Args() {
		n.addUse(low.value(a), true)
	}
}
