// Command transpose writes the assembly of matrix transposition.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

func main() {
	ConstraintExpr("!purego")
	TEXT("transposeBlocks", NOSPLIT, "func(to *float32, toStep int, from *float32, fromStep, blocks int)")
	Pragma("noescape")
	to, toStep := Load(Param("to"), GP64()), Load(Param("toStep"), GP64())
	from, fromStep := Load(Param("from"), GP64()), Load(Param("fromStep"), GP64())
	blocks := Load(Param("blocks"), GP64())
	SHLQ(operand.Imm(2), toStep)
	SHLQ(operand.Imm(2), fromStep)
	Label("block")
	var v [8]reg.VecVirtual
	eachRow(from, fromStep, func(i int, row operand.Mem) {
		v[i] = YMM()
		VMOVUPS(row, v[i])
	})
	v = transposed(v)
	eachRow(to, toStep, func(i int, row operand.Mem) { VMOVUPS(v[i], row) })
	LEAQ(isa.Indexed(from, fromStep, 8, 0), from)
	ADDQ(operand.Imm(32), to)
	DECQ(blocks)
	JNZ(operand.LabelRef("block"))
	VZEROUPPER()
	RET()
	Generate()
}

// eachRow calls f with the addresses of eight rows.
func eachRow(base, step reg.Register, f func(i int, row operand.Mem)) {
	thrice, lower := GP64(), GP64()
	LEAQ(isa.Indexed(step, step, 2, 0), thrice)
	LEAQ(isa.Indexed(base, step, 4, 0), lower)
	for i, b := range []reg.Register{base, lower} {
		f(4*i, isa.Mem(b, 0))
		f(4*i+1, isa.Indexed(b, step, 1, 0))
		f(4*i+2, isa.Indexed(b, step, 2, 0))
		f(4*i+3, isa.Indexed(b, thrice, 1, 0))
	}
}

// transposed returns the columns of eight rows of eight: pairs of rows are interleaved, then pairs
// of pairs, then halves exchanged.
func transposed(r [8]reg.VecVirtual) (columns [8]reg.VecVirtual) {
	var pairs, quads [8]reg.VecVirtual
	for i := 0; i < 8; i += 2 {
		pairs[i], pairs[i+1] = YMM(), YMM()
		VUNPCKLPS(r[i+1], r[i], pairs[i])
		VUNPCKHPS(r[i+1], r[i], pairs[i+1])
	}
	for i := 0; i < 8; i += 4 {
		for j := range 4 {
			quads[i+j] = YMM()
			VSHUFPS(operand.Imm([]uint64{0x44, 0xEE}[j%2]), pairs[i+2+j/2], pairs[i+j/2], quads[i+j])
		}
	}
	for j := range 8 {
		columns[j] = YMM()
		VPERM2F128(operand.Imm([]uint64{0x20, 0x31}[j/4]), quads[4+j%4], quads[j%4], columns[j])
	}
	return columns
}
