package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// copyRows writes the kernel that copies rows of at most one vector: the lanes of read come from
// src, the others are zero. Whole vectors are stored, row after row, so that each row overwrites
// what the one before it left beyond its width: masked stores are several times slower on Zen 4.
func (s gen) copyRows() {
	TEXT("copyRows"+s.Name, NOSPLIT,
		"func(dst *float32, to int, src *float32, from int, rows, dstStep, srcStep int, read uint32)")
	Pragma("noescape")
	dst, src := s.element("dst", "to"), s.element("src", "from")
	n := Load(Param("rows"), GP64())
	dstStep, srcStep := Load(Param("dstStep"), GP64()), Load(Param("srcStep"), GP64())
	SHLQ(operand.Imm(2), dstStep)
	SHLQ(operand.Imm(2), srcStep)
	read := s.LaneMask(Load(Param("read"), GP32()).(reg.GPVirtual), 0)
	Label("loop")
	VMOVUPS(s.Load(isa.Mem(src, 0), read), isa.Mem(dst, 0))
	ADDQ(srcStep, src)
	ADDQ(dstStep, dst)
	DECQ(n)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// expandBlocks writes the kernel that expands channels of an image: for each block of columns of a
// plane some rows of zeros, rows of one vector, of which the lanes of the mask come from src, and
// rows of zeros again. Whole vectors are stored, as by copyRows. Steps are in bytes.
func (s gen) expandBlocks() {
	TEXT("expandBlocks"+s.Name, NOSPLIT,
		"func(dst, src *float32, blocks *int32, n, channels, dstChannel, srcChannel, dstStep, srcStep int)")
	Pragma("noescape")
	param := func(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }
	dst, src, channels := param("dst"), param("src"), param("channels")
	dstStep, srcStep := param("dstStep"), param("srcStep")
	zero := s.Zero()
	Label("channel")
	block, n := param("blocks"), param("n")
	Label("block")
	to, from, count, bits := GP64(), GP64(), GP64(), GP32()
	MOVLQSX(isa.Mem(block, 0), to)
	LEAQ(isa.Indexed(dst, to, 4, 0), to)
	MOVLQSX(isa.Mem(block, 4), from)
	LEAQ(isa.Indexed(src, from, 4, 0), from)
	zeros := func(offset int, name string) {
		MOVLQSX(isa.Mem(block, offset), count)
		TESTQ(count, count)
		JZ(operand.LabelRef(name + "Done"))
		Label(name)
		VMOVUPS(zero, isa.Mem(to, 0))
		ADDQ(dstStep, to)
		DECQ(count)
		JNZ(operand.LabelRef(name))
		Label(name + "Done")
	}
	zeros(8, "above")
	MOVL(isa.Mem(block, 20), bits)
	read := s.LaneMask(bits, 0)
	MOVLQSX(isa.Mem(block, 12), count)
	TESTQ(count, count)
	JZ(operand.LabelRef("copied"))
	Label("row")
	VMOVUPS(s.Load(isa.Mem(from, 0), read), isa.Mem(to, 0))
	ADDQ(srcStep, from)
	ADDQ(dstStep, to)
	DECQ(count)
	JNZ(operand.LabelRef("row"))
	Label("copied")
	zeros(16, "below")
	ADDQ(operand.Imm(24), block)
	DECQ(n)
	JNZ(operand.LabelRef("block"))
	ADDQ(param("dstChannel"), dst)
	ADDQ(param("srcChannel"), src)
	DECQ(channels)
	JNZ(operand.LabelRef("channel"))
	VZEROUPPER()
	RET()
}

// sumRows writes the kernel that adds up rows of several planes, for each row one vector: of plane
// i the lanes of read[i], shifted by i·shift floats. Whole vectors are stored.
func (s gen) sumRows() {
	TEXT("sumRows"+s.Name, NOSPLIT,
		"func(dst *float32, to int, src *float32, from int, rows, dstStep, srcStep, planes, "+
			"planeStep int, read *uint32)")
	Pragma("noescape")
	dst, src := s.element("dst", "to"), s.element("src", "from")
	n := Load(Param("rows"), GP64())
	dstStep, srcStep := Load(Param("dstStep"), GP64()), Load(Param("srcStep"), GP64())
	planeStep := Load(Param("planeStep"), GP64())
	for _, step := range []reg.Register{dstStep, srcStep, planeStep} {
		SHLQ(operand.Imm(2), step)
	}
	table := Load(Param("read"), GP64())
	planes := Load(Param("planes"), GP64())
	Label("row")
	sum := s.Zero()
	at, i, bits := GP64(), GP64(), GP32()
	MOVQ(src, at)
	XORQ(i, i)
	Label("plane")
	MOVL(isa.Indexed(table, i, 4, 0), bits)
	sel := s.LaneMask(bits, 0)
	VADDPS(s.Load(isa.Mem(at, 0), sel), sum, sum)
	ADDQ(planeStep, at)
	INCQ(i)
	CMPQ(i, planes)
	JLT(operand.LabelRef("plane"))
	VMOVUPS(sum, isa.Mem(dst, 0))
	ADDQ(srcStep, src)
	ADDQ(dstStep, dst)
	DECQ(n)
	JNZ(operand.LabelRef("row"))
	VZEROUPPER()
	RET()
}

// element returns the address of an element given by pointer and offset. They come apart because
// masked lanes may make the address lie outside its slice, where no Go pointer may point.
func (s gen) element(base, offset string) reg.Register {
	x, i := Load(Param(base), GP64()), Load(Param(offset), GP64())
	LEAQ(isa.Indexed(x, i, 4, 0), x)
	return x
}
