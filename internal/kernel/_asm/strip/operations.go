package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// Predicates of VCMPPS, none of which signals NaN.
const (
	equal        = 0x00 // false with NaN
	notEqual     = 0x04 // true with NaN
	greaterEqual = 0x1D // false with NaN
	greater      = 0x1E // false with NaN
)

// binary is an operation of two numbers: emit computes c = a op b. They are written in the order of
// package kernel's StripOp.
type binary struct {
	name string
	emit func(m *machine, a, b, c reg.VecPhysical)
}

var binaries = []binary{
	{"Add", func(_ *machine, a, b, c reg.VecPhysical) { VADDPS(b, a, c) }},
	{"Sub", func(_ *machine, a, b, c reg.VecPhysical) { VSUBPS(b, a, c) }},
	{"Mul", func(_ *machine, a, b, c reg.VecPhysical) { VMULPS(b, a, c) }},
	{"Div", func(_ *machine, a, b, c reg.VecPhysical) { VDIVPS(b, a, c) }},
	{"Max", func(_ *machine, a, b, c reg.VecPhysical) { VMAXPS(b, a, c) }},
	{"Greater", func(m *machine, a, b, c reg.VecPhysical) { m.compare(greater, a, b, c) }},
	{"GreaterEqual", func(m *machine, a, b, c reg.VecPhysical) { m.compare(greaterEqual, a, b, c) }},
	{"Equal", func(m *machine, a, b, c reg.VecPhysical) { m.compare(equal, a, b, c) }},
	{"Gate", func(m *machine, a, b, c reg.VecPhysical) { m.keep(greater, a, b, c) }},
	{"Keep", func(m *machine, a, b, c reg.VecPhysical) { m.keep(notEqual, a, b, c) }},
	{"Drop", func(m *machine, a, b, c reg.VecPhysical) { m.keep(equal, a, b, c) }},
}

// free returns a register beyond the levels and their operands.
func (m *machine) free() reg.VecPhysical {
	if m.Lanes == 16 {
		return reg.Z16
	}
	return reg.Y15
}

// ones returns a vector of ones.
func (m *machine) ones() reg.VecPhysical {
	one := m.free()
	if m.Lanes == 16 {
		MOVL(operand.U32(0x3F800000), reg.EAX)
		VPBROADCASTD(reg.EAX, one)
		return one
	}
	VPCMPEQD(one, one, one)
	VPSRLD(operand.Imm(25), one, one)
	VPSLLD(operand.Imm(23), one, one)
	return one
}

// compare computes c = 1 where "a predicate b" holds and 0 elsewhere.
func (m *machine) compare(predicate uint64, a, b, c reg.VecPhysical) {
	if m.Lanes == 16 {
		VCMPPS(operand.Imm(predicate), b, a, reg.K1)
		VMOVAPS_Z(m.ones(), reg.K1, c)
		return
	}
	VCMPPS(operand.Imm(predicate), b, a, c)
	VANDPS(m.ones(), c, c)
}

// keep computes c = b where "a predicate 0" holds and 0 elsewhere.
func (m *machine) keep(predicate uint64, a, b, c reg.VecPhysical) {
	zero := m.free()
	if m.Lanes == 16 {
		VPXORD(zero, zero, zero)
		VCMPPS(operand.Imm(predicate), zero, a, reg.K1)
		VMOVAPS_Z(b, reg.K1, c)
		return
	}
	VXORPS(zero, zero, zero)
	VCMPPS(operand.Imm(predicate), zero, a, zero)
	VANDPS(zero, b, c)
}

// operations writes what computes.
func (m *machine) operations() {
	for level := range levels {
		m.moves(level)
		m.unaries(level)
		for _, op := range binaries {
			m.binary(op, level)
		}
	}
}

// element addresses vector i of the strip in an operand, or in a strip of its own.
func (m *machine) element(i int, own bool) operand.Mem {
	if own {
		return isa.Mem(reg.RBX, m.bytes()*i)
	}
	return isa.Indexed(reg.RBX, reg.RDX, 1, m.bytes()*i)
}

