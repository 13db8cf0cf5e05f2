package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// dots writes one kernel of mr × nr dot products over segments.
type dots struct {
	gen
	mr, nr int
	rows   []reg.GPVirtual // addresses of the rows of A, then of B, in the current segment
	p      reg.GPVirtual   // offset in the rows
	sums   [][]reg.VecVirtual
	tail   isa.Mask    // of the lanes that whole vectors leave, in a register
	saved  operand.Mem // the same in memory, for AVX2
}

// dot writes the kernel of mr × nr dot products. In segment s, row i of A starts at a + aoff[i] +
// s·as and row j of B at b + boff[j] + s·bs; vectors is the number of whole vectors, tail the mask
// of what remains.
func (s gen) dot(mr, nr int) {
	TEXT(fmt.Sprintf("dot%s_%dx%d", s.Name, mr, nr), NOSPLIT,
		"func(c *float32, ldc int, a *float32, aoff *int32, as int, b *float32, boff *int32, bs, "+
			"vectors int, tail uint32, segments, acc int)")
	Pragma("noescape")
	d := &dots{gen: s, mr: mr, nr: nr, p: GP64()}
	d.maskTail()
	stepA, stepB, left := local("as", 2), local("bs", 2), local("segments", 0)
	d.rowPointers("a", "aoff", mr)
	d.rowPointers("b", "boff", nr)
	d.zero()

	Label("segment")
	XORQ(d.p, d.p)
	n := GP64()
	Load(Param("vectors"), n)
	TESTQ(n, n)
	JZ(operand.LabelRef("tail"))
	Label("loop")
	d.step(d.whole)
	ADDQ(operand.Imm(uint64(4*s.Lanes)), d.p)
	DECQ(n)
	JNZ(operand.LabelRef("loop"))
	Label("tail")
	bits := GP32()
	Load(Param("tail"), bits)
	TESTL(bits, bits)
	JZ(operand.LabelRef("next"))
	d.step(d.partial)
	Label("next")
	for i, row := range d.rows {
		if i < mr {
			ADDQ(stepA, row)
		} else {
			ADDQ(stepB, row)
		}
	}
	DECQ(left)
	JNZ(operand.LabelRef("segment"))
	d.store()
	VZEROUPPER()
	RET()
}

// local copies a parameter, shifted to the left, to the stack: there are too few registers.
func local(param string, shift uint64) operand.Mem {
	m, x := AllocLocal(8), GP64()
	Load(Param(param), x)
	if shift > 0 {
		SHLQ(operand.Imm(shift), x)
	}
	MOVQ(x, m)
	return m
}

// maskTail makes the mask of the tail.
func (d *dots) maskTail() {
	bits := GP32()
	Load(Param("tail"), bits)
	d.tail = d.LaneMask(bits, 0)
	if !d.EVEX {
		d.saved = AllocLocal(4 * d.Lanes)
		VMOVUPS(d.tail.V, d.saved)
	}
}

// rowPointers appends the addresses base + 4·offset[i].
func (d *dots) rowPointers(base, offsets string, n int) {
	table, from := GP64(), GP64()
	Load(Param(offsets), table)
	Load(Param(base), from)
	for i := range n {
		row := GP64()
		MOVLQSX(isa.Mem(table, 4*i), row)
		LEAQ(isa.Indexed(from, row, 4, 0), row)
		d.rows = append(d.rows, row)
	}
}

func (d *dots) zero() {
	d.sums = make([][]reg.VecVirtual, d.mr)
	for i := range d.sums {
		for range d.nr {
			d.sums[i] = append(d.sums[i], d.Zero())
		}
	}
}

// step adds the products of one vector of every row.
func (d *dots) step(load func(row reg.GPVirtual) reg.VecVirtual) {
	b := make([]reg.VecVirtual, d.nr)
	for j, row := range d.rows[d.mr:] {
		b[j] = load(row)
	}
	for i, row := range d.rows[:d.mr] {
		a := load(row)
		for j := range b {
			VFMADD231PS(a, b[j], d.sums[i][j])
		}
	}
}

func (d *dots) whole(row reg.GPVirtual) reg.VecVirtual {
	v := d.Vec()
	VMOVUPS(isa.Indexed(row, d.p, 1, 0), v)
	return v
}

// partial loads the lanes of the tail. AVX2 has no register for the mask beside twelve sums: it is
// loaded to where the lanes go.
func (d *dots) partial(row reg.GPVirtual) reg.VecVirtual {
	m := isa.Indexed(row, d.p, 1, 0)
	if d.EVEX {
		return d.Load(m, d.tail)
	}
	v := d.Vec()
	VMOVUPS(d.saved, v)
	VMASKMOVPS(m, v, v)
	return v
}

// store adds up the lanes of every accumulator and stores the sums, adding what is there if the
// parameter acc says so.
func (d *dots) store() {
	c, ldc, acc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64()), Load(Param("acc"), GP64())
	SHLQ(operand.Imm(2), ldc)
	type group struct {
		v             reg.VecVirtual
		column, lanes int
	}
	groups := make([][]group, d.mr)
	for i := range d.sums {
		for j := 0; j < d.nr; {
			lanes := 1
			for 2*lanes <= min(d.nr-j, 4) {
				lanes *= 2
			}
			groups[i] = append(groups[i], group{d.sumLanes(d.sums[i][j : j+lanes]), j, lanes})
			j += lanes
		}
	}
	TESTQ(acc, acc)
	JZ(operand.LabelRef("store"))
	at := GP64()
	MOVQ(c, at)
	for i := range groups {
		for _, g := range groups[i] {
			addLow(isa.Mem(at, 4*g.column), g.v, g.lanes)
		}
		ADDQ(ldc, at)
	}
	Label("store")
	for i := range groups {
		for _, g := range groups[i] {
			d.storeLow(g.v, isa.Mem(c, 4*g.column), g.lanes)
		}
		ADDQ(ldc, c)
	}
}

// addLow adds 4, 2 or 1 floats to the lowest lanes of v.
func addLow(m operand.Mem, v reg.VecVirtual, lanes int) {
	switch x := v.AsX(); lanes {
	case 4:
		VADDPS(m, x, x)
	case 2:
		old := XMM()
		VMOVSD(m, old)
		VADDPS(old, x, x)
	case 1:
		VADDSS(m, x, x)
	}
}

// sumLanes adds up the lanes of one, two or four vectors and returns the sums side by side, in the
// order of additions of LanesSum: halves first.
func (d *dots) sumLanes(v []reg.VecVirtual) reg.VecVirtual {
	if len(v) == 1 {
		return d.LanesSum(v[0])
	}
	for _, x := range v {
		d.SumToQuarter(x)
	}
	for i := 0; i < len(v); i += 2 {
		x, y, upper := v[i].AsX(), v[i+1].AsX(), XMM()
		VUNPCKHPD(y, x, upper) // x₂ x₃ y₂ y₃
		VUNPCKLPD(y, x, x)     // x₀ x₁ y₀ y₁
		VADDPS(upper, x, x)
	}
	x, y, odd := v[0].AsX(), v[len(v)-2].AsX(), XMM()
	VSHUFPS(operand.Imm(0xDD), y, x, odd)
	VSHUFPS(operand.Imm(0x88), y, x, x)
	VADDPS(odd, x, x)
	return v[0]
}
