package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// arithmetic is an element-wise operation a op b.
type arithmetic struct {
	name string
	emit func(v vec, a, b reg.VecVirtual) reg.VecVirtual
}

var binaries = []arithmetic{
	{"add", direct(VADDPS)},
	{"sub", direct(VSUBPS)},
	{"mul", direct(VMULPS)},
	{"div", direct(VDIVPS)},
	{"max", direct(VMAXPS)},
	{"min", direct(VMINPS)},
	{"greater", compare(greater)},
	{"greaterEqual", compare(greaterEqual)},
	{"equal", compare(equal)},
	{"gate", func(v vec, a, b reg.VecVirtual) reg.VecVirtual { return v.keep(v.where(a, greater, v.Zero()), b) }},
}

// direct returns the operation of one instruction.
func direct(instruction func(...operand.Op)) func(v vec, a, b reg.VecVirtual) reg.VecVirtual {
	return func(v vec, a, b reg.VecVirtual) reg.VecVirtual {
		c := v.Vec()
		instruction(b, a, c)
		return c
	}
}

// compare returns the operation that gives 1 where the predicate holds and 0 elsewhere.
func compare(predicate uint64) func(v vec, a, b reg.VecVirtual) reg.VecVirtual {
	return func(v vec, a, b reg.VecVirtual) reg.VecVirtual {
		return v.keep(v.where(a, predicate, b), v.constant(1))
	}
}

// binary writes the forms vector-vector, vector-scalar and scalar-vector of an operation.
func (v vec) binary(op arithmetic) {
	TEXT(op.name+v.Name, NOSPLIT, "func(dst *float32, a *float32, b *float32, n int)")
	Pragma("noescape")
	dst, a, b, n := array("dst"), array("a"), array("b"), length()
	v.each(n, func(at access) { at.store(op.emit(v, at.load(a), at.load(b)), dst) })
	v.withScalar(op.name+"Scalar", func(x, s reg.VecVirtual) reg.VecVirtual { return op.emit(v, x, s) })
	v.withScalar(op.name+"FromScalar", func(x, s reg.VecVirtual) reg.VecVirtual { return op.emit(v, s, x) })
}

// withScalar writes an operation of a[i] and s.
func (v vec) withScalar(name string, emit func(x, s reg.VecVirtual) reg.VecVirtual) {
	TEXT(name+v.Name, NOSPLIT, "func(dst *float32, a *float32, s float32, n int)")
	Pragma("noescape")
	dst, a, s, n := array("dst"), array("a"), v.spread("s"), length()
	v.each(n, func(at access) { at.store(emit(at.load(a), s), dst) })
}

// selection writes dst[i] = mask[i] ≠ 0 ? a[i] : b[i].
func (v vec) selection() {
	TEXT("select"+v.Name, NOSPLIT, "func(dst *float32, mask *float32, a *float32, b *float32, n int)")
	Pragma("noescape")
	dst, mask, a, b, n := array("dst"), array("mask"), array("a"), array("b"), length()
	zero := v.Zero()
	v.each(n, func(at access) {
		m := at.load(mask)
		at.store(v.choose(v.where(m, notEqual, zero), at.load(a), at.load(b)), dst)
	})
}
