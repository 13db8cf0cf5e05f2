package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// The transforms of F(4×4, 5×5) for AVX-512: a group's sixteen tiles are the lanes of a vector.

// quarters returns masks of the last three quarters of a vector, for broadcasts of the first.
func quarters() (masks [4]reg.Register) {
	for i := 1; i < 4; i++ {
		bits := GP32()
		masks[i] = K()
		MOVL(operand.U32(0xF<<(4*i)), bits)
		KMOVW(bits, masks[i])
	}
	return masks
}

// inputs5 writes the kernel of tileInputs5Generic. Strips of pixels are transformed along columns,
// then four floats of each tile at a time are moved to the lanes.
func (s set) inputs5() {
	TEXT("tileInputs5"+s.Name, NOSPLIT, inputs5Parameters)
	Pragma("noescape")
	v, plane, x := param("v"), param("plane"), param("x")
	channels, g, buffer := param("channels"), param("group"), param("buffer")
	quarter := quarters()
	Label("channel")
	strip, to, n := GP64(), GP64(), GP64()
	MOVQ(g, strip)
	MOVQ(buffer, to)
	MOVLQSX(isa.Mem(g, stripCount), n)
	Label("strip")
	var d [8]reg.VecVirtual
	for r := range d {
		at, k := GP64(), K()
		d[r] = s.Vec()
		MOVLQSX(isa.Mem(strip, 4*r), at)
		KMOVW(isa.Mem(strip, stripMasks+2*r), k)
		VMOVUPS_Z(isa.Indexed(x, at, 4, 0), k, d[r])
	}
	for r, t := range s.inputTransform5(d) {
		VMOVUPS(t, isa.Mem(to, bufferRow*r))
	}
	ADDQ(operand.Imm(stripBytes), strip)
	ADDQ(operand.Imm(64), to)
	DECQ(n)
	JNZ(operand.LabelRef("strip"))
	from := GP64()
	MOVQ(buffer, from)
	MOVQ(v, to)
	MOVQ(operand.U32(tileIn5), n)
	Label("row")
	var z [2][4]reg.VecVirtual
	for i := range 4 {
		z[0][i], z[1][i] = s.Vec(), s.Vec()
		for q := range 4 {
			at := GP64()
			MOVLQSX(isa.Mem(g, pieceOffsets+4*(4*i+q)), at)
			for p := range z {
				if m := isa.Indexed(from, at, 1, 16*p); q == 0 {
					VBROADCASTF32X4(m, z[p][i])
				} else {
					VBROADCASTF32X4(m, quarter[q], z[p][i])
				}
			}
		}
	}
	for p := range z {
		for j, t := range s.transposed(z[p]) {
			d[4*p+j] = t
		}
	}
	for _, t := range s.inputTransform5(d) {
		VMOVUPS(t, isa.Mem(to, 0))
		ADDQ(plane, to)
	}
	ADDQ(operand.U32(bufferRow), from)
	DECQ(n)
	JNZ(operand.LabelRef("row"))
	ADDQ(param("xStep"), x)
	ADDQ(param("row"), v)
	repeat("channel", channels)
}

