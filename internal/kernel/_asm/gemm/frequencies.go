package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// many writes the kernel of count products of mr rows of packed A, k numbers deep, with whole tiles
// of two vectors of columns of B, whose rows are ldb apart. A, B and C move on by a step from one
// product to the next, which is why they are one call: a product is as short as the way to it. With
// each one some cache lines of memory that is needed later are asked for.
func (s gen) many(mr int) {
	TEXT(fmt.Sprintf("mulMany%s_%d", s.Name, mr), NOSPLIT,
		"func(c *float32, ldc, cStep int, a *float32, aStep int, b *float32, ldb, bStep, k, tiles, "+
			"count int, ahead *float32, lines int)")
	Pragma("noescape")
	const vectors = 2
	cStep, aStep, bStep := local("cStep", 2), local("aStep", 2), local("bStep", 2)
	ahead, left := local("ahead", 0), local("count", 0)
	c, a, b := Load(Param("c"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	ldc, ldb := s.leadingDimension(), Load(Param("ldb"), GP64())
	SHLQ(operand.Imm(2), ldb)

	Label("product")
	askFor(ahead)
	columns, to, tiles := GP64(), GP64(), Load(Param("tiles"), GP64())
	MOVQ(b, columns)
	MOVQ(c, to)
	Label("tile")
	tile := make([][]reg.VecVirtual, mr)
	for i := range tile {
		for range vectors {
			tile[i] = append(tile[i], s.Zero())
		}
	}
	k, from, x := Load(Param("k"), GP64()), GP64(), GP64()
	MOVQ(columns, from)
	MOVQ(a, x)
	Label("loop")
	var row [vectors]reg.VecVirtual
	for j := range row {
		row[j] = s.Vec()
		VMOVUPS(isa.Mem(from, 4*s.Lanes*j), row[j])
	}
	for i := range mr {
		factor := s.Vec()
		VBROADCASTSS(isa.Mem(x, 4*i), factor)
		for j := range row {
			VFMADD231PS(row[j], factor, tile[i][j])
		}
	}
	ADDQ(operand.Imm(uint64(4*mr)), x)
	ADDQ(ldb, from)
	DECQ(k)
	JNZ(operand.LabelRef("loop"))
	s.storeRows(tile, to, ldc)
	ADDQ(operand.Imm(uint64(4*s.Lanes*vectors)), columns)
	ADDQ(operand.Imm(uint64(4*s.Lanes*vectors)), to)
	DECQ(tiles)
	JNZ(operand.LabelRef("tile"))
	ADDQ(cStep, c)
	ADDQ(aStep, a)
	ADDQ(bStep, b)
	DECQ(left)
	JNZ(operand.LabelRef("product"))
	VZEROUPPER()
	RET()
}

// askFor asks for the parameter lines of cache lines from the address in ahead, and moves it on.
func askFor(ahead operand.Mem) {
	lines, at := Load(Param("lines"), GP64()), GP64()
	TESTQ(lines, lines)
	JZ(operand.LabelRef("asked"))
	MOVQ(ahead, at)
	Label("line")
	PREFETCHT1(isa.Mem(at, 0))
	ADDQ(operand.Imm(64), at)
	DECQ(lines)
	JNZ(operand.LabelRef("line"))
	MOVQ(at, ahead)
	Label("asked")
}
