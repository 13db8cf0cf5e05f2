package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// The operands of Go's assembler are in reverse: VSUBPS(b, a, c) is c = a − b, VFMADD213PS(c, b, a)
// is a = a·b + c, VFMADD231PS(c, b, a) is a = a + b·c.

const (
	signBit  = 0x80000000
	infinity = 0x7F800000
	quietNaN = 0x7FC00000
)

// Predicates of VCMPPS, none of which signals NaN.
const (
	equal        = 0x00 // false with NaN
	notEqual     = 0x04 // true with NaN
	less         = 0x11 // false with NaN
	notLess      = 0x15 // true with NaN
	greaterEqual = 0x1D // false with NaN
	greater      = 0x1E // false with NaN
	unordered    = 0x03 // true with NaN only
)

var constants = map[uint32]operand.Mem{}

// bits returns a vector of the float with the given bits. It is loaded where it is used: the load
// ports are idle in these loops, registers are scarce.
func (v vec) bits(u uint32) reg.VecVirtual {
	m, ok := constants[u]
	if !ok {
		m = ConstData(fmt.Sprintf("float%08x", u), operand.U32(u))
		constants[u] = m
	}
	x := v.Vec()
	VBROADCASTSS(m, x)
	return x
}

// constant returns a vector of x.
func (v vec) constant(x float32) reg.VecVirtual { return v.bits(math.Float32bits(x)) }

// where returns the lanes in which "a predicate b" holds.
func (v vec) where(a reg.VecVirtual, predicate uint64, b reg.VecVirtual) isa.Mask {
	if v.Lanes == 16 {
		k := K()
		VCMPPS(operand.Imm(predicate), b, a, k)
		return isa.Mask{K: k}
	}
	m := YMM()
	VCMPPS(operand.Imm(predicate), b, a, m)
	return isa.Mask{V: m}
}

// choose returns yes in the selected lanes and no in the others.
func (v vec) choose(sel isa.Mask, yes, no reg.VecVirtual) reg.VecVirtual {
	x := v.Vec()
	if v.Lanes == 16 {
		VBLENDMPS(yes, no, sel.K, x)
	} else {
		VBLENDVPS(sel.V, yes, no, x)
	}
	return x
}

// keep returns x in the selected lanes and 0 in the others.
func (v vec) keep(sel isa.Mask, x reg.VecVirtual) reg.VecVirtual {
	y := v.Vec()
	if v.Lanes == 16 {
		VMOVAPS_Z(x, sel.K, y)
	} else {
		VANDPS(sel.V, x, y)
	}
	return y
}

// abs returns |x|.
func (v vec) abs(x reg.VecVirtual) reg.VecVirtual {
	y := v.Vec()
	VANDPS(v.bits(signBit-1), x, y)
	return y
}

// withSign returns |x| with the sign of s, for x without a sign.
func (v vec) withSign(x, s reg.VecVirtual) reg.VecVirtual {
	y := v.Vec()
	VANDPS(v.bits(signBit), s, y)
	VORPS(x, y, y)
	return y
}

// polynomial returns Σ c[k]·xᵏ by Horner's rule.
func (v vec) polynomial(c []float32, x reg.VecVirtual) reg.VecVirtual {
	p := v.constant(c[len(c)-1])
	for k := len(c) - 2; k >= 0; k-- {
		VFMADD213PS(v.constant(c[k]), x, p)
	}
	return p
}

// Rounding modes.
const (
	nearest = 0
	down    = 1
)

// round returns x rounded to an integer.
func (v vec) round(mode uint64, x reg.VecVirtual) reg.VecVirtual {
	const quiet = 8 // raises no exception flag
	y := v.Vec()
	if v.Lanes == 16 {
		VRNDSCALEPS(operand.Imm(quiet|mode), x, y)
	} else {
		VROUNDPS(operand.Imm(quiet|mode), x, y)
	}
	return y
}
