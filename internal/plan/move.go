package plan

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// strided is a copy between two strided boxes of equal extents.
type strided struct {
	arg              int // index among the node's arguments
	dims             []int
	toBase, fromBase int
	to, from         []int // steps per axis
}

// moveCall copies boxes: transposition, slice, padding, concatenation and the repetition of what is
// not float.
type moveCall struct {
	node   *node
	copies []strided
	zero   bool // the boxes leave gaps, which are zero
	// split tells that slab i of the output is index i of axis 0 of every box.
	split bool
}

func (m *moveCall) String() string { return fmt.Sprintf("move{%d boxes}", len(m.copies)) }

func (m *moveCall) run(c *chunk, lo, hi int) {
	n := m.node
	out := n.outs[0].slab(c, lo, hi, n.slabs)
	if m.zero {
		clear(out)
	}
	for i := range m.copies {
		s := &m.copies[i]
		u := n.args[s.arg]
		in, from := u.value.arg(c, u.aligned, lo, hi, n.slabs), s.fromBase
		first, stop := 0, s.dims[0]
		if m.split {
			first, stop = lo, hi
			if !u.aligned {
				from += lo * s.from[0]
			}
		}
		s.copy(out, in, s.toBase, from, 0, stop-first)
	}
}

// copy copies axis d and those behind it, of which axis 0 has the given extent.
func (s *strided) copy(out, in []float32, to, from, d, extent int) {
	if d == len(s.dims)-1 {
		if s.to[d] == 1 && s.from[d] == 1 {
			copy(out[to:to+extent], in[from:])
			return
		}
		for range extent {
			out[to] = in[from]
			to += s.to[d]
			from += s.from[d]
		}
		return
	}
	for range extent {
		s.copy(out, in, to, from, d+1, s.dims[d+1])
		to += s.to[d]
		from += s.from[d]
	}
}

// rowMajor returns the steps of a dense tensor.
func rowMajor(s sym.Shape) []int {
	steps, n := make([]int, len(s)), 1
	for i := len(s) - 1; i >= 0; i-- {
		steps[i] = n
		n *= s[i]
	}
	return steps
}

// emitMove computes an expression that only moves elements.
func (low *lowering) emitMove(e *sym.Expr) {
	n := low.newNode(e)
	m := &moveCall{node: n, split: true}
	n.call = m
	x := e.Args()[0]
	out, in := rowMajor(e.Shape()), rowMajor(x.Shape())
	box := strided{dims: e.Shape(), to: out, from: make([]int, len(out))}
	aligned := true
	switch a := e.Attr().(type) {
	case []int: // transpose
		for i, p := range a {
			box.from[i] = in[p]
		}
		aligned = a[0] == 0
	case sym.BroadcastAttr:
		for i, d := range a.Dims {
			box.from[d] = in[i]
		}
		aligned = len(a.Dims) > 0 && a.Dims[0] == 0
	case sym.SliceAttr:
		for i := range out {
			box.from[i] = in[i] * a.Step[i]
			box.fromBase += in[i] * a.Start[i]
		}
		aligned = a.Start[0] == 0 && a.Stop[0] == x.Shape()[0] && a.Step[0] == 1
	case sym.PadAttr:
		box.dims, box.from, box.to = x.Shape(), in, make([]int, len(out))
		for i := range out {
			box.to[i] = out[i] * (a.Gap[i] + 1)
			box.toBase += out[i] * a.Low[i]
		}
		m.zero = true
		m.split = a.Low[0] == 0 && a.High[0] == 0 && a.Gap[0] == 0
	case int: // concatenation
		low.emitConcat(e, m, a)
		return
	}
	if !m.split {
		n.slabs, n.chunkSize, aligned = 1, 1, false
	}
	box.arg = n.addUse(low.value(x), aligned)
	m.copies = []strided{box}
}

// emitConcat makes m the concatenation e along an axis.
func (low *lowering) emitConcat(e *sym.Expr, m *moveCall, axis int) {
	n := m.node
	if m.split = axis != 0; !m.split {
		n.slabs, n.chunkSize = 1, 1
	}
	out, at := rowMajor(e.Shape()), 0
	for _, x := range e.Args() {
		m.copies = append(m.copies, strided{
			arg: n.addUse(low.value(x), m.split), dims: x.Shape(), toBase: at, to: out, from: rowMajor(x.Shape()),
		})
		at += x.Shape()[axis] * out[axis]
	}
}
