package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// The kernels of AVX2 have half the lanes and half the registers: eight lanes of a group are the
// halves with even numbers, the others those with odd ones, and what lies between two transforms is
// in memory of the caller, buffer.

// Offsets in the buffer of the input kernel.
const (
	rowBuffer  = 0                        // [row][half][8]: columns transformed
	maskBuffer = rowBuffer + tileIn*8*32  // [row][half][8]: masks of pixels
	laneBuffer = maskBuffer + tileIn*8*32 // [left, right][even, odd][8]: masks of lanes
	edgeBuffer = laneBuffer + 4*32        // [row][8]: the transformed pixels beside the group
	sideBuffer = edgeBuffer + tileIn*32   // [row][left, right][8]: masks of their lanes
)

// spread returns the mask of eight lanes from the byte at m, as a vector of −1 and 0.
func (s set) spread(m operand.Mem) reg.VecVirtual {
	bits := GP32()
	MOVBLZX(m, bits)
	v := s.LaneMask(bits, 0).V
	VPSRAD(operand.Imm(31), v, v)
	return v
}

// rotated returns the lanes of v that a table names.
func (s set) rotated(v reg.VecVirtual, name string, lanes [8]int) reg.VecVirtual {
	r := s.Vec()
	VMOVUPS(lanesTable(name, lanes[:]), r)
	VPERMPS(v, r, r)
	return r
}

// across returns the upper half of x followed by the lower half of y.
func (s set) across(x, y reg.VecVirtual) reg.VecVirtual {
	v := s.Vec()
	VPERM2F128(operand.Imm(0x21), y, x, v)
	return v
}

// inputsInMemory writes the kernel of tileInputsGeneric.
func (s set) inputsInMemory(straddling bool) {
	TEXT(s.name("tileInputs", true, straddling), NOSPLIT,
		"func(v *float32, plane, row int, x *float32, xStep, channels int, "+
			"group *int32, buffer *float32)")
	Pragma("noescape")
	g, buffer := param("group"), param("buffer")
	for i := range tileIn * 8 {
		VMOVUPS(s.spread(isa.Mem(g, masks+i)), isa.Mem(buffer, maskBuffer+32*i))
	}
	for i := range 4 {
		VMOVUPS(s.spread(isa.Mem(g, leftMask+8*(i/2)+i%2)), isa.Mem(buffer, laneBuffer+32*i))
	}
	if straddling {
		for i := range 2 * tileIn { // the lowest byte of the left mask, the highest of the right one
			side := s.spread(isa.Mem(g, edgeMasks+2*i+i%2))
			VMOVUPS(side, isa.Mem(buffer, sideBuffer+32*i))
		}
	}
	v, plane, row := param("v"), param("plane"), param("row")
	x, xStep, channels := param("x"), param("xStep"), param("channels")
	for _, r := range []reg.Register{plane, row, xStep} {
		SHLQ(operand.Imm(2), r)
	}
	Label("channel")
	if straddling {
		var e [tileIn]reg.VecVirtual
		for r := range e {
			var side [2]reg.VecVirtual
			for i := range side {
				at := GP64()
				side[i] = s.Vec()
				MOVLQSX(isa.Mem(g, edges+8*r+4*i), at)
				VBROADCASTSS(isa.Indexed(x, at, 4, 0), side[i])
				VANDPS(isa.Mem(buffer, sideBuffer+32*(2*r+i)), side[i], side[i])
			}
			e[r] = side[0]
			VORPS(side[1], e[r], e[r])
		}
		for r, t := range s.inputTransform(e) {
			VMOVUPS(t, isa.Mem(buffer, edgeBuffer+32*r))
		}
	}
	for half := range 8 {
		var d [tileIn]reg.VecVirtual
		for r := range d {
			at := GP64()
			MOVLQSX(isa.Mem(g, offsets+4*(8*r+half)), at)
			d[r] = s.read(isa.Indexed(x, at, 4, 0))
			VANDPS(isa.Mem(buffer, maskBuffer+32*(8*r+half)), d[r], d[r])
		}
		for r, t := range s.inputTransform(d) {
			VMOVUPS(t, isa.Mem(buffer, rowBuffer+32*(8*r+half)))
		}
	}
	to := newFrequency(v, plane)
	for r := range tileIn {
		var p [2][4]reg.VecVirtual
		for odd := range p {
			var z [4]reg.VecVirtual
			for i := range z {
				z[i] = s.read(isa.Mem(buffer, rowBuffer+32*(8*r+2*i+odd)))
			}
			p[odd] = s.transposed(z)
		}
		// The fourth pixel of the tile to the left, the first of the tile to the right.
		left := [2]reg.VecVirtual{
			s.rotated(p[1][3], "lanesBefore", [8]int{3, 4, 5, 6}), s.across(p[0][3], p[1][3]),
		}
		VINSERTF128(operand.Imm(1), p[0][3].AsX(), left[0], left[0])
		right := [2]reg.VecVirtual{
			s.across(p[0][0], p[1][0]), s.rotated(p[0][0], "lanesAfter", [8]int{4: 1, 2, 3, 4}),
		}
		VPERM2F128(operand.Imm(0x31), right[1], p[1][0], right[1])
		for odd := range p {
			VANDPS(isa.Mem(buffer, laneBuffer+32*odd), left[odd], left[odd])
			VANDPS(isa.Mem(buffer, laneBuffer+32*(2+odd)), right[odd], right[odd])
			if straddling && odd == 0 {
				VBLENDPS(operand.Imm(0x01), isa.Mem(buffer, edgeBuffer+32*r), left[0], left[0])
			} else if straddling {
				VBLENDPS(operand.Imm(0x80), isa.Mem(buffer, edgeBuffer+32*r), right[1], right[1])
			}
			q := p[odd]
			d := [tileIn]reg.VecVirtual{left[odd], q[0], q[1], q[2], q[3], right[odd]}
			d = s.inputTransform(d)
			to.store(d[:], 32*odd)
		}
		to.nextRow(r)
	}
	ADDQ(xStep, x)
	ADDQ(row, v)
	repeat("channel", channels)
}

