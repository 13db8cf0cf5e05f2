package plan

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/philox"
	"github.com/gradreg/gradreg/sym"
)

// randomCall makes random numbers, each from its index, so that slabs need not know of each other.
type randomCall struct {
	node *node
	op   sym.Op
	attr sym.RandomAttr
}

func (x *randomCall) String() string { return fmt.Sprintf("%v{stream %d}", x.op, x.attr.Stream) }

func (x *randomCall) run(c *chunk, lo, hi int) {
	n := x.node
	out := n.outs[0].slab(c, lo, hi, n.slabs)
	s := philox.Stream{Key: c.state.key, Step: c.state.step, ID: x.attr.Stream}
	first := lo * (n.outs[0].size / n.slabs)
	switch x.op {
	case sym.OpUniform:
		s.Uniform(out, first)
	case sym.OpNormal:
		s.Normal(out, first)
	case sym.OpBernoulli:
		s.Bernoulli(out, first, x.attr.P)
	}
}

func (low *lowering) emitRandom(e *sym.Expr) {
	n := low.newNode(e)
	n.call = &randomCall{node: n, op: e.Op(), attr: e.Attr().(sym.RandomAttr)}
	n.cost = 16 * e.Shape().Size() // a block of four numbers takes some forty multiplications
}
