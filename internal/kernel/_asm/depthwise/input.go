package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// inputPairs writes the input gradient of stride 2: x is the gradient of the output, y that of the
// input. A row of x adds to k rows of y, of which it completes two; argFirst is the first of them.
// Even columns of the filter lead to every other column of y, odd ones to the others: with odd 0
// those that precede, with 1 those that follow in y. A block is two vectors of y; its masks are
// those of the vectors of x, one for every second column of the filter, and of y.
func (g *kernel) inputPairs(odd int) {
	g.eachPlane(func() {
		g.loadTaps(g.EVEX && g.k == 3, g.EVEX && g.k == 5)
		g.eachBlock(g.half+2, func() {
			sums := g.vectors(2 * g.k) // of row 0 even columns and odd ones, of row 1, …
			g.clear(sums)
			store := func() {
				first, second := g.interleave(sums[odd], sums[1-odd])
				g.store(first, isa.Mem(g.yp, 0), g.half)
				g.store(second, isa.Mem(g.yp, 4*g.Lanes), g.half+1)
			}
			at, rows := g.field(argFirst), g.field(argXRows)
			row := g.label("row")
			Label(row)
			g.prefetch(g.xp, argXPlane, 1)
			x := make([]reg.VecVirtual, g.half)
			for m := range x {
				x[m] = g.load(isa.Mem(g.xp, -4*m), m)
			}
			for kw := range g.k {
				from := x[kw/2]
				if kw%2 == 1 {
					from = x[kw/2+odd]
				}
				for kh := range g.k {
					g.addTo(sums[2*kh+kw%2], kh, kw, from, kw < 2 && kh >= g.k-2)
				}
			}
			for range 2 {
				g.storeRow(at, 2, store)
				shift(sums, 2)
			}
			ADDQ(g.arg(argXRow), g.xp)
			DECQ(rows)
			JNZ(operand.LabelRef(row))
			g.clear(sums[2*g.k-4:])
			g.drain(at, sums, 2, store)
		})
	})
}

// interleave returns the lanes of a and b in turns.
func (g *kernel) interleave(a, b reg.VecVirtual) (first, second reg.VecVirtual) {
	first, second = g.Vec(), g.Vec()
	if !g.EVEX {
		low, high := g.Vec(), g.Vec()
		VUNPCKLPS(b, a, low)
		VUNPCKHPS(b, a, high)
		VPERM2F128(operand.Imm(0x20), high, low, first)
		VPERM2F128(operand.Imm(0x31), high, low, second)
		return first, second
	}
	for i, v := range []reg.VecVirtual{first, second} {
		VMOVUPS(g.turns(i), v)
		VPERMI2PS(b, a, v)
	}
	return first, second
}

// turns returns the table of lanes of two vectors in turns: of their first halves, or the second.
func (g *kernel) turns(half int) operand.Mem {
	name := fmt.Sprintf("depthwiseTurns%d_%d", g.Lanes, half)
	m, ok := tables[name]
	if !ok {
		m = GLOBL(name, attr.RODATA|attr.NOPTR)
		for i := range g.Lanes {
			DATA(4*i, operand.U32(half*g.Lanes/2+i/2+i%2*g.Lanes))
		}
		tables[name] = m
	}
	return m
}
