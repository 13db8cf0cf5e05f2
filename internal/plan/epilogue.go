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
}

// finish is an epilogue of a kernel call.
type finish struct {
	arg   int // that has the terms, −1 for none
	clamp *kernel.Clamp
}

// of returns the epilogue for a chunk.
func (f *finish) of(n *node, c *chunk) kernel.Epilogue {
	if f == nil {
		return kernel.Epilogue{}
	}
	e := kernel.Epilogue{Clamp: f.clamp}
	if f.arg >= 0 {
		e.Terms = n.args[f.arg].value.slab(c, 0, 1, 1)
	}
	return e
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
	gone := map[*node]bool{}
	for _, p := range low.epilogues {
		v := low.values[p.x]
		call, ok := v.def.call.(finisher)
		if !ok || outputs[v] || len(v.readers) != 1 || v.readers[0] != p.node {
			continue
		}
		low.finishWith(p, v.def, call)
		gone[v.def] = true
	}
	low.nodes = slices.DeleteFunc(low.nodes, func(n *node) bool { return gone[n] })
}

// finishWith makes the node of an epilogue compute the convolution, too.
func (low *lowering) finishWith(p epilogue, conv *node, call finisher) {
	n, arg := p.node, -1
	n.args = slices.Clone(conv.args)
	for _, u := range n.args {
		for i, r := range u.value.readers {
			if r == conv {
				u.value.readers[i] = n
			}
		}
	}
	if p.terms != nil {
		arg = len(n.args)
		n.args = append(n.args, use{value: low.values[p.terms]}) // it is a reader of it already
	}
	n.macs, n.cost, n.call = conv.macs, conv.cost, conv.call
	call.finish(n, arg, p.clamp)
}

var infinity = float32(math.Inf(1))
