package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// everySecond writes the copy of every second element.
func everySecond(s isa.Set) {
	TEXT("everySecond"+s.Name, NOSPLIT, "func(dst, src *float32, vectors int)")
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	vectors := Load(Param("vectors"), GP64())
	even, _ := evenOdd(s)
	Label("loop")
	a, b := s.Vec(), s.Vec()
	VMOVUPS(isa.Mem(src, 0), a)
	VMOVUPS(isa.Mem(src, 4*s.Lanes), b)
	e := s.Vec()
	if s.Lanes == 16 {
		VMOVDQA32(even, e)
		VPERMI2PS(b, a, e)
	} else {
		VSHUFPS(operand.Imm(0x88), b, a, e)
		VPERMPD(operand.Imm(0xD8), e, e)
	}
	VMOVUPS(e, isa.Mem(dst, 0))
	ADDQ(operand.Imm(uint64(4*s.Lanes)), dst)
	ADDQ(operand.U32(uint32(8*s.Lanes)), src)
	DECQ(vectors)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// addToEverySecond writes its transpose, which adds zeros to the elements between.
func addToEverySecond(s isa.Set) {
	TEXT("addToEverySecond"+s.Name, NOSPLIT, "func(dst, src *float32, vectors int)")
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	vectors := Load(Param("vectors"), GP64())
	zero, index := s.Zero(), doubledLanes(s)
	var odd isa.Mask
	if s.Lanes == 16 {
		bits := GP32()
		MOVL(operand.U32(0x5555), bits)
		odd = s.LaneMask(bits, 0)
	}
	Label("loop")
	x := s.Vec()
	VMOVUPS(isa.Mem(src, 0), x)
	for half := range index {
		y := s.Vec()
		if s.Lanes == 16 {
			VPERMPS_Z(x, index[half], odd.K, y)
		} else {
			VPERMPS(x, index[half], y)
			VBLENDPS(operand.Imm(0xAA), zero, y, y)
		}
		VADDPS(isa.Mem(dst, 4*s.Lanes*half), y, y)
		VMOVUPS(y, isa.Mem(dst, 4*s.Lanes*half))
	}
	ADDQ(operand.Imm(uint64(4*s.Lanes)), src)
	ADDQ(operand.U32(uint32(8*s.Lanes)), dst)
	DECQ(vectors)
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
