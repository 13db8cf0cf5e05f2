package plan

import (
	"github.com/gradreg/gradreg/internal/kernel"
)

// stripBuilder turns tapes into steps of a strip program.
type stripBuilder struct {
	program *stripProgram
	held    *value // what level 0 holds when a tape begins

	// of the tape that is being compiled:
	node     int
	tape     *tape
	operands [][]int // their steps
	terms    []stripTerm
}

// stripTerm is a number of a tape: an operand, a constant, or the result of an instruction.
type stripTerm struct {
	kind    stripTermKind
	operand int // of the tape, or among the constants
	code    *instr
	a, b    int // arguments of the instruction, −1 where there is none
	uses    int
	own     int // its strip of memory + 1, if it has been computed and is needed again
}

type stripTermKind uint8

const (
	termOperand stripTermKind = iota
	termConstant
	termResult
)

var stripBinaries = map[kernel.BinaryOp]kernel.StripOp{
	kernel.Add: kernel.StripAdd, kernel.Sub: kernel.StripSub, kernel.Mul: kernel.StripMul,
	kernel.Div: kernel.StripDiv, kernel.Max: kernel.StripMax, kernel.Greater: kernel.StripGreater,
	kernel.GreaterEqual: kernel.StripGreaterEqual, kernel.Equal: kernel.StripEqual,
	kernel.Gate: kernel.StripGate,
}

var stripUnaries = map[kernel.UnaryOp]kernel.StripCode{
	kernel.Neg: kernel.StripNeg, kernel.Not: kernel.StripNot, kernel.Sqrt: kernel.StripSqrt,
}

// add appends a step.
func (b *stripBuilder) add(code kernel.StripCode, s stripStep) {
	p := b.program
	var k kernel.StripStep
	k.Set(p.level, code)
	if row := p.row() - 1; row >= 0 && s.steps != nil {
		k.Row = 4 * s.steps[row]
	}
	p.steps, p.code = append(p.steps, s), append(p.code, k)
}

// finish ends the program.
func (b *stripBuilder) finish() {
	p := b.program
	steps := p.steps
	b.add(kernel.StripEnd, stripStep{})
	for _, s := range steps {
		if s.from == fromSum {
			s.begins = true
			_, total := p.level.StripSums(s.i)
			b.add(total, s)
		}
	}
	b.add(kernel.StripRow, stripStep{})
}

// compile appends the steps that leave the result of a tape, whose operands have the given steps,
// on level 0. It reports whether there are such steps.
func (b *stripBuilder) compile(node int, t *tape, operands [][]int) bool {
	b.node, b.tape, b.operands, b.terms = node, t, operands, nil
	result, ok := b.read()
	held, before := b.held, len(b.program.steps)
	if !ok || !b.emit(result, 0) {
		return false
	}
	if len(b.program.steps) == before { // level 0 held it
		b.held = held
	}
	return true
}

// read makes terms of the tape's instructions and returns that of its result.
func (b *stripBuilder) read() (result int, ok bool) {
	last := b.program.row()
	at := make([]int, b.tape.slots) // the terms in slots
	for i := range b.tape.operands {
		if step := b.operands[i][last]; step != 0 && step != 1 {
			return 0, false
		}
		at[i] = b.term(stripTerm{kind: termOperand, operand: i})
	}
	for i := range b.tape.code {
		x := &b.tape.code[i]
		t := stripTerm{kind: termResult, code: x, a: -1, b: -1}
		slot := func(s int) int {
			if s < 0 {
				return -1
			}
			return at[s]
		}
		switch x.kind {
		case instrUnary:
			t.a = at[x.a]
		case instrBinary:
			t.a, t.b = at[x.a], at[x.b]
		case instrBinaryScalar:
			t.a, t.b = at[x.a], b.scalar(x)
		case instrScalarBinary:
			t.a, t.b = b.scalar(x), at[x.a]
		case instrSelect:
			t.a, t.b = at[x.a], max(slot(x.b), slot(x.c))
			if x.b >= 0 && x.c >= 0 || t.b < 0 {
				return 0, false
			}
		case instrFill:
			at[x.dst] = b.scalar(x)
			continue
		default:
			return 0, false
		}
		b.terms[t.a].uses++
		if t.b >= 0 && t.b != t.a {
			b.terms[t.b].uses++
		}
		at[x.dst] = b.term(t)
	}
	return at[b.tape.result], true
}

// term adds a term and returns its number.
func (b *stripBuilder) term(t stripTerm) int {
	b.terms = append(b.terms, t)
	return len(b.terms) - 1
}