// twoPasses applies a transform to the columns of a matrix at from, whose rows and columns are
// steps apart, and another to its rows, which take the vectors of one to store. The matrix between
// lies in the buffer.
func (s set) twoPasses(
	rows, columns int, read func(column int) []reg.VecVirtual,
	transform func([]reg.VecVirtual) []reg.VecVirtual,
	buffer reg.Register, store func(row int, v []reg.VecVirtual),
) {
	for j := range columns {
		for i, v := range transform(read(j)) {
			VMOVUPS(v, isa.Mem(buffer, 4*s.Lanes*(i*columns+j)))
		}
	}
	for i := range rows {
		var v []reg.VecVirtual
		for j := range columns {
			v = append(v, s.read(isa.Mem(buffer, 4*s.Lanes*(i*columns+j))))
		}
		store(i, transform(v))
	}
}

// outputsInMemory writes the kernel of tileOutputsGeneric.
func (s set) outputsInMemory() {
	TEXT("tileOutputs"+s.Name, NOSPLIT,
		"func(y *float32, yStep int, m *float32, plane, row, channels int, "+
			"group *int32, buffer *float32)")
	Pragma("noescape")
	y, yStep := param("y"), param("yStep")
	m, plane, row := param("m"), param("plane"), param("row")
	channels, g, buffer := param("channels"), param("group"), param("buffer")
	for _, r := range []reg.Register{plane, row, yStep} {
		SHLQ(operand.Imm(2), r)
	}
	column := sixfold(plane)
	Label("channel")
	for odd := range 2 {
		half := GP64()
		LEAQ(isa.Mem(m, 32*odd), half)
		s.twoPasses(tileOut, tileIn, s.frequencies(half, plane, column),
			func(d []reg.VecVirtual) []reg.VecVirtual {
				q := s.outputTransform([6]reg.VecVirtual(d))
				return q[:]
			}, buffer, func(r int, v []reg.VecVirtual) {
				for i, z := range s.transposed([4]reg.VecVirtual(v)) {
					s.storeHalf(z, y, g, 1+r, 2*i+odd)
				}
			})
	}
	ADDQ(yStep, y)
	ADDQ(row, m)
	repeat("channel", channels)
}

// storeHalf writes the pixels of a half that are inside the map. Masked stores are slow on some
// processors, and rarely needed.
func (s set) storeHalf(v reg.VecVirtual, y, g reg.Register, r, half int) {
	name := func(what string) string { return fmt.Sprintf("%s%d%d", what, r, half) }
	bits, at := GP32(), GP64()
	MOVLQSX(isa.Mem(g, offsets+4*(8*r+half)), at)
	MOVBLZX(isa.Mem(g, masks+8*r+half), bits)
	CMPL(bits, operand.U32(255))
	JNE(operand.LabelRef(name("part")))
	VMOVUPS(v, isa.Indexed(y, at, 4, 0))
	JMP(operand.LabelRef(name("stored")))
	Label(name("part"))
	TESTL(bits, bits)
	JZ(operand.LabelRef(name("stored")))
	VMASKMOVPS(v, s.LaneMask(bits, 0).V, isa.Indexed(y, at, 4, 0))
	Label(name("stored"))
}

