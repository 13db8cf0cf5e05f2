package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// gradients writes the kernel of tileGradientsGeneric. A row of a tile is a quarter of a vector, so
// that sixteen channels are four vectors, which are transposed within quarters.
func (s set) gradients() {
	TEXT("tileGradients"+s.Name, NOSPLIT,
		"func(d *float32, plane int, dy *float32, w int, channels *int32, vectors int, group *int32)")
	Pragma("noescape")
	d, plane := param("d"), param("plane")
	w := param("w")
	place, lanes := param("group"), GP64()
	SHLQ(operand.Imm(2), plane)
	SHLQ(operand.Imm(2), w)
	ADDQ(operand.U32(places), place)
	MOVQ(operand.U32(16), lanes)
	zero := s.Zero()
	Label("tile")
	first, channel, vectors := param("dy"), param("channels"), param("vectors")
	at, bits := GP64(), GP64()
	MOVLQSX(isa.Mem(place, 0), at)
	LEAQ(isa.Indexed(first, at, 4, 0), first)
	MOVLQSX(isa.Mem(place, 8), bits)
	var columns [4]reg.Register // of the tile inside the map, in each quarter
	for i := range columns {
		columns[i] = K()
		KMOVW(bits.As32(), columns[i])
		SHLQ(operand.Imm(4), bits)
	}
	Label("channels")
	rows := GP64()
	MOVLQSX(isa.Mem(place, 4), rows)
	from := GP64()
	MOVQ(first, from)
	var z [tileOut][4]reg.VecVirtual
	for r := range z {
		for i := range 4 {
			z[r][i] = s.copied(zero)
		}
	}
	for r := range z {
		CMPQ(rows, operand.Imm(uint64(r)))
		JLE(operand.LabelRef("loaded"))
		for i := range 4 {
			for quarter := range 4 {
				offset := GP64()
				MOVLQSX(isa.Mem(channel, 4*(4*quarter+i)), offset)
				VBROADCASTF32X4(isa.Indexed(from, offset, 1, 0), columns[quarter], z[r][i])
			}
		}
		ADDQ(w, from)
	}
	Label("loaded")
	for r := range z {
		z[r] = s.transposed(z[r])
	}
	var t [tileIn][tileOut]reg.VecVirtual
	for j := range tileOut {
		for i, v := range s.gradientTransform([4]reg.VecVirtual{z[0][j], z[1][j], z[2][j], z[3][j]}) {
			t[i][j] = v
		}
	}
	to := newFrequency(d, plane)
	for i := range t {
		m := s.gradientTransform(t[i])
		to.store(m[:], 0)
		to.nextRow(i)
	}
	ADDQ(operand.Imm(64), d)
	ADDQ(operand.Imm(64), channel)
	DECQ(vectors)
	JNZ(operand.LabelRef("channels"))
	ADDQ(operand.Imm(16), place)
	repeat("tile", lanes)
}

// filterGradients writes the kernel of filterGradientsGeneric for one c: vectors of k.
func (s set) filterGradients() {
	TEXT("filterGradients"+s.Name, NOSPLIT, "func(dw, u *float32, plane, vectors int)")
	Pragma("noescape")
	dw, u := param("dw"), param("u")
	plane, vectors := param("plane"), param("vectors")
	SHLQ(operand.Imm(2), plane)
	row := GP64()
	MOVQ(vectors, row) // from one tap to the next
	SHLQ(operand.Imm(6), row)
	column := sixfold(plane)
	Label("vector")
	var t [3][tileIn]reg.VecVirtual
	read := s.frequencies(u, plane, column)
	for j := range tileIn {
		for i, q := range s.filterGradient([6]reg.VecVirtual(read(j))) {
			t[i][j] = q
		}
	}
	to := GP64()
	MOVQ(dw, to)
	for i := range t {
		for _, g := range s.filterGradient(t[i]) {
			VMOVUPS(g, isa.Mem(to, 0))
			ADDQ(row, to)
		}
	}
	ADDQ(operand.Imm(64), dw)
	ADDQ(operand.Imm(64), u)
	repeat("vector", vectors)
}

// outer writes the product of addOuterGeneric for a tile of rows and nv vectors of columns: A is
// read number by number, its rows lda apart.
func (s set) outer(rows, nv int) {
	TEXT(fmt.Sprintf("addOuter%s_%dx%d", s.Name, rows, nv*s.Lanes), NOSPLIT,
		"func(c, a, b *float32, n, k, lda, acc int)")
	Pragma("noescape")
	c, a, b := param("c"), param("a"), param("b")
	n, k, lda := param("n"), param("k"), param("lda")
	SHLQ(operand.Imm(2), n)
	SHLQ(operand.Imm(2), lda)
	thrice := GP64()
	LEAQ(isa.Indexed(lda, lda, 2, 0), thrice)
	var bases []reg.Register // of every fourth row
	for i := 0; i < rows; i += 4 {
		base := GP64()
		if i == 0 {
			MOVQ(a, base)
		} else {
			LEAQ(isa.Indexed(bases[len(bases)-1], lda, 4, 0), base)
		}
		bases = append(bases, base)
	}
	sums := make([][]reg.VecVirtual, rows)
	for i := range sums {
		for range nv {
			sums[i] = append(sums[i], s.Zero())
		}
	}
	acc := param("acc")
	TESTQ(acc, acc)
	JZ(operand.LabelRef("loop"))
	at := GP64()
	MOVQ(c, at)
	for i := range sums {
		for j, v := range sums[i] {
			VMOVUPS(isa.Mem(at, 4*s.Lanes*j), v)
		}
		ADDQ(n, at)
	}
	const unrolled = 4
	Label("loop")
	for p := range unrolled {
		row := make([]reg.VecVirtual, nv)
		for j := range row {
			row[j] = s.Vec()
			VMOVUPS(isa.Mem(b, 4*s.Lanes*j), row[j])
		}
		ADDQ(n, b)
		for i := range sums {
			from := isa.Mem(bases[i/4], 4*p)
			switch i % 4 {
			case 1, 2:
				from = isa.Indexed(bases[i/4], lda, uint8(i%4), 4*p)
			case 3:
				from = isa.Indexed(bases[i/4], thrice, 1, 4*p)
			}
			if nv == 1 && s.EVEX {
				VFMADD231PS_BCST(from, row[0], sums[i][0])
				continue
			}
			x := s.Vec()
			VBROADCASTSS(from, x)
			for j := range row {
				VFMADD231PS(row[j], x, sums[i][j])
			}
		}
	}
	for _, base := range bases {
		ADDQ(operand.Imm(4*unrolled), base)
	}
	SUBQ(operand.Imm(unrolled), k)
	JNZ(operand.LabelRef("loop"))
	for i := range sums {
		for j, v := range sums[i] {
			VMOVUPS(v, isa.Mem(c, 4*s.Lanes*j))
		}
		if i < rows-1 {
			ADDQ(n, c)
		}
	}
	VZEROUPPER()
	RET()
}