// outputs5 writes the kernel of tileOutputs5Generic: sums of the sixteen outputs of a tile stay in
// registers while pairs of columns pass by.
func (s set) outputs5() {
	TEXT("tileOutputs5"+s.Name, NOSPLIT,
		"func(y *float32, yStep, w int, m *float32, plane, row, channels int, group *int32)")
	Pragma("noescape")
	y, w, m, plane := param("y"), param("w"), param("m"), param("plane")
	channels, g := param("channels"), param("group")
	rowStep := GP64() // from one row of frequencies to the next
	MOVQ(plane, rowStep)
	SHLQ(operand.Imm(3), rowStep)
	Label("channel")
	from := GP64()
	MOVQ(m, from)
	column := func() [4]reg.VecVirtual {
		at := GP64()
		MOVQ(from, at)
		var d [8]reg.VecVirtual
		for i := range d {
			d[i] = s.read(isa.Mem(at, 0))
			ADDQ(rowStep, at)
		}
		ADDQ(plane, from)
		return s.outputTransform5(d)
	}
	var sums [tileOut][4]reg.VecVirtual
	for r, v := range column() {
		sums[r][0] = v
	}
	for _, p := range pairs {
		plus, minus := column(), column()
		for r := range sums {
			odd := s.difference(plus[r], minus[r])
			VADDPS(minus[r], plus[r], plus[r])
			even := plus[r]
			VADDPS(even, sums[r][0], sums[r][0])
			if p == 1 {
				sums[r][1], sums[r][2], sums[r][3] = odd, even, s.copied(odd)
				continue
			}
			s.addProduct(p, odd, sums[r][1])
			s.addProduct(p*p, even, sums[r][2])
			s.addProduct(p*p*p, odd, sums[r][3])
		}
	}
	for r, v := range column() {
		VADDPS(v, sums[r][3], sums[r][3])
	}
	for r := range sums {
		sums[r] = s.transposed(sums[r])
	}
	CMPL(isa.Mem(g, groupWhole), operand.Imm(0))
	JE(operand.LabelRef("part"))
	to := GP64()
	MOVQ(y, to)
	for r := range sums {
		for i, v := range sums[r] {
			for half := range 2 {
				at := GP64()
				MOVLQSX(isa.Mem(g, tileOffsets+4*(4*i+2*half)), at)
				if m := isa.Indexed(to, at, 4, 0); half == 0 {
					VMOVUPS(v.AsY(), m)
				} else {
					VEXTRACTF32X8(operand.Imm(1), v, m)
				}
			}
		}
		ADDQ(w, to)
	}
	JMP(operand.LabelRef("stored"))
	Label("part")
	MOVQ(y, to)
	for r := range sums {
		for i, v := range sums[r] {
			for q := range 4 {
				x := XMM()
				if q == 0 {
					VMOVAPS(v.AsX(), x)
				} else {
					VEXTRACTF32X4(operand.Imm(uint64(q)), v, x)
				}
				s.storeNibble(x, to, g, r, 4*i+q)
			}
		}
		ADDQ(w, to)
	}
	Label("stored")
	ADDQ(param("yStep"), y)
	ADDQ(param("row"), m)
	repeat("channel", channels)
}

// storeNibble writes those of four outputs of a tile that are inside the map.
func (s set) storeNibble(x reg.VecVirtual, y, g reg.Register, r, tile int) {
	name := func(what string) string { return fmt.Sprintf("%s%d_%d", what, r, tile) }
	bits, at := GP64(), GP64()
	MOVLQSX(isa.Mem(g, rowNibbles+4*(16*r+tile)), bits)
	MOVLQSX(isa.Mem(g, tileOffsets+4*tile), at)
	CMPQ(bits, operand.U32(16*15))
	JNE(operand.LabelRef(name("part")))
	VMOVUPS(x, isa.Indexed(y, at, 4, 0))
	JMP(operand.LabelRef(name("stored")))
	Label(name("part"))
	TESTQ(bits, bits)
	JZ(operand.LabelRef(name("stored")))
	if s.EVEX {
		k := K()
		SHRQ(operand.Imm(4), bits)
		KMOVW(bits.As32(), k)
		VMOVUPS(x, k, isa.Indexed(y, at, 4, 0))
	} else {
		VMASKMOVPS(x, nibble(bits), isa.Indexed(y, at, 4, 0))
	}
	Label(name("stored"))
}

var nibbles *operand.Mem

// nibble returns the mask of the lanes of bits/16, a vector of −1 and 0.
func nibble(bits reg.GPVirtual) reg.VecVirtual {
	if nibbles == nil {
		m := GLOBL("winogradNibbles", attr.RODATA|attr.NOPTR)
		for i := range 16 {
			for lane := range 4 {
				v := uint32(0)
				if i>>lane&1 != 0 {
					v = 0xFFFFFFFF
				}
				DATA(16*i+4*lane, operand.U32(v))
			}
		}
		nibbles = &m
	}
	table, v := GP64(), XMM()
	LEAQ(*nibbles, table)
	VMOVUPS(isa.Indexed(table, bits, 1, 0), v)
	return v
}

