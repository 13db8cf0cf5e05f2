package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// name returns the name of a kernel, whose pieces of rows are wide, sixteen pixels, or halves of it.
func (s set) name(what string, wide bool) string {
	if wide {
		return what + s.Name
	}
	return what + "Halves" + s.Name
}

var neighborTables = map[string]operand.Mem{}

// neighbors returns the table of the lanes that hold the tiles to the left or right of a group's
// tiles.
func neighbors(name string, step int) operand.Mem {
	m, ok := neighborTables[name]
	if !ok {
		m = GLOBL(name, attr.RODATA|attr.NOPTR)
		for lane := range 16 {
			tile := (4*(lane%4) + lane/4 + step + 16) % 16
			DATA(4*lane, operand.U32(4*(tile%4)+tile/4))
		}
		neighborTables[name] = m
	}
	return m
}

// inputs writes the kernel of tileInputsGeneric. Columns are transformed first, in vectors of
// sixteen pixels; four vectors of four tiles each are then transposed within their quarters.
func (s set) inputs(wide bool) {
	TEXT(s.name("tileInputs", wide), NOSPLIT,
		"func(v *float32, plane, row int, x *float32, xStep, channels int, group *int32)")
	Pragma("noescape")
	v, plane, row := Load(Param("v"), GP64()).(reg.GPVirtual), Load(Param("plane"), GP64()).(reg.GPVirtual), Load(Param("row"), GP64())
	x, xStep := Load(Param("x"), GP64()), Load(Param("xStep"), GP64())
	channels, g := Load(Param("channels"), GP64()), Load(Param("group"), GP64())
	for _, r := range []reg.Register{plane, row, xStep} {
		SHLQ(operand.Imm(2), r)
	}
	Label("channel")
	var rows [tileIn][4]reg.VecVirtual
	var inside [tileIn]reg.Register
	for r := range inside {
		inside[r] = K()
		KMOVQ(isa.Mem(g, masks+8*r), inside[r])
	}
	for i := range 4 {
		var d [tileIn]reg.VecVirtual
		for r := range d {
			d[r] = s.load(x, g, r, i, wide, maskOf(inside[r], i))
		}
		d = s.inputTransform(d)
		for r := range d {
			rows[r][i] = d[r]
		}
	}
	left, right := K(), K()
	KMOVQ(isa.Mem(g, leftMask), left)
	KMOVQ(isa.Mem(g, rightMask), right)
	to := newFrequency(v, plane)
	for r := range rows {
		p := s.transposed(rows[r])
		d := [tileIn]reg.VecVirtual{s.Vec(), p[0], p[1], p[2], p[3], s.Vec()}
		index := s.Vec()
		VMOVUPS(neighbors("tilesToTheLeft", -1), index)
		VPERMPS_Z(p[3], index, left, d[0])
		index = s.Vec()
		VMOVUPS(neighbors("tilesToTheRight", 1), index)
		VPERMPS_Z(p[0], index, right, d[5])
		for j, f := range s.inputTransform(d) {
			VMOVUPS(f, to.at(j))
		}
		if r < tileIn-1 {
			to.nextRow()
		}
	}
	ADDQ(xStep, x)
	ADDQ(row, v)
	DECQ(channels)
	JNZ(operand.LabelRef("channel"))
	VZEROUPPER()
	RET()
}

// load returns vector i of row r of a group: sixteen pixels, or twice eight.
func (s set) load(x, g reg.Register, r, i int, wide bool, inside reg.Register) reg.VecVirtual {
	v, at := s.Vec(), GP64()
	MOVLQSX(isa.Mem(g, offsets+4*(8*r+2*i)), at)
	if wide {
		VMOVUPS_Z(isa.Indexed(x, at, 4, 0), inside, v)
		return v
	}
	VBROADCASTF32X8(isa.Indexed(x, at, 4, 0), v)
	other := GP64()
	MOVLQSX(isa.Mem(g, offsets+4*(8*r+2*i+1)), other)
	VINSERTF32X8_Z(operand.Imm(1), isa.Indexed(x, other, 4, 0), v, inside, v)
	return v
}

// outputs writes the kernel of tileOutputsGeneric: the inverse way of inputs.
func (s set) outputs(wide bool) {
	TEXT(s.name("tileOutputs", wide), NOSPLIT,
		"func(y *float32, yStep int, m *float32, plane, row, channels int, group *int32)")
	Pragma("noescape")
	y, yStep := Load(Param("y"), GP64()), Load(Param("yStep"), GP64())
	m, plane, row := Load(Param("m"), GP64()).(reg.GPVirtual), Load(Param("plane"), GP64()).(reg.GPVirtual), Load(Param("row"), GP64())
	channels, g := Load(Param("channels"), GP64()), Load(Param("group"), GP64())
	for _, r := range []reg.Register{plane, row, yStep} {
		SHLQ(operand.Imm(2), r)
	}
	var inside [tileOut]reg.Register
	for r := range inside {
		inside[r] = K()
		KMOVQ(isa.Mem(g, masks+8*(1+r)), inside[r])
	}
	column := GP64()
	LEAQ(isa.Indexed(plane, plane, 2, 0), column)
	SHLQ(operand.Imm(1), column) // from one row of frequencies to the next
	Label("channel")
	var rows [tileOut][tileIn]reg.VecVirtual
	from := GP64()
	MOVQ(m, from)
	for j := range tileIn {
		at := newFrequency(from, column)
		var d [tileIn]reg.VecVirtual
		for i := range d {
			d[i] = s.Vec()
			VMOVUPS(at.at(i), d[i])
		}
		for i, q := range s.outputTransform(d) {
			rows[i][j] = q
		}
		ADDQ(plane, from)
	}
	for r := range rows {
		q := s.transposed(s.outputTransform(rows[r]))
		for i := range q {
			s.store(q[i], y, g, r, i, wide, maskOf(inside[r], i))
		}
	}
	ADDQ(yStep, y)
	ADDQ(row, m)
	DECQ(channels)
	JNZ(operand.LabelRef("channel"))
	VZEROUPPER()
	RET()
}

// store writes vector i of row r of a group's outputs.
func (s set) store(v reg.VecVirtual, y, g reg.Register, r, i int, wide bool, inside reg.Register) {
	at := GP64()
	MOVLQSX(isa.Mem(g, offsets+4*(8*(1+r)+2*i)), at)
	if wide {
		VMOVUPS(v, inside, isa.Indexed(y, at, 4, 0))
		return
	}
	VMOVUPS(v.AsY(), inside, isa.Indexed(y, at, 4, 0))
	other, upper, half := GP64(), K(), YMM()
	MOVLQSX(isa.Mem(g, offsets+4*(8*(1+r)+2*i+1)), other)
	KSHIFTRW(operand.Imm(8), inside, upper)
	VEXTRACTF32X8(operand.Imm(1), v, half)
	VMOVUPS(half, upper, isa.Indexed(y, other, 4, 0))
}
