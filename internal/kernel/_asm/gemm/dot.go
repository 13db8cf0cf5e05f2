package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// dot writes the kernel of mr × nr dot products over segments. In segment s, row i of A starts at a +
// aoff[i] + s·as and row j of B at b + boff[j] + s·bs; vectors is the number of whole vectors, tail the mask
// of what remains.
func (s gen) dot(mr, nr int) {
	TEXT(fmt.Sprintf("dot%s_%dx%d", s.Name, mr, nr), NOSPLIT,
		"func(c *float32, ldc int, a *float32, aoff *int32, as int, b *float32, boff *int32, bs int, vectors int, tail uint32, segments int, acc int)")
	Pragma("noescape")
	sum := make([][]reg.VecVirtual, mr)
	for i := range sum {
		for range nr {
			sum[i] = append(sum[i], s.Zero())
		}
	}
	abase, bbase := AllocLocal(8), AllocLocal(8)
	left := AllocLocal(8)
	start := GP64()
	Load(Param("a"), start)
	MOVQ(start, abase)
	Load(Param("b"), start)
	MOVQ(start, bbase)
	Load(Param("segments"), start)
	MOVQ(start, left)

	Label("segment")
	rowsA := rowPointers("aoff", abase, mr)
	rowsB := rowPointers("boff", bbase, nr)
	p, n := GP64(), GP64()
	XORQ(p, p)
	Load(Param("vectors"), n)
	TESTQ(n, n)
	JZ(operand.LabelRef("tail"))
	Label("loop")
	s.dotStep(sum, rowsA, rowsB, p, nil)
	ADDQ(operand.Imm(uint64(4*s.Lanes)), p)
	DECQ(n)
	JNZ(operand.LabelRef("loop"))
	Label("tail")
	bits := GP32()
	Load(Param("tail"), bits)
	TESTL(bits, bits)
	JZ(operand.LabelRef("next"))
	sel := s.LaneMask(bits, 0)
	s.dotStep(sum, rowsA, rowsB, p, &sel)
	Label("next")
	advance("as", abase)
	advance("bs", bbase)
	DECQ(left)
	JNZ(operand.LabelRef("segment"))
	s.storeDots(sum)
	VZEROUPPER()
	RET()
}

// rowPointers returns the addresses base + 4·offset[i].
func rowPointers(offsets string, base operand.Mem, n int) []reg.GPVirtual {
	table, from := GP64(), GP64()
	Load(Param(offsets), table)
	MOVQ(base, from)
	rows := make([]reg.GPVirtual, n)
	for i := range rows {
		rows[i] = GP64()
		MOVLQSX(isa.Mem(table, 4*i), rows[i])
		LEAQ(isa.Indexed(from, rows[i], 4, 0), rows[i])
	}
	return rows
}

// advance adds the segment stride to a base.
func advance(stride string, base operand.Mem) {
	x := GP64()
	Load(Param(stride), x)
	SHLQ(operand.Imm(2), x)
	ADDQ(x, base)
}

// dotStep adds the products of one vector of every row; sel masks the tail.
func (s gen) dotStep(sum [][]reg.VecVirtual, rowsA, rowsB []reg.GPVirtual, p reg.GPVirtual, sel *isa.Mask) {
	load := func(row reg.GPVirtual) reg.VecVirtual {
		if sel != nil {
			return s.Load(isa.Indexed(row, p, 1, 0), *sel)
		}
		v := s.Vec()
		VMOVUPS(isa.Indexed(row, p, 1, 0), v)
		return v
	}
	b := make([]reg.VecVirtual, len(rowsB))
	for j, row := range rowsB {
		b[j] = load(row)
	}
	for i, row := range rowsA {
		a := load(row)
		for j := range b {
			VFMADD231PS(a, b[j], sum[i][j])
		}
	}
}

// storeDots adds up the lanes of every accumulator and stores the sums.
func (s gen) storeDots(sum [][]reg.VecVirtual) {
	c, ldc, add := GP64(), GP64(), GP64()
	Load(Param("c"), c)
	Load(Param("ldc"), ldc)
	Load(Param("acc"), add)
	SHLQ(operand.Imm(2), ldc)
	low := make([][]reg.VecVirtual, len(sum))
	for i := range sum {
		for j := range sum[i] {
			low[i] = append(low[i], s.LanesSum(sum[i][j]))
		}
	}
	TESTQ(add, add)
	JZ(operand.LabelRef("store"))
	at := GP64()
	MOVQ(c, at)
	for i := range low {
		for j, v := range low[i] {
			VADDSS(isa.Mem(at, 4*j), v, v)
		}
		ADDQ(ldc, at)
	}
	Label("store")
	for i := range low {
		for j, v := range low[i] {
			VMOVSS(v, isa.Mem(c, 4*j))
		}
		ADDQ(ldc, c)
	}
}