// deltas5 writes the kernel of tileDeltas5Generic.
func (s set) deltas5() {
	TEXT("tileDeltas5"+s.Name, NOSPLIT,
		"func(d *float32, plane, row int, dy *float32, yStep, w, channels int, group *int32)")
	Pragma("noescape")
	d, plane, y, w := param("d"), param("plane"), param("dy"), param("w")
	channels, g := param("channels"), param("group")
	Label("channel")
	from := GP64()
	MOVQ(y, from)
	var z [tileOut][4]reg.VecVirtual
	for r := range z {
		for i := range z[r] {
			z[r][i] = s.Vec()
		}
	}
	CMPL(isa.Mem(g, groupWhole), operand.Imm(0))
	JE(operand.LabelRef("part"))
	for r := range z {
		for i, v := range z[r] {
			low, high := GP64(), GP64()
			MOVLQSX(isa.Mem(g, tileOffsets+4*(4*i)), low)
			MOVLQSX(isa.Mem(g, tileOffsets+4*(4*i+2)), high)
			VBROADCASTF32X8(isa.Indexed(from, low, 4, 0), v)
			VINSERTF32X8(operand.Imm(1), isa.Indexed(from, high, 4, 0), v, v)
		}
		ADDQ(w, from)
	}
	JMP(operand.LabelRef("loaded"))
	Label("part")
	for r := range z {
		for i, v := range z[r] {
			for q := range 4 {
				at, k := GP64(), K()
				MOVLQSX(isa.Mem(g, tileOffsets+4*(4*i+q)), at)
				KMOVW(isa.Mem(g, rowMasks+2*(16*r+4*i+q)), k)
				if m := isa.Indexed(from, at, 4, 0); q == 0 {
					VBROADCASTF32X4_Z(m, k, v)
				} else {
					VBROADCASTF32X4(m, k, v)
				}
			}
		}
		ADDQ(w, from)
	}
	Label("loaded")
	s.gradientRows(z, d, plane)
	ADDQ(param("yStep"), y)
	ADDQ(param("row"), d)
	repeat("channel", channels)
}

// gradientRows transposes rows of four vectors and writes A dY Aᵀ of them, plane apart.
func (s set) gradientRows(z [tileOut][4]reg.VecVirtual, d, plane reg.Register) {
	for r := range z {
		z[r] = s.transposed(z[r])
	}
	to := GP64()
	MOVQ(d, to)
	store := func(v reg.VecVirtual) {
		VMOVUPS(v, isa.Mem(to, 0))
		ADDQ(plane, to)
	}
	s.gradientTransform5(z[0], store)
	for _, p := range pairs {
		var plus, minus [4]reg.VecVirtual
		for j := range 4 {
			plus[j], minus[j] = s.gradientPair(p, [4]reg.VecVirtual{z[0][j], z[1][j], z[2][j], z[3][j]})
		}
		s.gradientTransform5(plus, store)
		s.gradientTransform5(minus, store)
	}
	s.gradientTransform5(z[3], store)
}

// gradient5 writes the kernel of tileGradient5Generic: channels of one tile are in the lanes.
func (s set) gradient5() {
	TEXT("tileGradient5"+s.Name, NOSPLIT,
		"func(d *float32, plane int, dy *float32, w int, channels *int32, vectors, rows, mask int)")
	Pragma("noescape")
	d, plane, y, w := param("d"), param("plane"), param("dy"), param("w")
	channel, vectors, rows, bits := param("channels"), param("vectors"), param("rows"), param("mask")
	var columns [4]reg.Register // of the tile inside the map, in each quarter
	for i := range columns {
		columns[i] = K()
		KMOVW(bits.As32(), columns[i])
		SHLQ(operand.Imm(4), bits)
	}
	zero := s.Zero()
	Label("channels")
	from := GP64()
	MOVQ(y, from)
	var z [tileOut][4]reg.VecVirtual
	for r := range z {
		for i := range z[r] {
			z[r][i] = s.copied(zero)
		}
	}
	for r := range z {
		CMPQ(rows, operand.Imm(uint64(r)))
		JLE(operand.LabelRef("loaded"))
		for i, v := range z[r] {
			for q := range 4 {
				offset := GP64()
				MOVLQSX(isa.Mem(channel, 4*(4*q+i)), offset)
				VBROADCASTF32X4(isa.Indexed(from, offset, 1, 0), columns[q], v)
			}
		}
		ADDQ(w, from)
	}
	Label("loaded")
	s.gradientRows(z, d, plane)
	ADDQ(operand.Imm(64), d)
	ADDQ(operand.Imm(64), channel)
	repeat("channels", vectors)
}

