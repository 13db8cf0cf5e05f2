package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// mul writes the outer-product kernel of mr rows and nv vectors of columns. Packed A holds mr numbers for
// each p; row p of B starts at boff[p]. Only the lanes of mask are stored, all are read.
func (s gen) mul(mr, nv int) {
	TEXT(fmt.Sprintf("mul%s_%dx%d", s.Name, mr, nv*s.Lanes), NOSPLIT,
		"func(c *float32, ldc int, a *float32, b *float32, boff *int32, k int, mask uint32, acc int)")
	Pragma("noescape")
	a, b := Load(Param("a"), GP64()), Load(Param("b"), GP64())
	boff, k := Load(Param("boff"), GP64()), Load(Param("k"), GP64())
	acc := make([][]reg.VecVirtual, mr)
	for i := range acc {
		for range nv {
			acc[i] = append(acc[i], s.Zero())
		}
	}
	label := "loop"
	Label(label)
	off := GP64()
	MOVLQSX(isa.Mem(boff, 0), off)
	row := make([]reg.VecVirtual, nv)
	for j := range row {
		row[j] = s.Vec()
		VMOVUPS(isa.Indexed(b, off, 4, 4*s.Lanes*j), row[j])
	}
	for i := range mr {
		x := s.Vec()
		VBROADCASTSS(isa.Mem(a, 4*i), x)
		for j := range nv {
			VFMADD231PS(row[j], x, acc[i][j]) // c[i, :] += a[i, p]·b[p, :]
		}
	}
	ADDQ(operand.Imm(uint64(4*mr)), a)
	ADDQ(operand.Imm(4), boff)
	DECQ(k)
	JNZ(operand.LabelRef(label))
	s.storeTile(acc, nv)
	RET()
}

// storeTile stores accumulators to C, adding what is there if acc says so.
func (s gen) storeTile(acc [][]reg.VecVirtual, nv int) {
	c, ldc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64())
	bits := Load(Param("mask"), GP32()).(reg.GPVirtual)
	SHLQ(operand.Imm(2), ldc)
	masks := make([]isa.Mask, nv)
	for j := range masks {
		masks[j] = s.LaneMask(bits, j*s.Lanes)
	}
	add := Load(Param("acc"), GP64())
	TESTQ(add, add)
	JZ(operand.LabelRef("store"))
	at := GP64()
	MOVQ(c, at)
	for i := range acc {
		for j := range nv {
			// One register of the tile is free again only after its store, so add in place.
			if s.Lanes == 16 {
				VADDPS(isa.Mem(at, 4*s.Lanes*j), acc[i][j], masks[j].K, acc[i][j])
			} else {
				old := s.Load(isa.Mem(at, 4*s.Lanes*j), masks[j])
				VADDPS(old, acc[i][j], acc[i][j])
			}
		}
		ADDQ(ldc, at)
	}
	Label("store")
	for i := range acc {
		for j := range nv {
			s.Store(acc[i][j], isa.Mem(c, 4*s.Lanes*j), masks[j])
		}
		ADDQ(ldc, c)
	}
	VZEROUPPER()
}

// peak writes a loop of independent multiply-adds in registers.
func (s gen) peak(accumulators int) {
	TEXT("peak"+s.Name, NOSPLIT, "func(iterations int)")
	n := Load(Param("iterations"), GP64())
	x := s.Zero()
	acc := make([]reg.VecVirtual, accumulators)
	for i := range acc {
		acc[i] = s.Zero()
	}
	Label("loop")
	for i := range acc {
		VFMADD231PS(x, x, acc[i])
	}
	DECQ(n)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}
