// Package isa holds what the kernel generators share: the two instruction sets, masks for the lanes
// of a vector, and the sum of lanes.
package isa

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Set is an instruction set at one width of vectors.
type Set struct {
	Name  string
	Lanes int
	EVEX  bool // mask registers, and vector registers 16 to 31
}

// The instruction sets. Half512 is AVX-512 on vectors of half the width.
var (
	AVX512  = Set{"AVX512", 16, true}
	Half512 = Set{"AVX512", 8, true}
	AVX2    = Set{"AVX2", 8, false}
)

// Vec returns a fresh vector register.
func (s Set) Vec() reg.VecVirtual {
	if s.Lanes == 16 {
		return ZMM()
	}
	return YMM()
}

// Shift returns log₂ of the lanes.
func (s Set) Shift() uint64 {
	if s.Lanes == 16 {
		return 4
	}
	return 3
}

// Mem addresses base + disp.
func Mem(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// Indexed addresses base + index·scale + disp.
func Indexed(base, index reg.Register, scale uint8, disp int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: scale, Disp: disp}
}

// Mask selects lanes: a mask register, or a vector of signs on AVX2.
type Mask struct {
	K reg.Register
	V reg.VecVirtual
}

// LaneMask returns the mask of the lanes whose bits are set in bits, from the given first lane on.
func (s Set) LaneMask(bits reg.GPVirtual, first int) Mask {
	part := GP32()
	MOVL(bits, part)
	if first > 0 {
		SHRL(operand.Imm(uint64(first)), part)
	}
	if s.EVEX {
		k := K()
		KMOVW(part, k)
		return Mask{K: k}
	}
	// Lane i gets bit i of part as its sign.
	v, shift, x := YMM(), YMM(), XMM()
	VMOVD(part, x)
	VPBROADCASTD(x, v)
	VMOVDQU(signShifts(), shift)
	VPSLLVD(shift, v, v)
	return Mask{V: v}
}

// TailMask returns the mask of the n mod Lanes elements that whole vectors leave, and jumps to none
// if there are none.
func (s Set) TailMask(n reg.GPVirtual, none string) Mask {
	left, bits := GP64(), GP64()
	MOVQ(n, left)
	ANDQ(operand.Imm(uint64(s.Lanes-1)), left)
	JZ(operand.LabelRef(none))
	MOVQ(operand.I64(-1), bits)
	BZHIQ(left, bits, bits)
	return s.LaneMask(bits.As32().(reg.GPVirtual), 0)
}

var shifts *operand.Mem

// signShifts returns the table 31, 30, … 24 that moves bit i of a mask to the sign of lane i.
func signShifts() operand.Mem {
	if shifts == nil {
		m := GLOBL("signShifts", attr.RODATA|attr.NOPTR)
		for i := range 8 {
			DATA(4*i, operand.U32(31-i))
		}
		shifts = &m
	}
	return *shifts
}

// Load returns the selected lanes at m, zeros in the others.
func (s Set) Load(m operand.Mem, sel Mask) reg.VecVirtual {
	v := s.Vec()
	if s.EVEX {
		VMOVUPS_Z(m, sel.K, v)
	} else {
		VMASKMOVPS(m, sel.V, v)
	}
	return v
}

// Store writes the selected lanes of v to m.
func (s Set) Store(v reg.VecVirtual, m operand.Mem, sel Mask) {
	if s.EVEX {
		VMOVUPS(v, sel.K, m)
	} else {
		VMASKMOVPS(v, sel.V, m)
	}
}

// Zero returns a vector of zeros.
func (s Set) Zero() reg.VecVirtual {
	v := s.Vec()
	s.Xor(v, v)
	return v
}

// Xor computes x ^= y.
func (s Set) Xor(y, x reg.VecVirtual) {
	if s.EVEX {
		VPXORD(y, x, x)
	} else {
		VXORPS(y, x, x)
	}
}

// AndNot computes x &^= y.
func (s Set) AndNot(y, x reg.VecVirtual) {
	if s.EVEX {
		VPANDND(x, y, x)
	} else {
		VANDNPS(x, y, x)
	}
}

// Broadcast returns a vector of the float with the given bits.
func (s Set) Broadcast(bits uint32) reg.VecVirtual {
	r, x, v := GP32(), XMM(), s.Vec()
	MOVL(operand.U32(bits), r)
	if s.Lanes == 16 {
		VPBROADCASTD(r, v)
		return v
	}
	VMOVD(r, x)
	VPBROADCASTD(x, v)
	return v
}

// LanesSum adds up the lanes of v, halves first, and returns the register that holds the sum in
// lane 0.
func (s Set) LanesSum(v reg.VecVirtual) reg.VecVirtual {
	x, upper := v.AsX(), XMM()
	s.SumToQuarter(v)
	VPERMILPS(operand.Imm(0x0E), x, upper)
	VADDPS(upper, x, x)
	VPERMILPS(operand.Imm(0x01), x, upper)
	VADDSS(upper, x, x)
	return x.(reg.VecVirtual)
}

// SumToQuarter adds up the lanes of v, halves first, until four sums are left in its lowest lanes.
func (s Set) SumToQuarter(v reg.VecVirtual) {
	y, x, quarter := v.AsY(), v.AsX(), XMM()
	if s.Lanes == 16 {
		half := YMM()
		VEXTRACTF64X4(operand.Imm(1), v, half)
		VADDPS(half, y, y)
	}
	s.UpperQuarter(y, quarter)
	VADDPS(quarter, x, x)
}

// UpperQuarter copies lanes 4 to 7 of y to x.
func (s Set) UpperQuarter(y, x reg.Register) {
	if s.EVEX {
		VEXTRACTF32X4(operand.Imm(1), y, x) // reaches registers 16 to 31
	} else {
		VEXTRACTF128(operand.Imm(1), y, x)
	}
}
