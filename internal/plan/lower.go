package plan

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// lowering turns simplified expressions into nodes.
type lowering struct {
	level   kernel.Level
	direct  bool // whether convolutions are computed by their definition alone
	order   []*sym.Expr
	roots   map[*sym.Expr]bool
	users   map[*sym.Expr]int
	kept    map[*sym.Expr]bool
	values  map[*sym.Expr]*value
	nodes   []*node
	scratch int                       // floats that the hungriest kernel call needs
	terms   map[*sym.Expr][]*sym.Expr // the products that a sum of products adds up
	packs   map[packKey]*value
	// epilogues are what the element-wise nodes may leave to convolutions.
	epilogues []epilogue
	chunked   map[int]int // how many of so many slabs are worked on at a time, where not as usual
	err       error
}

// lower makes the nodes that compute roots, in an order in which every node follows what it reads.
func lower(opt Options, roots []*sym.Expr) (*lowering, error) {
	low := &lowering{
		level: opt.Level, direct: opt.Direct,
		order: sym.Topological(roots...), roots: map[*sym.Expr]bool{}, users: map[*sym.Expr]int{},
		values: map[*sym.Expr]*value{}, packs: map[packKey]*value{},
	}
	for _, r := range roots {
		low.roots[r] = true
	}
	for _, e := range low.order {
		if e.Err() != nil {
			return nil, e.Err()
		}
		for _, a := range e.Args() {
			low.users[a]++
		}
	}
	low.chunkWholeGroups()
	absorbed := low.productSums()
	low.kept = low.materialized()
	for _, e := range low.order {
		if low.kept[e] && !absorbed[e] {
			low.emit(e)
		}
	}
	if low.err == nil && !opt.apart {
		low.finishConvolutions()
	}
	return low, low.err
}

// emit makes the value of e and the nodes that compute it.
func (low *lowering) emit(e *sym.Expr) {
	if terms := low.terms[e]; terms != nil {
		low.emitProductSum(e, terms)
		return
	}
	switch e.Op() {
	case sym.OpInput:
		low.values[e] = &value{name: low.name(e), size: e.Shape().Size(), place: placePersistent}
	case sym.OpReshape:
		low.values[e] = low.values[e.Args()[0]]
	case sym.OpSum:
		low.emitSum(e)
	case sym.OpUniform, sym.OpNormal, sym.OpBernoulli:
		low.emitRandom(e)
	case sym.OpMatMul:
		low.emitMatMul(e, e.Attr().(sym.MatMulAttr), [][2]*sym.Expr{{e.Args()[0], e.Args()[1]}})
	case sym.OpConv:
		low.emitConv(e)
	case sym.OpConvInputGradient:
		low.emitConvInputGradient(e)
	case sym.OpConvWeightGradient:
		low.emitConvWeightGradient(e, e.Attr().(sym.ConvAttr), [][2]*sym.Expr{{e.Args()[0], e.Args()[1]}})
	case sym.OpDepthwiseConv, sym.OpDepthwiseConvInputGradient:
		low.emitDepthwise(e)
	case sym.OpDepthwiseConvWeightGradient:
		low.emitDepthwiseWeightGradient(e, e.Attr().(sym.ConvAttr), [][2]*sym.Expr{{e.Args()[0], e.Args()[1]}})
	case sym.OpSumPool, sym.OpSumPoolTranspose, sym.OpMaxPoolIndex:
		low.emitPool(e)
	case sym.OpTranspose, sym.OpSlice, sym.OpPad, sym.OpConcat:
		low.emitMove(e)
	case sym.OpGather, sym.OpScatter, sym.OpOneHot, sym.OpArgMax:
		low.emitIndex(e)
	default:
		if fusible(e) {
			low.emitMap(e)
		} else {
			low.emitInts(e)
		}
	}
}

// name returns a short unique name for what e computes.
func (low *lowering) name(e *sym.Expr) string {
	if a, ok := e.Attr().(sym.InputAttr); ok {
		return a.Name
	}
	return fmt.Sprintf("%%%d", e.ID())
}

// leading returns the extent of the first axis, 1 for a scalar.
func leading(s sym.Shape) int {
	if len(s) == 0 {
		return 1
	}
	return s[0]
}

