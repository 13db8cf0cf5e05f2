package plan

import (
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// maxRegisters bounds the temporaries of a tape.
const maxRegisters = 24

var unaryOps = map[sym.Op]kernel.UnaryOp{
	sym.OpNeg: kernel.Neg, sym.OpAbs: kernel.Abs, sym.OpSign: kernel.Sign, sym.OpExp: kernel.Exp,
	sym.OpLog: kernel.Log, sym.OpLog1p: kernel.Log1p, sym.OpSqrt: kernel.Sqrt, sym.OpTanh: kernel.Tanh,
	sym.OpSigmoid: kernel.Sigmoid, sym.OpSoftplus: kernel.Softplus, sym.OpErf: kernel.Erf,
	sym.OpSin: kernel.Sin, sym.OpCos: kernel.Cos, sym.OpNot: kernel.Not,
}

var binaryOps = map[sym.Op]kernel.BinaryOp{
	sym.OpAdd: kernel.Add, sym.OpSub: kernel.Sub, sym.OpMul: kernel.Mul, sym.OpDiv: kernel.Div,
	sym.OpGreater: kernel.Greater, sym.OpGreaterEqual: kernel.GreaterEqual, sym.OpEqual: kernel.Equal,
	sym.OpAnd: kernel.Mul, sym.OpOr: kernel.Max, // masks are 0 or 1
}

// fusible reports whether e is computed inside tapes.
func fusible(e *sym.Expr) bool {
	switch e.Op() {
	case sym.OpConst, sym.OpSelect, sym.OpPow, sym.OpBroadcast:
		return e.DType() != sym.Int
	case sym.OpToFloat:
		return e.Args()[0].DType() == sym.Bool
	}
	if _, ok := unaryOps[e.Op()]; ok {
		return true
	}
	_, ok := binaryOps[e.Op()]
	return ok && e.Args()[0].DType() != sym.Int
}

// cheap reports whether e is rather computed in every tape that needs it than stored: operations
// that cost no more than reading their result would.
func cheap(e *sym.Expr) bool {
	switch e.Op() {
	case sym.OpConst, sym.OpBroadcast, sym.OpNeg, sym.OpNot, sym.OpToFloat:
		return true
	case sym.OpGreater, sym.OpGreaterEqual, sym.OpEqual, sym.OpAdd, sym.OpSub, sym.OpMul:
		_, a := sym.ConstValue(e.Args()[0])
		_, b := sym.ConstValue(e.Args()[1])
		return a || b || shifts(e)
	}
	return false
}

// shifts reports whether e adds something small to a tensor that is in memory, as the centring of
// batch norm does: to read that tensor again costs no more than to read e.
func shifts(e *sym.Expr) bool {
	x, by := e.Args()[0], e.Args()[1]
	return (e.Op() == sym.OpAdd || e.Op() == sym.OpSub) && !fusible(x) && x.Op() != sym.OpInput &&
		by.Op() == sym.OpBroadcast && by.Args()[0].Shape().Size()*8 <= by.Shape().Size()
}

// materialized decides which expressions get memory: everything that is not fusible, and of the
// fusible what leaves its tape, that is what more than one tape needs and what is not cheap to
// compute again.
func (low *lowering) materialized() map[*sym.Expr]bool {
	users := map[*sym.Expr][]*sym.Expr{}
	for _, e := range low.order {
		for _, a := range e.Args() {
			users[a] = append(users[a], e)
		}
	}
	kept := map[*sym.Expr]bool{}
	for r := range low.roots {
		kept[r] = true
	}
	homes := map[*sym.Expr]map[*sym.Expr]bool{} // the tapes that an expression is computed in
	for i := len(low.order) - 1; i >= 0; i-- {
		e := low.order[i]
		if !fusible(e) || low.terms[e] != nil {
			kept[e] = true
			continue
		}
		in := map[*sym.Expr]bool{}
		for _, u := range users[e] {
			switch {
			case needsMemory(u, e):
				kept[e] = true
			case kept[u]:
				in[u] = true
			default:
				for home := range homes[u] {
					in[home] = true
				}
			}
		}
		homes[e] = in
		if len(in) > 1 && !cheap(e) {
			kept[e] = true
		}
	}
	splitLongTapes(low.order, kept)
	return kept
}

// needsMemory reports whether u reads its argument e from memory.
func needsMemory(u, e *sym.Expr) bool {
	switch u.Op() {
	case sym.OpBroadcast:
		return e.Op() != sym.OpConst
	case sym.OpSum:
		return false
	}
	return !fusible(u)
}

// splitLongTapes materializes expressions where a tape would need more operands or registers than
// it has.
func splitLongTapes(order []*sym.Expr, kept map[*sym.Expr]bool) {
	size := map[*sym.Expr]int{} // an upper bound of what the tape below e needs
	for _, e := range order {
		if e.Op() == sym.OpConst {
			size[e] = 1
			continue
		}
		n := 1
		if fusible(e) || e.Op() == sym.OpSum {
			for _, a := range e.Args() {
				if kept[a] || a.Op() == sym.OpBroadcast {
					n++
				} else {
					n += size[a]
				}
			}
		}
		if n >= maxOperands-4 && fusible(e) {
			kept[e] = true
			n = 1
		}
		size[e] = n
	}
}

// tapeBuilder turns an expression into a tape.
type tapeBuilder struct {
	low     *lowering
	node    *node
	root    *sym.Expr // what is computed even though it is kept
	shape   sym.Shape
	tape    tape
	steps   [][]int
	slot    map[*sym.Expr]int // where an expression's value is: operand or virtual register
	scalars map[*sym.Expr]int // scalar operands
	inner   []*sym.Expr       // what the tape computes, in order
}

// buildTape returns the tape of node n that computes e; root is e if n is to compute it although it
// is kept. extra are steps of further operands of the space, as of a reduction's output.
func (low *lowering) buildTape(n *node, e, root *sym.Expr, extra ...[]int) tape {
	b := &tapeBuilder{low: low, node: n, root: root, shape: e.Shape(),
		slot: map[*sym.Expr]int{}, scalars: map[*sym.Expr]int{}}
	b.collect(e, map[*sym.Expr]bool{})
	b.tape.slots = len(b.tape.operands)
	b.emit(e)
	b.tape.shape, b.tape.steps = b.shape, append(b.steps, extra...)
	b.tape.space = newSpace(b.shape, b.tape.steps)
	return b.tape
}

// collect gathers the tape's operands and its inner expressions, arguments first.
func (b *tapeBuilder) collect(e *sym.Expr, seen map[*sym.Expr]bool) {
	if seen[e] {
		return
	}
	seen[e] = true
	if e.Op() == sym.OpConst {
		return
	}
	if b.inMemory(e) || !fusible(e) || e.Op() == sym.OpBroadcast {
		b.operand(e)
		return
	}
	for _, a := range b.arguments(e) {
		b.collect(a, seen)
	}
	b.inner = append(b.inner, e)
}

// arguments returns what the instruction of e arguments: its arguments, but for a gate.
func (b *tapeBuilder) arguments(e *sym.Expr) []*sym.Expr {
	if x, y := b.gate(e); x != nil {
		return []*sym.Expr{x, y}
	}
	return e.Args()
}

// gate returns x and y if e is y where x > 0 and else 0, with a mask that nobody keeps: ReLU and
// its derivatives, which are then one instruction.
func (b *tapeBuilder) gate(e *sym.Expr) (x, y *sym.Expr) {
	if e.Op() != sym.OpSelect || !is(e.Args()[2], 0) {
		return nil, nil
	}
	mask := e.Args()[0]
	if mask.Op() != sym.OpGreater || !is(mask.Args()[1], 0) || b.inMemory(mask) {
		return nil, nil
	}
	return mask.Args()[0], e.Args()[1]
}

// operand adds a tensor in memory to the tape's arguments: e itself, or what e repeats.
func (b *tapeBuilder) operand(e *sym.Expr) {
	steps := make([]int, len(b.shape))
	from, dims := e, allAxes(len(b.shape))
	if e.Op() == sym.OpBroadcast && !b.inMemory(e) {
		from, dims = e.Args()[0], e.Attr().(sym.BroadcastAttr).Dims
	}
	scalar, step := true, 1
	for i := len(dims) - 1; i >= 0; i-- {
		if n := from.Shape()[i]; n > 1 {
			steps[dims[i]], scalar = step, false
			step *= n
		}
	}
	aligned := len(dims) > 0 && dims[0] == 0 && !scalar
	use := b.low.useOnce(b.node, from, aligned)
	if scalar {
		b.scalars[e] = len(b.tape.operands)
	} else {
		b.slot[e] = len(b.tape.operands)
	}
	b.tape.operands = append(b.tape.operands, operand{use: use, scalar: scalar})
	b.steps = append(b.steps, steps)
}

// inMemory reports whether the tape reads e instead of computing it.
func (b *tapeBuilder) inMemory(e *sym.Expr) bool { return b.low.kept[e] && e != b.root }

// emit writes the code of the inner expressions and assigns registers: a register is free again
// after its last use.
func (b *tapeBuilder) emit(result *sym.Expr) {
	if len(b.inner) == 0 {
		b.emitCopy(result)
		return
	}
	last := map[*sym.Expr]int{result: len(b.inner)}
	for i, e := range b.inner {
		for _, a := range b.arguments(e) {
			last[a] = max(last[a], i)
		}
	}
	var free []int
	for i, e := range b.inner {
		x := b.instruction(e, &free)
		for _, a := range b.arguments(e) {
			if s, ok := b.slot[a]; ok && last[a] == i && s >= len(b.tape.operands) {
				free = append(free, s)
				last[a] = -1
			}
		}
		x.dst = b.register(&free)
		b.slot[e] = x.dst
		b.tape.code = append(b.tape.code, x)
	}
	b.tape.result = b.slot[result]
}

// emitCopy makes the tape of a result that is itself an operand or a constant.
func (b *tapeBuilder) emitCopy(result *sym.Expr) {
	if s, ok := b.slot[result]; ok {
		b.tape.result = s
		return
	}
	x := instr{kind: instrFill, a: -1, b: -1, c: -1}
	x.immediate, x.scalar = b.scalar(result)
	var free []int
	x.dst = b.register(&free)
	b.tape.code = append(b.tape.code, x)
	b.tape.result = x.dst
}

// register returns a free register.
func (b *tapeBuilder) register(free *[]int) int {
	if n := len(*free); n > 0 {
		r := (*free)[n-1]
		*free = (*free)[:n-1]
		return r
	}
	b.tape.slots++
	return b.tape.slots - 1
}

// isScalar reports whether e is one number over the whole space.
func (b *tapeBuilder) isScalar(e *sym.Expr) bool {
	_, ok := b.scalars[e]
	return ok || e.Op() == sym.OpConst
}

// scalar returns the immediate value of a constant or the operand of a scalar.
func (b *tapeBuilder) scalar(e *sym.Expr) (immediate float32, operand int) {
	if v, ok := sym.ConstValue(e); ok {
		return float32(v), -1
	}
	return 0, b.scalars[e]
}

// vector returns the slot of e, filling a register if e is a scalar; the register is added to free
// right away, as it is not needed after the next instruction.
func (b *tapeBuilder) vector(e *sym.Expr, free *[]int, filled *[]int) int {
	if s, ok := b.slot[e]; ok {
		return s
	}
	x := instr{kind: instrFill, a: -1, b: -1, c: -1}
	x.immediate, x.scalar = b.scalar(e)
	x.dst = b.register(free)
	b.tape.code = append(b.tape.code, x)
	*filled = append(*filled, x.dst)
	return x.dst
}

// instruction returns the instruction of e without its destination.
func (b *tapeBuilder) instruction(e *sym.Expr, free *[]int) instr {
	x := instr{a: -1, b: -1, c: -1, scalar: -1}
	var filled []int
	defer func() { *free = append(*free, filled...) }()
	args := e.Args()
	if u, v := b.gate(e); u != nil {
		x.kind, x.binary = instrBinary, kernel.Gate
		x.a, x.b = b.vector(u, free, &filled), b.vector(v, free, &filled)
		return x
	}
	switch e.Op() {
	case sym.OpSelect:
		x.kind = instrSelect
		x.a = b.vector(args[0], free, &filled)
		if !is(args[1], 0) {
			x.b = b.vector(args[1], free, &filled)
		}
		if !is(args[2], 0) {
			x.c = b.vector(args[2], free, &filled)
		}
		return x
	case sym.OpPow:
		x.kind, x.immediate = instrPow, float32(e.Attr().(float64))
		x.a = b.vector(args[0], free, &filled)
		return x
	case sym.OpToFloat:
		x.kind, x.binary, x.immediate = instrBinaryScalar, kernel.Mul, 1
		x.a = b.vector(args[0], free, &filled)
		return x
	}
	if op, ok := unaryOps[e.Op()]; ok {
		x.kind, x.unary = instrUnary, op
		x.a = b.vector(args[0], free, &filled)
		return x
	}
	x.binary = binaryOps[e.Op()]
	switch {
	case b.isScalar(args[1]):
		x.kind = instrBinaryScalar
		x.immediate, x.scalar = b.scalar(args[1])
		x.a = b.vector(args[0], free, &filled)
	case b.isScalar(args[0]):
		x.kind = instrScalarBinary
		x.immediate, x.scalar = b.scalar(args[0])
		x.a = b.vector(args[1], free, &filled)
	default:
		x.kind = instrBinary
		x.a, x.b = b.slot[args[0]], b.slot[args[1]]
	}
	return x
}

func allAxes(rank int) []int {
	axes := make([]int, rank)
	for i := range axes {
		axes[i] = i
	}
	return axes
}
