// Command packtaps writes the assembly that packs the nine taps of filters.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

func main() {
	ConstraintExpr("!purego")
	TEXT("packNineTapsAVX512", NOSPLIT,
		"func(dst *float32, step, mr int, w *float32, rows, channels *int32, n int)")
	Pragma("noescape")
	dst, step, mr := Load(Param("dst"), GP64()), Load(Param("step"), GP64()), Load(Param("mr"), GP64())
	w, rows := Load(Param("w"), GP64()), Load(Param("rows"), GP64())
	channels, n := Load(Param("channels"), GP64()), Load(Param("n"), GP64())
	SHLQ(operand.Imm(2), step)
	thrice := GP64()
	LEAQ(isa.Indexed(step, step, 2, 0), thrice)
	quarters := quarterMasks()

	Label("channel")
	from := GP64()
	MOVLQSX(isa.Mem(channels, 0), from)
	LEAQ(isa.Indexed(w, from, 4, 0), from)
	v := rowsByQuarters(from, rows, quarters)
	lower := GP64()
	LEAQ(isa.Indexed(dst, step, 4, 0), lower)
	for half, to := range []reg.Register{dst, lower} {
		places := []operand.Mem{
			isa.Mem(to, 0), isa.Indexed(to, step, 1, 0), isa.Indexed(to, step, 2, 0),
			isa.Indexed(to, thrice, 1, 0),
		}
		for i, column := range columns(v[half], 4) {
			VMOVUPS(column, places[i])
		}
	}
	VMOVUPS(columns(v[2], 1)[0], isa.Indexed(dst, step, 8, 0))
	LEAQ(isa.Indexed(dst, mr, 4, 0), dst)
	ADDQ(operand.Imm(4), channels)
	DECQ(n)
	JNZ(operand.LabelRef("channel"))
	VZEROUPPER()
	RET()
	Generate()
}

// quarterMasks returns the masks of the second, third and last four lanes.
func quarterMasks() (masks [3]reg.Register) {
	for i := range masks {
		bits := GP32()
		masks[i] = K()
		MOVL(operand.U32(0xF0<<(4*i)), bits)
		KMOVW(bits, masks[i])
	}
	return masks
}

// rowsByQuarters loads the first twelve numbers of sixteen rows: vector [q][k] has numbers 4q … 4q+3
// of the rows k, 4+k, 8+k and 12+k.
func rowsByQuarters(from, rows reg.Register, quarters [3]reg.Register) (v [3][4]reg.VecVirtual) {
	for k := range 4 {
		for quarter := range 4 {
			at := GP64()
			MOVLQSX(isa.Mem(rows, 4*(4*quarter+k)), at)
			for q := range v {
				four := isa.Indexed(from, at, 4, 16*q)
				if quarter == 0 {
					v[q][k] = ZMM()
					VBROADCASTF32X4(four, v[q][k])
				} else {
					VBROADCASTF32X4(four, quarters[quarter-1], v[q][k])
				}
			}
		}
	}
	return v
}

// columns returns the first columns of four rows of four in each quarter.
func columns(r [4]reg.VecVirtual, count int) (list []reg.VecVirtual) {
	low, high, column := [2]reg.VecVirtual{ZMM(), ZMM()}, [2]reg.VecVirtual{ZMM(), ZMM()}, ZMM()
	VUNPCKLPS(r[1], r[0], low[0])
	VUNPCKLPS(r[3], r[2], low[1])
	VUNPCKLPD(low[1], low[0], column)
	list = append(list, column)
	if count == 1 {
		return list
	}
	for range 3 {
		list = append(list, ZMM())
	}
	VUNPCKHPS(r[1], r[0], high[0])
	VUNPCKHPS(r[3], r[2], high[1])
	VUNPCKHPD(low[1], low[0], list[1])
	VUNPCKLPD(high[1], high[0], list[2])
	VUNPCKHPD(high[1], high[0], list[3])
	return list
}
