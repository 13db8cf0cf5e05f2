package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// name returns the name of a kernel, whose pieces of rows are wide, sixteen pixels, or halves of it,
// and whose rows of tiles may straddle groups.
func (s set) name(what string, wide, straddling bool) string {
	if !wide {
		what += "Halves"
	}
	if straddling {
		what += "Straddling"
	}
	return what + s.Name
}

var lanesTables = map[string]operand.Mem{}

// neighbors returns the table of the lanes that hold the tiles to the left or right of a group's
// tiles.
func neighbors(name string, step int) operand.Mem {
	var lanes [16]int
	for lane := range lanes {
		tile := (4*(lane%4) + lane/4 + step + 16) % 16
		lanes[lane] = 4*(tile%4) + tile/4
	}
	return lanesTable(name, lanes[:])
}

// lanesTable returns the table of this name, of numbers of lanes.
func lanesTable(name string, lanes []int) operand.Mem {
	m, ok := lanesTables[name]
	if !ok {
		m = GLOBL(name, attr.RODATA|attr.NOPTR)
		for i, lane := range lanes {
			DATA(4*i, operand.U32(lane))
		}
		lanesTables[name] = m
	}
	return m
}

// inputs writes the kernel of tileInputsGeneric. Columns are transformed first, in vectors of
// sixteen pixels; four vectors of four tiles each are then transposed within their quarters.
func (s set) inputs(wide, straddling bool) { s.inputsOf("tileInputs", wide, straddling, false) }

// inputsOf writes a kernel of tileInputsGeneric, of every second pixel of a row if second.
func (s set) inputsOf(what string, wide, straddling, second bool) {
	TEXT(s.name(what, wide, straddling), NOSPLIT,
		"func(v *float32, plane, row int, x *float32, xStep, channels int, "+
			"group *int32, buffer *float32)")
	Pragma("noescape")
	v, plane, row := param("v"), param("plane"), param("row")
	x, xStep := param("x"), param("xStep")
	channels, g := param("channels"), param("group")
	for _, r := range []reg.Register{plane, row, xStep} {
		SHLQ(operand.Imm(2), r)
	}
	var buffer, firstLane, lastLane reg.Register
	if straddling {
		buffer, firstLane, lastLane = param("buffer"), K(), K()
	}
	Label("channel")
	if straddling {
		var e [tileIn]reg.VecVirtual
		for r := range e {
			e[r] = s.Vec()
			leftEdge, rightEdge, at, k := GP64(), GP64(), K(), K()
			MOVLQSX(isa.Mem(g, edges+8*r), leftEdge)
			MOVLQSX(isa.Mem(g, edges+8*r+4), rightEdge)
			KMOVW(isa.Mem(g, edgeMasks+4*r), at)
			KMOVW(isa.Mem(g, edgeMasks+4*r+2), k)
			VBROADCASTSS_Z(isa.Indexed(x, leftEdge, 4, 0), at, e[r])
			VBROADCASTSS(isa.Indexed(x, rightEdge, 4, 0), k, e[r])
		}
		for r, t := range s.inputTransform(e) {
			VMOVUPS(t, isa.Mem(buffer, 64*r))
		}
	}
	var rows [tileIn][4]reg.VecVirtual
	var inside [tileIn]reg.Register
	for r := range inside {
		inside[r] = K()
		KMOVQ(isa.Mem(g, masks+8*r), inside[r])
	}
	var index reg.VecVirtual
	if second {
		index = s.read(phaseLanes("everySecondLane", 0, 2, false))
	}
	for i := range 4 {
		var d [tileIn]reg.VecVirtual
		for r := range d {
			if second {
				d[r] = s.everySecond(x, g, r, i, index, maskOf(inside[r], i))
				continue
			}
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
	if straddling {
		bits := GP32()
		MOVL(operand.U32(1), bits)
		KMOVW(bits, firstLane)
		SHLL(operand.Imm(15), bits)
		KMOVW(bits, lastLane)
	}
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
		if straddling {
			VMOVUPS(isa.Mem(buffer, 64*r), firstLane, d[0])
			VMOVUPS(isa.Mem(buffer, 64*r), lastLane, d[5])
		}
		d = s.inputTransform(d)
		to.store(d[:], 0)
		to.nextRow(r)
	}
	ADDQ(xStep, x)
	ADDQ(row, v)
	repeat("channel", channels)
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
	TEXT(s.name("tileOutputs", wide, false), NOSPLIT,
		"func(y *float32, yStep int, m *float32, plane, row, channels int, group *int32)")
	Pragma("noescape")
	y, yStep := param("y"), param("yStep")
	m, plane, row := param("m"), param("plane"), param("row")
	channels, g := param("channels"), param("group")
	for _, r := range []reg.Register{plane, row, yStep} {
		SHLQ(operand.Imm(2), r)
	}
	column := sixfold(plane)
	Label("channel")
	var rows [tileOut][tileIn]reg.VecVirtual
	read := s.frequencies(m, plane, column)
	for j := range tileIn {
		for i, q := range s.outputTransform([6]reg.VecVirtual(read(j))) {
			rows[i][j] = q
		}
	}
	for r := range rows {
		q := s.transposed(s.outputTransform(rows[r]))
		s.storeRow(q, y, g, r, wide)
	}
	ADDQ(yStep, y)
	ADDQ(row, m)
	repeat("channel", channels)
}

// storeRow writes row r of a group's outputs. Masked stores are slow on Zen 4, and rarely needed.
func (s set) storeRow(q [4]reg.VecVirtual, y, g reg.Register, r int, wide bool) {
	name := func(what string) string { return fmt.Sprintf("%s%d", what, r) }
	bits, inside := GP64(), K()
	MOVQ(isa.Mem(g, masks+8*(1+r)), bits)
	CMPQ(bits, operand.I8(-1))
	JNE(operand.LabelRef(name("part")))
	for i, v := range q {
		s.store(v, y, g, r, i, wide, nil)
	}
	JMP(operand.LabelRef(name("stored")))
	Label(name("part"))
	KMOVQ(bits, inside)
	for i, v := range q {
		s.store(v, y, g, r, i, wide, maskOf(inside, i))
	}
	Label(name("stored"))
}

// store writes vector i of row r of a group's outputs, all of it if inside is nil.
func (s set) store(v reg.VecVirtual, y, g reg.Register, r, i int, wide bool, inside reg.Register) {
	at := GP64()
	MOVLQSX(isa.Mem(g, offsets+4*(8*(1+r)+2*i)), at)
	first := isa.Indexed(y, at, 4, 0)
	switch {
	case wide && inside == nil:
		VMOVUPS(v, first)
		return
	case wide:
		VMOVUPS(v, inside, first)
		return
	case inside == nil:
		VMOVUPS(v.AsY(), first)
	default:
		VMOVUPS(v.AsY(), inside, first)
	}
	other, half := GP64(), YMM()
	MOVLQSX(isa.Mem(g, offsets+4*(8*(1+r)+2*i+1)), other)
	second := isa.Indexed(y, other, 4, 0)
	VEXTRACTF32X8(operand.Imm(1), v, half)
	if inside == nil {
		VMOVUPS(half, second)
		return
	}
	upper := K()
	KSHIFTRW(operand.Imm(8), inside, upper)
	VMOVUPS(half, upper, second)
}
