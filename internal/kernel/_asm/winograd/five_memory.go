package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// The kernels of F(4×4, 5×5) for AVX2: a half of a group is two quarters of its lanes.

// inputs5InMemory writes the kernel of tileInputs5Generic.
func (s set) inputs5InMemory() {
	TEXT("tileInputs5"+s.Name, NOSPLIT, inputs5Parameters)
	Pragma("noescape")
	v, plane, x := param("v"), param("plane"), param("x")
	channels, g, buffer := param("channels"), param("group"), param("buffer")
	Label("channel")
	strip, to, n := GP64(), GP64(), GP64()
	MOVQ(g, strip)
	MOVQ(buffer, to)
	MOVLQSX(isa.Mem(g, stripCount), n)
	Label("strip")
	for half := range 2 {
		var d [8]reg.VecVirtual
		for r := range d {
			d[r] = s.Vec()
		}
		name := func(what string) string { return fmt.Sprintf("%s%d", what, half) }
		CMPL(isa.Mem(strip, stripLanes), operand.Imm(0))
		JE(operand.LabelRef(name("part")))
		for r := range d {
			at := GP64()
			MOVLQSX(isa.Mem(strip, 4*r), at)
			VMOVUPS(isa.Indexed(x, at, 4, 32*half), d[r])
		}
		JMP(operand.LabelRef(name("loaded")))
		Label(name("part"))
		for r := range d {
			at := GP64()
			MOVLQSX(isa.Mem(strip, 4*r), at)
			mask := s.spread(isa.Mem(strip, stripMasks+2*r+half))
			VMASKMOVPS(isa.Indexed(x, at, 4, 32*half), mask, d[r])
		}
		Label(name("loaded"))
		for r, t := range s.inputTransform5(d) {
			VMOVUPS(t, isa.Mem(to, bufferRow*r+32*half))
		}
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
	next := GP64()
	for half := range 2 {
		var d [8]reg.VecVirtual
		for p := range 2 {
			var z [4]reg.VecVirtual
			for i := range z {
				low, high := GP64(), GP64()
				MOVLQSX(isa.Mem(g, pieceOffsets+4*(4*i+2*half)), low)
				MOVLQSX(isa.Mem(g, pieceOffsets+4*(4*i+2*half+1)), high)
				z[i] = s.Vec()
				VBROADCASTF128(isa.Indexed(from, low, 1, 16*p), z[i])
				VINSERTF128(operand.Imm(1), isa.Indexed(from, high, 1, 16*p), z[i], z[i])
			}
			for j, t := range s.transposed(z) {
				d[4*p+j] = t
			}
		}
		MOVQ(to, next)
		for _, t := range s.inputTransform5(d) {
			VMOVUPS(t, isa.Mem(next, 32*half))
			ADDQ(plane, next)
		}
	}
	MOVQ(next, to)
	ADDQ(operand.U32(bufferRow), from)
	DECQ(n)
	JNZ(operand.LabelRef("row"))
	ADDQ(param("xStep"), x)
	ADDQ(param("row"), v)
	repeat("channel", channels)
}

// outputs5InMemory writes the kernel of tileOutputs5Generic.
func (s set) outputs5InMemory() {
	TEXT("tileOutputs5"+s.Name, NOSPLIT,
		"func(y *float32, yStep, w int, m *float32, plane, row, channels int, "+
			"group *int32, buffer *float32)")
	Pragma("noescape")
	y, w, m, plane := param("y"), param("w"), param("m"), param("plane")
	channels, g, buffer := param("channels"), param("group"), param("buffer")
	rowStep := GP64()
	MOVQ(plane, rowStep)
	SHLQ(operand.Imm(3), rowStep)
	Label("channel")
	for half := range 2 {
		from, to := GP64(), GP64()
		LEAQ(isa.Mem(m, 32*half), from)
		MOVQ(y, to)
		s.twoPasses(tileOut, tileIn5, s.columns(from, rowStep, plane), func(d []reg.VecVirtual) []reg.VecVirtual {
			q := s.outputTransform5([8]reg.VecVirtual(d))
			return q[:]
		}, buffer, func(r int, v []reg.VecVirtual) {
			name := func(what string) string { return fmt.Sprintf("%s%d_%d", what, half, r) }
			z := s.transposed([4]reg.VecVirtual(v))
			CMPL(isa.Mem(g, groupWhole), operand.Imm(0))
			JE(operand.LabelRef(name("some")))
			for i, v := range z {
				at := GP64()
				MOVLQSX(isa.Mem(g, tileOffsets+4*(4*i+2*half)), at)
				VMOVUPS(v, isa.Indexed(to, at, 4, 0))
			}
			JMP(operand.LabelRef(name("all")))
			Label(name("some"))
			for i, v := range z {
				upper := XMM()
				VEXTRACTF128(operand.Imm(1), v, upper)
				s.storeNibble(v.AsX().(reg.VecVirtual), to, g, r, 4*i+2*half)
				s.storeNibble(upper, to, g, r, 4*i+2*half+1)
			}
			Label(name("all"))
			ADDQ(w, to)
		})
	}
	ADDQ(param("yStep"), y)
	ADDQ(param("row"), m)
	repeat("channel", channels)
}

// pixels5 is where rows of a tile lie in the buffer, behind what is between the passes.
const pixels5 = tileIn5 * tileOut * 32

// gradientPasses writes A dY Aᵀ of the pixels in the buffer, plane apart.
func (s set) gradientPasses(buffer, d, plane reg.Register) {
	to := GP64()
	MOVQ(d, to)
	s.twoPasses(tileIn5, tileOut, func(j int) (v []reg.VecVirtual) {
		for r := range tileOut {
			v = append(v, s.read(isa.Mem(buffer, pixels5+32*(4*r+j))))
		}
		return v
	}, func(y []reg.VecVirtual) (m []reg.VecVirtual) {
		s.gradientTransform5([4]reg.VecVirtual(y), func(v reg.VecVirtual) { m = append(m, v) })
		return m
	}, buffer, func(_ int, v []reg.VecVirtual) {
		for _, x := range v {
			VMOVUPS(x, isa.Mem(to, 0))
			ADDQ(plane, to)
		}
	})
}

// deltas5InMemory writes the kernel of tileDeltas5Generic.
func (s set) deltas5InMemory() {
	TEXT("tileDeltas5"+s.Name, NOSPLIT,
		"func(d *float32, plane, row int, dy *float32, yStep, w, channels int, "+
			"group *int32, buffer *float32)")
	Pragma("noescape")
	d, plane, y, w := param("d"), param("plane"), param("dy"), param("w")
	channels, g, buffer := param("channels"), param("group"), param("buffer")
	Label("channel")
	for half := range 2 {
		from := GP64()
		MOVQ(y, from)
		for r := range tileOut {
			var z [4]reg.VecVirtual
			for i := range z {
				var part [2]reg.VecVirtual
				for q := range part {
					bits, at := GP64(), GP64()
					tile := 4*i + 2*half + q
					MOVLQSX(isa.Mem(g, rowNibbles+4*(16*r+tile)), bits)
					MOVLQSX(isa.Mem(g, tileOffsets+4*tile), at)
					part[q] = XMM()
					VMASKMOVPS(isa.Indexed(from, at, 4, 0), nibble(bits), part[q])
				}
				z[i] = s.Vec()
				VINSERTF128(operand.Imm(1), part[1], part[0].AsY(), z[i])
			}
			for j, p := range s.transposed(z) {
				VMOVUPS(p, isa.Mem(buffer, pixels5+32*(4*r+j)))
			}
			ADDQ(w, from)
		}
		to := GP64()
		LEAQ(isa.Mem(d, 32*half), to)
		s.gradientPasses(buffer, to, plane)
	}
	ADDQ(param("yStep"), y)
	ADDQ(param("row"), d)
	repeat("channel", channels)
}

// gradient5InMemory writes the kernel of tileGradient5Generic, for eight channels at a time.
func (s set) gradient5InMemory() {
	TEXT("tileGradient5"+s.Name, NOSPLIT,
		"func(d *float32, plane int, dy *float32, w int, channels *int32, vectors, rows, mask int, "+
			"buffer *float32)")
	Pragma("noescape")
	d, plane, y, w := param("d"), param("plane"), param("dy"), param("w")
	channel, vectors, rows, bits := param("channels"), param("vectors"), param("rows"), param("mask")
	buffer := param("buffer")
	SHLQ(operand.Imm(4), bits)
	columns, zero := nibble(bits), s.Zero()
	Label("channels")
	from := GP64()
	MOVQ(y, from)
	s.channelRows(from, w, channel, rows, buffer, columns, pixels5, func() reg.VecVirtual { return zero })
	s.gradientPasses(buffer, d, plane)
	ADDQ(operand.Imm(32), d)
	ADDQ(operand.Imm(32), channel)
	repeat("channels", vectors)
}

// scatter5InMemory writes the kernel of tileScatter5Generic.
func (s set) scatter5InMemory() {
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
	next := GP64()
	for half := range 2 {
		MOVQ(from, next)
		var d [8]reg.VecVirtual
		for j := range d {
			d[j] = s.read(isa.Mem(next, 32*half))
			ADDQ(plane, next)
		}
		d = s.inputAdjoint5(d)
		for p := range 2 {
			for i, v := range s.transposed([4]reg.VecVirtual(d[4*p:])) {
				low, high := GP64(), GP64()
				MOVLQSX(isa.Mem(g, pieceOffsets+4*(4*i+2*half)), low)
				MOVLQSX(isa.Mem(g, pieceOffsets+4*(4*i+2*half+1)), high)
				VMOVUPS(v.AsX(), isa.Indexed(to, low, 1, p*(16+bufferPiece)))
				VEXTRACTF128(operand.Imm(1), v, isa.Indexed(to, high, 1, p*(16+bufferPiece)))
			}
		}
	}
	MOVQ(next, from)
	ADDQ(operand.U32(bufferRow), to)
	DECQ(n)
	JNZ(operand.LabelRef("row"))
	strip := GP64()
	MOVQ(g, strip)
	MOVQ(buffer, from)
	MOVLQSX(isa.Mem(g, stripCount), n)
	Label("strip")
	for half := range 2 {
		name := func(what string) string { return fmt.Sprintf("%s%d", what, half) }
		var d [8]reg.VecVirtual
		for r := range d {
			d[r] = s.read(isa.Mem(from, bufferRow*r+32*half))
			VADDPS(isa.Mem(from, bufferRow*r+bufferPiece+32*half), d[r], d[r])
		}
		d = s.inputAdjoint5(d)
		CMPL(isa.Mem(strip, stripLanes), operand.Imm(uint64(8*half+8)))
		JL(operand.LabelRef(name("part")))
		for r, v := range d {
			at := GP64()
			MOVLQSX(isa.Mem(strip, 4*r), at)
			addTo(v, isa.Indexed(x, at, 4, 32*half), 8)
		}
		JMP(operand.LabelRef(name("added")))
		Label(name("part"))
		for r, v := range d {
			at := GP64()
			MOVLQSX(isa.Mem(strip, 4*r), at)
			mask := s.spread(isa.Mem(strip, stripMasks+2*r+half))
			t := s.Vec()
			VMASKMOVPS(isa.Indexed(x, at, 4, 32*half), mask, t)
			VADDPS(t, v, v)
			VMASKMOVPS(v, mask, isa.Indexed(x, at, 4, 32*half))
		}
		Label(name("added"))
	}
	ADDQ(operand.Imm(stripBytes), strip)
	ADDQ(operand.Imm(64), from)
	DECQ(n)
	JNZ(operand.LabelRef("strip"))
	ADDQ(param("xStep"), x)
	ADDQ(param("row"), e)
	repeat("channel", channels)
}
