package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// everySecond writes the copy of every second element of rows, for each row one vector. Row r reads
// two vectors at src + r·srcStep, of which the lanes in low and high, and stores a whole vector at
// dst + r·dstStep.
func everySecond(s isa.Set) {
	TEXT("everySecond"+s.Name, NOSPLIT,
		"func(dst *float32, to int, src *float32, from, rows, dstStep, srcStep int, low, high uint32)")
	Pragma("noescape")
	dst, src, rows, dstStep, srcStep := rowPointers()
	low := s.LaneMask(Load(Param("low"), GP32()).(reg.GPVirtual), 0)
	high := s.LaneMask(Load(Param("high"), GP32()).(reg.GPVirtual), 0)
	even, _ := evenOdd(s)
	Label("loop")
	a := s.Load(isa.Mem(src, 0), low)
	b := s.Load(isa.Mem(src, 4*s.Lanes), high)
	e := s.Vec()
	if s.Lanes == 16 {
		VMOVDQA32(even, e)
		VPERMI2PS(b, a, e)
	} else {
		VSHUFPS(operand.Imm(0x88), b, a, e)
		VPERMPD(operand.Imm(0xD8), e, e)
	}
	VMOVUPS(e, isa.Mem(dst, 0))
	ADDQ(dstStep, dst)
	ADDQ(srcStep, src)
	DECQ(rows)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// rowPointers loads the parameters of rows, steps in bytes.
func rowPointers() (dst, src, rows, dstStep, srcStep reg.Register) {
	dst, src, rows = Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("rows"), GP64())
	dstStep, srcStep = Load(Param("dstStep"), GP64()), Load(Param("srcStep"), GP64())
	to, from := Load(Param("to"), GP64()), Load(Param("from"), GP64())
	LEAQ(isa.Indexed(dst, to, 4, 0), dst)
	LEAQ(isa.Indexed(src, from, 4, 0), src)
	SHLQ(operand.Imm(2), dstStep)
	SHLQ(operand.Imm(2), srcStep)
	return dst, src, rows, dstStep, srcStep
}

// addToEverySecond writes its transpose: of row r of src the lanes in read are added to every second
// of two vectors of dst, zeros to all others.
func addToEverySecond(s isa.Set) {
	TEXT("addToEverySecond"+s.Name, NOSPLIT,
		"func(dst *float32, to int, src *float32, from, rows, dstStep, srcStep int, read uint32)")
	Pragma("noescape")
	dst, src, rows, dstStep, srcStep := rowPointers()
	read := s.LaneMask(Load(Param("read"), GP32()).(reg.GPVirtual), 0)
	zero, index := s.Zero(), doubledLanes(s)
	var even isa.Mask
	if s.Lanes == 16 {
		bits := GP32()
		MOVL(operand.U32(0x5555), bits)
		even = s.LaneMask(bits, 0)
	}
	Label("loop")
	x := s.Load(isa.Mem(src, 0), read)
	for half := range index {
		y := s.Vec()
		if s.Lanes == 16 {
			VPERMPS_Z(x, index[half], even.K, y)
		} else {
			VPERMPS(x, index[half], y)
			VBLENDPS(operand.Imm(0xAA), zero, y, y)
		}
		VADDPS(isa.Mem(dst, 4*s.Lanes*half), y, y)
		VMOVUPS(y, isa.Mem(dst, 4*s.Lanes*half))
	}
	ADDQ(dstStep, dst)
	ADDQ(srcStep, src)
	DECQ(rows)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// doubledLanes returns the indices of the lanes of both halves, each twice.
func doubledLanes(s isa.Set) (index [2]reg.VecVirtual) {
	for half := range index {
		index[half] = loadInts(s, doubled(s, half))
	}
	return index
}