// moves writes loads, stores and the sum of a level.
func (m *machine) moves(level int) {
	for _, own := range []bool{false, true} {
		kind := "Tensor"
		if own {
			kind = "Strip"
		}
		m.routine(name("Load", kind, level))
		at()
		for i := range vectors {
			VMOVUPS(m.element(i, own), m.lane(level, i))
		}
		next()
		m.routine(name("Store", kind, level))
		at()
		for i := range vectors {
			VMOVUPS(m.lane(level, i), m.element(i, own))
		}
		next()
	}
	m.routine(name("Load", "Scalar", level))
	at()
	for i := range vectors {
		VBROADCASTSS(isa.Mem(reg.RBX, 0), m.lane(level, i))
	}
	next()
	m.routine(name("Sum", "", level))
	MOVQ(isa.Mem(reg.RSI, stepSums), reg.RBX)
	for i := range vectors {
		sum := m.vec(vectors*levels + i)
		VADDPS(m.element(i, true), m.lane(level, i), sum)
		VMOVUPS(sum, m.element(i, true))
	}
	next()
	for k := range registerSums {
		if m.Lanes != 16 {
			m.codes = append(m.codes, "") // there are no registers left
			continue
		}
		m.routine(name(fmt.Sprintf("Sum%d", k), "Level", level))
		for i := range vectors {
			VADDPS(sumRegister(k, i), m.lane(level, i), sumRegister(k, i))
		}
		next()
	}
}

// registerSums is the number of sums whose accumulators are in registers.
const registerSums = 3

// sumRegister returns vector i of the accumulators of sum k.
func sumRegister(k, i int) reg.VecPhysical {
	return []reg.VecPhysical{
		reg.Z20, reg.Z21, reg.Z22, reg.Z23, reg.Z24, reg.Z25,
		reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}[vectors*k+i]
}

// unaries writes the operations of a level alone.
func (m *machine) unaries(level int) {
	each := func(op string, emit func(x reg.VecPhysical)) {
		m.routine(name(op, "", level))
		for i := range vectors {
			emit(m.lane(level, i))
		}
		next()
	}
	each("Neg", func(x reg.VecPhysical) {
		sign := m.free()
		if m.Lanes == 16 {
			MOVL(operand.U32(0x80000000), reg.EAX)
			VPBROADCASTD(reg.EAX, sign)
			VPXORD(sign, x, x)
			return
		}
		VPCMPEQD(sign, sign, sign)
		VPSLLD(operand.Imm(31), sign, sign)
		VXORPS(sign, x, x)
	})
	each("Not", func(x reg.VecPhysical) { VSUBPS(x, m.ones(), x) })
	each("Sqrt", func(x reg.VecPhysical) { VSQRTPS(x, x) })
}

// binary writes the forms of an operation on a level: with a tensor, a scalar or the next level as
// its second operand, and as its first, and with itself as both.
func (m *machine) binary(op binary, level int) {
	for _, reversed := range []bool{false, true} {
		order := ""
		if reversed {
			order = "From"
		}
		emit := func(i int, x reg.VecPhysical) {
			if t := m.lane(level, i); reversed {
				op.emit(m, x, t, t)
			} else {
				op.emit(m, t, x, t)
			}
		}
		m.routine(name(op.name+order, "Tensor", level))
		at()
		for i := range vectors - 1 { // AVX2 has three registers beside the one that is free
			VMOVUPS(m.element(i, false), m.vec(vectors*levels+i))
		}
		for i := range vectors {
			x := m.vec(vectors*levels + i%(vectors-1))
			if i == vectors-1 {
				VMOVUPS(m.element(i, false), x)
			}
			emit(i, x)
		}
		next()
		m.routine(name(op.name+order, "Scalar", level))
		at()
		x := m.vec(vectors * levels)
		VBROADCASTSS(isa.Mem(reg.RBX, 0), x)
		for i := range vectors {
			emit(i, x)
		}
		next()
		if level+1 == levels {
			m.codes = append(m.codes, "") // there is none
			continue
		}
		m.routine(name(op.name+order, "Next", level))
		for i := range vectors {
			emit(i, m.lane(level+1, i))
		}
		next()
	}
	m.routine(name(op.name, "Self", level))
	for i := range vectors {
		t := m.lane(level, i)
		op.emit(m, t, t, t)
	}
	next()
}