// scatter5 writes the kernel of tileScatter5Generic, the transpose of inputs5.
func (s set) scatter5() {
	TEXT("tileScatter5"+s.Name, NOSPLIT, scatter5Parameters)
	Pragma("noescape")
	x, e, plane := param("x"), param("e"), param("plane")
	channels, g, buffer := param("channels"), param("group"), param("buffer")
	Label("channel")
	from, to, n := GP64(), GP64(), GP64()
	MOVQ(e, from)
	MOVQ(buffer, to)
	MOVQ(operand.U32(tileIn5), n)
	Label("row")
	var d [8]reg.VecVirtual
	for j := range d {
		d[j] = s.read(isa.Mem(from, 0))
		ADDQ(plane, from)
	}
	d = s.inputAdjoint5(d)
	for p := range 2 {
		z := s.transposed([4]reg.VecVirtual(d[4*p:]))
		for i, v := range z {
			for q := range 4 {
				at := GP64()
				MOVLQSX(isa.Mem(g, pieceOffsets+4*(4*i+q)), at)
				if m := isa.Indexed(to, at, 1, p*(16+bufferPiece)); q == 0 {
					VMOVUPS(v.AsX(), m)
				} else {
					VEXTRACTF32X4(operand.Imm(uint64(q)), v, m)
				}
			}
		}
	}
	ADDQ(operand.U32(bufferRow), to)
	DECQ(n)
	JNZ(operand.LabelRef("row"))
	strip := GP64()
	MOVQ(g, strip)
	MOVQ(buffer, from)
	MOVLQSX(isa.Mem(g, stripCount), n)
	Label("strip")
	for r := range d {
		d[r] = s.read(isa.Mem(from, bufferRow*r))
		VADDPS(isa.Mem(from, bufferRow*r+bufferPiece), d[r], d[r])
	}
	d = s.inputAdjoint5(d)
	lanes := GP64()
	MOVLQSX(isa.Mem(strip, stripLanes), lanes)
	for _, width := range []int{16, 12, 8} {
		name := fmt.Sprintf("not%d", width)
		CMPQ(lanes, operand.Imm(uint64(width)))
		JNE(operand.LabelRef(name))
		for r, v := range d {
			at := GP64()
			MOVLQSX(isa.Mem(strip, 4*r), at)
			addTo(v, isa.Indexed(x, at, 4, 0), width)
		}
		JMP(operand.LabelRef("added"))
		Label(name)
	}
	for r, v := range d {
		at, k, t := GP64(), K(), s.Vec()
		MOVLQSX(isa.Mem(strip, 4*r), at)
		KMOVW(isa.Mem(strip, stripMasks+2*r), k)
		VMOVUPS_Z(isa.Indexed(x, at, 4, 0), k, t)
		VADDPS(t, v, t)
		VMOVUPS(t, k, isa.Indexed(x, at, 4, 0))
	}
	Label("added")
	ADDQ(operand.Imm(stripBytes), strip)
	ADDQ(operand.Imm(64), from)
	DECQ(n)
	JNZ(operand.LabelRef("strip"))
	ADDQ(param("xStep"), x)
	ADDQ(param("row"), e)
	repeat("channel", channels)
}

// addTo adds the first lanes of v to what is in memory, without masks, which are slow.
func addTo(v reg.VecVirtual, m operand.Mem, lanes int) {
	switch lanes {
	case 16:
		t := ZMM()
		VADDPS(m, v, t)
		VMOVUPS(t, m)
	case 8:
		t := YMM()
		VADDPS(m, v.AsY(), t)
		VMOVUPS(t, m)
	case 12:
		addTo(v, m, 8)
		t := XMM()
		VEXTRACTF32X4(operand.Imm(2), v, t)
		VADDPS(m.Offset(32), t, t)
		VMOVUPS(t, m.Offset(32))
	}
}
