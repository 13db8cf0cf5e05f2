package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// The kernels that read and write phases where strides are two, every second pixel of a row.

// phaseLanes returns sixteen lanes of a table: from a number on, a step apart, from two vectors in
// turn.
func phaseLanes(name string, first, step int, both bool) operand.Mem {
	var lanes [16]int
	for i := range lanes {
		lanes[i] = first + step*i
		if both {
			lanes[i] = first + i/2 + 16*(i%2)
		}
	}
	return lanesTable(name, lanes[:])
}

// everySecond returns vector i of row r of a group: every second of sixteen pixels, twice.
func (s set) everySecond(x, g reg.Register, r, i int, index reg.VecVirtual, inside reg.Register) reg.VecVirtual {
	v, at, other := s.Vec(), GP64(), GP64()
	MOVLQSX(isa.Mem(g, offsets+4*(8*r+2*i)), at)
	VMOVUPS(isa.Indexed(x, at, 4, 0), v)
	MOVLQSX(isa.Mem(g, offsets+4*(8*r+2*i+1)), other)
	VPERMT2PS_Z(isa.Indexed(x, other, 4, 0), index, inside, v)
	return v
}

// outputsOfPhases writes the kernel that computes the outputs of two phases, of even and of odd
// columns, as tileOutputsGeneric does, and writes them in turn. The outputs of the second phase are
// some floats apart from those of the first; masks tell which pixels of each half of a row lie inside
// the map.
func (s set) outputsOfPhases() {
	TEXT("tileOutputsOfPhases"+s.Name, NOSPLIT,
		"func(y *float32, yStep int, m *float32, apart, plane, row, channels int, group *int32, "+
			"inside *uint16, buffer *float32)")
	Pragma("noescape")
	y, yStep := param("y"), param("yStep")
	m, apart := param("m"), param("apart")
	plane, row := param("plane"), param("row")
	channels, g := param("channels"), param("group")
	inside, buffer := param("inside"), param("buffer")
	for _, r := range []reg.Register{plane, row, yStep, apart} {
		SHLQ(operand.Imm(2), r)
	}
	column := sixfold(plane)
	Label("channel")
	for phase := range 2 {
		from := GP64()
		MOVQ(m, from)
		if phase > 0 {
			ADDQ(apart, from)
		}
		var rows [tileOut][tileIn]reg.VecVirtual
		read := s.frequencies(from, plane, column)
		for j := range tileIn {
			for i, q := range s.outputTransform([6]reg.VecVirtual(read(j))) {
				rows[i][j] = q
			}
		}
		for r := range rows {
			for i, v := range s.transposed(s.outputTransform(rows[r])) {
				even := isa.Mem(buffer, 64*(4*r+i))
				if phase == 0 {
					VMOVUPS(v, even)
					continue
				}
				first := s.read(even)
				for half := range 2 {
					both := s.read(phaseLanes(fmt.Sprintf("phasesInTurn%d", half), 8*half, 0, true))
					VPERMI2PS(v, first, both)
					at, k := GP64(), K()
					MOVLQSX(isa.Mem(g, offsets+4*(8*(1+r)+2*i+half)), at)
					KMOVW(isa.Mem(inside, 2*(8*r+2*i+half)), k)
					VMOVUPS(both, k, isa.Indexed(y, at, 4, 0))
				}
			}
		}
	}
	ADDQ(yStep, y)
	ADDQ(row, m)
	repeat("channel", channels)
}