// scalar returns the term of an instruction's scalar.
func (b *stripBuilder) scalar(x *instr) int {
	if x.scalar >= 0 {
		return b.term(stripTerm{kind: termOperand, operand: x.scalar})
	}
	p := b.program
	p.consts = append(p.consts, x.immediate)
	return b.term(stripTerm{kind: termConstant, operand: len(p.consts) - 1})
}

// operand returns the step that reads a term which is no result, and whether it is a scalar.
func (b *stripBuilder) operand(t *stripTerm) (s stripStep, scalar bool) {
	if t.kind == termConstant {
		return stripStep{from: fromConstant, i: t.operand}, true
	}
	steps := b.operands[t.operand]
	return stripStep{from: fromArgument, node: b.node, i: t.operand, steps: steps}, steps[b.program.row()] == 0
}

// emit appends the steps that leave term i on a level, and reports whether there are such steps.
func (b *stripBuilder) emit(i, level int) bool {
	if level >= kernel.StripLevels {
		return false
	}
	t := &b.terms[i]
	switch {
	case t.kind != termResult:
		b.load(t, level)
		return true
	case t.own > 0:
		b.held = nil
		b.add(kernel.StripLoadOwn.At(level), stripStep{from: fromOwn, i: t.own - 1})
		return true
	}
	if !b.compute(t, level) {
		return false
	}
	if t.uses > 1 {
		b.add(kernel.StripStoreOwn.At(level), stripStep{from: fromOwn, i: b.program.own})
		b.program.own++
		b.terms[i].own = b.program.own
	}
	return true
}

// load appends the step that loads an operand, unless level 0 holds it already.
func (b *stripBuilder) load(t *stripTerm, level int) {
	held := b.held
	b.held = nil
	s, scalar := b.operand(t)
	code := kernel.StripLoad
	if scalar {
		code = kernel.StripLoadScalar
	} else if level == 0 && held != nil && t.kind == termOperand {
		n := b.program.nodes[b.node]
		if n.args[b.tape.operands[t.operand].use].value == held {
			return
		}
	}
	b.add(code.At(level), s)
}

// compute appends the steps of an instruction.
func (b *stripBuilder) compute(t *stripTerm, level int) bool {
	x := t.code
	if x.kind == instrUnary {
		code, ok := stripUnaries[x.unary]
		if !ok || !b.emit(t.a, level) {
			return false
		}
		b.add(code.At(level), stripStep{})
		return true
	}
	op, ok := stripBinaries[x.binary]
	if x.kind == instrSelect {
		if op, ok = kernel.StripDrop, true; x.b >= 0 {
			op = kernel.StripKeep
		}
	}
	if !ok {
		return false
	}
	first, second := t.a, t.b
	switch {
	case first == second:
		if !b.emit(first, level) {
			return false
		}
		b.add(op.Code(kernel.StripSelf, level), stripStep{})
	case b.terms[second].kind != termResult:
		return b.emit(first, level) && b.with(op, kernel.StripTensor, second, level)
	case b.terms[first].kind != termResult:
		return b.emit(second, level) && b.with(op, kernel.StripFromTensor, first, level)
	case b.need(second) > b.need(first):
		if !b.emit(second, level) || !b.emit(first, level+1) {
			return false
		}
		b.add(op.Code(kernel.StripFromNext, level), stripStep{})
	default:
		if !b.emit(first, level) || !b.emit(second, level+1) {
			return false
		}
		b.add(op.Code(kernel.StripNext, level), stripStep{})
	}
	return true
}

// with appends the step of an operation on a level and an operand, a tensor by its kind.
func (b *stripBuilder) with(op kernel.StripOp, kind kernel.StripOperand, term, level int) bool {
	s, scalar := b.operand(&b.terms[term])
	if scalar {
		kind++ // StripScalar follows StripTensor, StripFromScalar StripFromTensor
	}
	b.add(op.Code(kind, level), s)
	return true
}

// need returns the levels that computing a term takes.
func (b *stripBuilder) need(i int) int {
	t := &b.terms[i]
	if t.kind != termResult || t.own > 0 {
		return 1
	}
	if t.b < 0 || t.a == t.b {
		return b.need(t.a)
	}
	switch first, second := &b.terms[t.a], &b.terms[t.b]; {
	case second.kind != termResult:
		return b.need(t.a)
	case first.kind != termResult:
		return b.need(t.b)
	}
	x, y := b.need(t.a), b.need(t.b)
	if x == y {
		return x + 1
	}
	return max(x, y)
}
