package plan

import (
	"fmt"
	"math"
	"slices"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// What follows a convolution for each number of its result, a term for each channel and then ReLU or
// ReLU6, is done by its kernel before it stores the number, where nothing else reads the result
// without. The bits are those of an element-wise node, see [kernel.Epilogue].

// epilogue is e = clamp(x + terms) for a convolution x.
type epilogue struct {
	node  *node // that computes e
	x     *sym.Expr
	terms *sym.Expr // [C], nil for none
	clamp *kernel.Clamp
}

// epilogueOf returns e as an epilogue of a convolution, if it is one.
func epilogueOf(e *sym.Expr) (epilogue, bool) {
	var p epilogue
	if p.x, p.clamp = clamped(e); p.clamp == nil {
		p.x = e
	}
	if p.x.Op() == sym.OpAdd {
		if x, terms := p.x.Args()[0], channelTerms(p.x.Args()[1]); terms != nil {
			p.x, p.terms = x, terms
		}
	}
	convolves := p.x.Op() == sym.OpConv || p.x.Op() == sym.OpDepthwiseConv
	return p, convolves && p.x != e
}

// clamped returns x and the bounds where e limits it by ReLU or ReLU6, else no bounds.
func clamped(e *sym.Expr) (x *sym.Expr, c *kernel.Clamp) {
	if e.Op() != sym.OpSelect {
		return nil, nil
	}
	mask, chosen, other := e.Args()[0], e.Args()[1], e.Args()[2]
	switch {
	case mask.Op() == sym.OpGreater && is(mask.Args()[1], 0) && mask.Args()[0] == chosen && is(other, 0):
		return chosen, &kernel.Clamp{High: infinity}
	case mask.Op() == sym.OpGreaterEqual && mask.Args()[1] == chosen:
		high, ok := sym.ConstValue(chosen)
		x, c := clamped(other)
		if !ok || c == nil || c.High != infinity || mask.Args()[0] != x || !(high > 0) {
			return nil, nil
		}
		return x, &kernel.Clamp{High: float32(high)}
	}
	return nil, nil
}

// channelTerms returns what e, a tensor [B, C, …], repeats for each channel, or nil.
func channelTerms(e *sym.Expr) *sym.Expr {
	if e.Op() != sym.OpBroadcast || !slices.Equal(e.Attr().(sym.BroadcastAttr).Dims, []int{1}) {
		return nil
	}
	if t := e.Args()[0]; t.Op() != sym.OpConst && t.Shape()[0] == e.Shape()[1] {
		return t
	}
	return nil
}

// finisher is a kernel call that takes an epilogue. arg is the node's argument that has the terms,
// −1 for none.
type finisher interface {
	finish(n *node, arg int, clamp *kernel.Clamp)
	terms() *value // nil for none
}

// finishing is what such kernel calls share: their node, and the epilogue if they have one.
type finishing struct {
	node  *node
	after *finish
}

func (f *finishing) finish(n *node, arg int, clamp *kernel.Clamp) {
	f.node, f.after = n, &finish{arg, clamp}
}

func (f *finishing) terms() *value {
	if f.after == nil || f.after.arg < 0 {
		return nil
	}
	return f.node.args[f.after.arg].value
}

// epilogue returns the epilogue for a chunk.
func (f *finishing) epilogue(c *chunk) (e kernel.Epilogue) {
	if f.after != nil {
		e.Clamp = f.after.clamp
	}
	if v := f.terms(); v != nil {
		e.Terms = v.slab(c, 0, 1, 1)
	}
	return e
}

// finish is an epilogue of a kernel call.
type finish struct {
	arg   int // that has the terms, −1 for none
	clamp *kernel.Clamp
}

// String describes it behind a call's geometry.
func (f *finish) String() string {
	if f == nil {
		return ""
	}
	text := ""
	if f.arg >= 0 {
		text = ", + terms"
	}
	switch {
	case f.clamp == nil:
	case f.clamp.High == infinity:
		text += ", relu"
	default:
		text += fmt.Sprintf(", relu%v", f.clamp.High)
	}
	return text
}

// finishConvolutions turns convolutions and what follows them into one node each.
func (low *lowering) finishConvolutions() {
	outputs := map[*value]bool{}
	for r := range low.roots {
		outputs[low.values[r]] = true
	}
	for _, p := range low.epilogues {
		v := low.values[p.x]
		if outputs[v] || len(v.readers) != 1 || v.readers[0] != p.node {
			continue
		}
		conv := v.def
		if back, ok := conv.call.(*transposeCall); ok && back.kind == fromLanes {
			low.finishLanes(p, conv)
		} else if call, ok := conv.call.(finisher); ok {
			low.takeOver(p.node, conv)
			call.finish(p.node, low.addTerms(p.node, p), p.clamp)
		}
	}
}

// finishLanes gives an epilogue to a convolution whose images lie in lanes, behind which its node
// leaves them, if that takes one.
func (low *lowering) finishLanes(p epilogue, back *node) {
	lanes := back.args[0].value
	call, ok := lanes.def.call.(*tapsCall)
	if !ok || !call.finishes() || len(lanes.readers) != 1 {
		return
	}
	conv := lanes.def
	low.takeOver(p.node, back)
	back.call.(*transposeCall).node = p.node
	// Terms may be computed after the convolution's place.
	low.remove(conv)
	low.nodes = slices.Insert(low.nodes, slices.Index(low.nodes, p.node), conv)
	call.finish(conv, low.addTerms(conv, p), p.clamp)
}

// takeOver makes n, which reads the result of a node alone, compute it instead, for what it computes
// now is done elsewhere.
func (low *lowering) takeOver(n, from *node) {
	for _, u := range n.args {
		u.value.readers = slices.DeleteFunc(u.value.readers, func(r *node) bool { return r == n })
	}
	n.args = slices.Clone(from.args)
	for _, u := range n.args {
		for i, r := range u.value.readers {
			if r == from {
				u.value.readers[i] = n
			}
		}
	}
	n.call, n.macs, n.cost = from.call, from.macs, from.cost
	n.slabs, n.chunkSize, n.private = from.slabs, from.chunkSize, from.private
	low.remove(from)
}

func (low *lowering) remove(n *node) {
	low.nodes = slices.DeleteFunc(low.nodes, func(m *node) bool { return m == n })
}

// addTerms adds an epilogue's terms to the arguments of n and returns which one they are, −1 where
// there are none.
func (low *lowering) addTerms(n *node, p epilogue) int {
	if p.terms == nil {
		return -1
	}
	return n.addUse(low.value(p.terms), false)
}

var infinity = float32(math.Inf(1))