// gradientsInMemory writes the kernel of tileGradientsGeneric, for eight channels at a time.
func (s set) gradientsInMemory() {
	TEXT("tileGradients"+s.Name, NOSPLIT,
		"func(d *float32, plane int, dy *float32, w int, channels *int32, vectors int, "+
			"group *int32, buffer *float32)")
	Pragma("noescape")
	d, plane := param("d"), param("plane")
	w, buffer := param("w"), param("buffer")
	place, lanes := param("group"), GP64()
	SHLQ(operand.Imm(2), plane)
	SHLQ(operand.Imm(2), w)
	ADDQ(operand.U32(places), place)
	MOVQ(operand.U32(16), lanes)
	Label("tile")
	first, channel, vectors := param("dy"), param("channels"), param("vectors")
	at := GP64()
	MOVLQSX(isa.Mem(place, 0), at)
	LEAQ(isa.Indexed(first, at, 4, 0), first)
	columns := s.spread(isa.Mem(place, 8))
	const pixels = tileIn * tileOut * 32 // behind what lies between the passes
	Label("channels")
	rows := GP64()
	MOVLQSX(isa.Mem(place, 4), rows)
	from := GP64()
	MOVQ(first, from)
	s.channelRows(from, w, channel, rows, buffer, columns.AsX(), pixels, s.Zero)
	to := newFrequency(d, plane)
	s.twoPasses(tileIn, tileOut, func(j int) (v []reg.VecVirtual) {
		for r := range tileOut {
			v = append(v, s.read(isa.Mem(buffer, pixels+32*(4*r+j))))
		}
		return v
	}, func(y []reg.VecVirtual) []reg.VecVirtual {
		m := s.gradientTransform([4]reg.VecVirtual(y))
		return m[:]
	}, buffer, func(i int, v []reg.VecVirtual) {
		to.store(v, 0)
		to.nextRow(i)
	})
	ADDQ(operand.Imm(32), d)
	ADDQ(operand.Imm(32), channel)
	DECQ(vectors)
	JNZ(operand.LabelRef("channels"))
	ADDQ(operand.Imm(16), place)
	repeat("tile", lanes)
}

// channelRows loads the rows of a tile of eight channels, whose offsets are at channel: the lanes of
// columns of those inside the map, of which there are so many, zeros in the others. It leaves a vector
// of the channels for each pixel in the buffer.
func (s set) channelRows(
	from, w, channel, rows, buffer reg.GPVirtual, columns reg.Register, pixels int,
	zero func() reg.VecVirtual,
) {
	for r := range tileOut {
		label := func(what string) string { return fmt.Sprintf("%s%d", what, r) }
		CMPQ(rows, operand.Imm(uint64(r)))
		JLE(operand.LabelRef(label("missing")))
		var z [4]reg.VecVirtual
		for i := range z {
			var quarters [2]reg.VecVirtual
			for quarter := range quarters {
				offset := GP64()
				quarters[quarter] = XMM()
				MOVLQSX(isa.Mem(channel, 4*(4*quarter+i)), offset)
				VMASKMOVPS(isa.Indexed(from, offset, 1, 0), columns, quarters[quarter])
			}
			z[i] = s.Vec()
			VINSERTF128(operand.Imm(1), quarters[1], quarters[0].AsY(), z[i])
		}
		for j, p := range s.transposed(z) {
			VMOVUPS(p, isa.Mem(buffer, pixels+32*(4*r+j)))
		}
		ADDQ(w, from)
		JMP(operand.LabelRef(label("loaded")))
		Label(label("missing"))
		none := zero()
		for j := range tileOut {
			VMOVUPS(none, isa.Mem(buffer, pixels+32*(4*r+j)))
		}
		Label(label("loaded"))
	}
}

// filterGradientsInMemory writes the kernel of filterGradientsGeneric for one c: vectors of k.
func (s set) filterGradientsInMemory() {
	TEXT("filterGradients"+s.Name, NOSPLIT,
		"func(dw, u *float32, plane, vectors int, buffer *float32)")
	Pragma("noescape")
	dw, u, buffer := param("dw"), param("u"), param("buffer")
	plane, vectors := param("plane"), param("vectors")
	SHLQ(operand.Imm(2), plane)
	row := GP64()
	MOVQ(vectors, row) // from one tap to the next
	SHLQ(operand.Imm(5), row)
	column := sixfold(plane)
	Label("vector")
	to := GP64()
	MOVQ(dw, to)
	s.twoPasses(3, tileIn, s.frequencies(u, plane, column), func(d []reg.VecVirtual) []reg.VecVirtual {
		g := s.filterGradient([6]reg.VecVirtual(d))
		return g[:]
	}, buffer, func(_ int, v []reg.VecVirtual) {
		for _, x := range v {
			VMOVUPS(x, isa.Mem(to, 0))
			ADDQ(row, to)
		}
	})
	ADDQ(operand.Imm(32), dw)
	ADDQ(operand.Imm(32), u)
	repeat("vector", vectors)
}