// newNode adds a node with one output, the value of e, split along e's leading axis.
func (low *lowering) newNode(e *sym.Expr) *node {
	n := low.bareNode(low.name(e), e.Shape().Size(), leading(e.Shape()))
	low.values[e] = n.outs[0]
	return n
}

// bareNode adds a node with one output of its own.
func (low *lowering) bareNode(name string, size, slabs int) *node {
	v := &value{name: name, size: size}
	n := &node{id: len(low.nodes), outs: []*value{v}, slabs: slabs, chunkSize: low.chunkSize(slabs), cost: size}
	v.def = n
	low.nodes = append(low.nodes, n)
	return n
}

// value returns where e lies.
func (low *lowering) value(e *sym.Expr) *value {
	v := low.values[e]
	if v == nil {
		low.fail(fmt.Errorf("internal error: %v is read but not computed", e))
		v = &value{name: "?", size: e.Shape().Size()}
	}
	return v
}

// useOnce adds the value of e to n's arguments, if it is not among them, and returns its index.
func (low *lowering) useOnce(n *node, e *sym.Expr, aligned bool) int {
	v := low.value(e)
	for i, u := range n.args {
		if u.value == v && u.aligned == aligned {
			return i
		}
	}
	return n.addUse(v, aligned)
}

// addUse adds v to n's arguments and returns its index.
func (n *node) addUse(v *value, aligned bool) int {
	n.args = append(n.args, use{v, aligned})
	v.readers = append(v.readers, n)
	return len(n.args) - 1
}

// fail keeps the first error.
func (low *lowering) fail(err error) {
	if low.err == nil {
		low.err = err
	}
}

// emitMap computes the fusible expression e.
func (low *lowering) emitMap(e *sym.Expr) {
	n := low.newNode(e)
	m := &mapCall{node: n}
	n.call = m
	m.tape = low.buildTape(n, e, e)
	n.cost = e.Shape().Size() * max(len(m.tape.code), 1)
	low.check(&m.tape)
	if p, ok := epilogueOf(e); ok {
		p.node = n
		low.epilogues = append(low.epilogues, p)
	}
}

// check refuses a tape beyond the interpreter's bounds.
func (low *lowering) check(t *tape) {
	if len(t.space.dims) > maxAxes || len(t.operands) > maxOperands || t.slots-len(t.operands) > maxRegisters {
		low.fail(fmt.Errorf("internal error: a tape of %d axes, %d operands and %d slots is too large",
			len(t.space.dims), len(t.operands), t.slots))
	}
}

// emitSum computes a sum of a fusible expression over some axes.
func (low *lowering) emitSum(e *sym.Expr) {
	x, axes := e.Args()[0], e.Attr().([]int)
	steps, step := make([]int, len(x.Shape())), 1
	summed := map[int]bool{}
	for _, a := range axes {
		summed[a] = true
	}
	for d := len(steps) - 1; d >= 0; d-- {
		if !summed[d] && x.Shape()[d] > 1 {
			steps[d] = step
			step *= x.Shape()[d]
		}
	}
	if !summed[0] {
		n := low.newNode(e)
		low.fillSum(n, x, steps, false)
		return
	}
	slabs := x.Shape()[0]
	parts := chunks(slabs, low.chunkSize(slabs))
	if parts == 1 {
		n := low.newNode(e)
		n.slabs, n.chunkSize = slabs, low.chunkSize(slabs)
		low.fillSum(n, x, steps, true)
		return
	}
	n := low.bareNode(low.name(e)+"/part", parts*e.Shape().Size(), slabs)
	low.fillSum(n, x, steps, true)
	low.combine(e, n.outs[0], parts)
}

// fillSum makes n the sum of x, with the given steps of the output.
func (low *lowering) fillSum(n *node, x *sym.Expr, steps []int, partial bool) {
	s := &sumCall{node: n, partial: partial}
	n.call = s
	s.tape = low.buildTape(n, x, nil, steps)
	n.cost = x.Shape().Size() * (len(s.tape.code) + 1)
	low.check(&s.tape)
}

// combine makes e the sum of partial results.
func (low *lowering) combine(e *sym.Expr, partial *value, parts int) {
	n := low.newNode(e)
	n.call = &combineCall{node: n, parts: parts}
	n.addUse(partial, false)
	n.cost = parts * e.Shape().Size()
}
