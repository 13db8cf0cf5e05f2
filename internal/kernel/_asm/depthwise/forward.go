package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// forward writes the convolution of stride 1, with an epilogue. Row i of x is the last that output row i + top − (k −
// 1) waits for; argFirst is that of row 0. The masks of a block are those of the filter's columns,
// and of the output.
func (g *kernel) forward() {
	g.withTerms()
	g.eachPlane(func() {
		g.loadTaps(g.EVEX || g.k == 3, false)
		g.eachBlock(g.k+1, func() {
			sums := g.vectors(g.k)
			g.clear(sums)
			at, rows := g.field(argFirst), g.field(argXRows)
			row := g.label("row")
			Label(row)
			g.prefetch(g.xp, argXPlane, 1)
			for kw := range g.k {
				x := g.load(isa.Mem(g.xp, 4*kw), kw)
				for i, sum := range sums {
					g.addTo(sum, g.k-1-i, kw, x, kw == 0 && i == g.k-1)
				}
			}
			store := func() { g.store(g.epilogue(sums[0]), isa.Mem(g.yp, 0), g.k) }
			g.storeRow(at, 1, store)
			shift(sums, 1)
			ADDQ(g.arg(argXRow), g.xp)
			DECQ(rows)
			JNZ(operand.LabelRef(row))
			g.drain(at, sums, 1, store)
		})
	})
}

// storeRow writes a row of the result if row number at is one of it, and goes to the next.
func (g *kernel) storeRow(at reg.GPVirtual, vectors int, store func()) {
	outside := g.label("outside")
	CMPQ(at, g.arg(argYRows))
	JAE(operand.LabelRef(outside))
	g.prefetch(g.yp, argYPlane, vectors)
	store()
	ADDQ(g.arg(argYRow), g.yp)
	Label(outside)
	INCQ(at)
}

// drain writes the rows of the result that no further row adds to. width is the number of
// vectors that make a row of a block.
func (g *kernel) drain(at reg.GPVirtual, sums []reg.VecVirtual, width int, store func()) {
	loop, done := g.label("drain"), g.label("drained")
	Label(loop)
	CMPQ(at, g.arg(argYRows))
	JGE(operand.LabelRef(done))
	g.clear(sums[len(sums)-width:])
	g.storeRow(at, width, store)
	shift(sums, width)
	JMP(operand.LabelRef(loop))
	Label(done)
}

// forwardPairs writes the convolution of stride 2, with an epilogue. Rows of x come in pairs: the first of a pair
// completes a row of the result, argFirst the first of them; where argOdd is set x begins with the
// second of a pair. The masks of a block are those of the vectors of pixels, and of the output.
func (g *kernel) forwardPairs() {
	g.withTerms()
	g.eachPlane(func() {
		g.loadTaps(g.EVEX || g.k == 3, false)
		g.eachBlock(2*g.half+1, func() {
			sums := g.vectors(g.half)
			g.clear(sums)
			store := func() {
				g.store(g.epilogue(g.inOrder(sums[0])), isa.Mem(g.yp, 0), 2*g.half)
			}
			at, rows := g.field(argFirst), g.field(argXRows)
			even, odd, done := g.label("even"), g.label("odd"), g.label("rowsdone")
			CMPQ(g.arg(argOdd), operand.Imm(0))
			JNE(operand.LabelRef(odd))
			Label(even)
			TESTQ(rows, rows)
			JZ(operand.LabelRef(done))
			g.prefetch(g.xp, argXPlane, 2)
			g.eachColumn(func(kw int, x reg.VecVirtual) {
				for i, sum := range sums {
					g.addTo(sum, g.k-1-2*i, kw, x, kw == 0 && i == g.half-1)
				}
			})
			g.storeRow(at, 1, store)
			shift(sums, 1)
			ADDQ(g.arg(argXRow), g.xp)
			DECQ(rows)
			Label(odd)
			TESTQ(rows, rows)
			JZ(operand.LabelRef(done))
			g.prefetch(g.xp, argXPlane, 2)
			g.eachColumn(func(kw int, x reg.VecVirtual) {
				for i, sum := range sums[:g.half-1] {
					g.addTo(sum, g.k-2-2*i, kw, x, false)
				}
			})
			ADDQ(g.arg(argXRow), g.xp)
			DECQ(rows)
			JMP(operand.LabelRef(even))
			Label(done)
			g.clear(sums[g.half-1:])
			g.drain(at, sums, 1, store)
		})
	})
}

// eachColumn calls f with the pixels of a row that meet each column of the filter: every other one,
// in the order in which a shuffle of two vectors leaves them.
func (g *kernel) eachColumn(f func(kw int, x reg.VecVirtual)) { g.someColumns(0, g.k-1, f) }

// someColumns is eachColumn for columns 2·first to last.
func (g *kernel) someColumns(first, last int, f func(kw int, x reg.VecVirtual)) {
	for m := first; 2*m <= last; m++ {
		low := g.load(isa.Mem(g.xp, 8*m), 2*m)
		high := g.load(isa.Mem(g.xp, 8*m+4*g.Lanes), 2*m+1)
		even := g.Vec()
		VSHUFPS(operand.Imm(0x88), high, low, even)
		f(2*m, even)
		if 2*m < last {
			VSHUFPS(operand.Imm(0xDD), high, low, low)
			f(2*m+1, low)
		}
	}
}

// inOrder returns pixels in the order of the image that eachColumn has shuffled.
func (g *kernel) inOrder(v reg.VecVirtual) reg.VecVirtual {
	return g.permuted(v, "depthwiseOrder", []int{0, 2, 4, 6, 1, 3, 5, 7})
}

// shuffled returns pixels in the order of eachColumn.
func (g *kernel) shuffled(v reg.VecVirtual) reg.VecVirtual {
	return g.permuted(v, "depthwiseShuffle", []int{0, 4, 1, 5, 2, 6, 3, 7})
}

// permuted returns pairs of lanes in another order: of four pairs the middle ones are exchanged.
func (g *kernel) permuted(v reg.VecVirtual, name string, order []int) reg.VecVirtual {
	out := g.Vec()
	if g.Lanes == 8 {
		VPERMPD(operand.Imm(0xD8), v, out)
		return out
	}
	m, ok := tables[name]
	if !ok {
		m = GLOBL(name, attr.RODATA|attr.NOPTR)
		for i, from := range order {
			DATA(8*i, operand.U64(from))
		}
		tables[name] = m
	}
	VMOVUPS(m, out)
	VPERMPD(v, out, out)
	return out
}

var tables = map[string]operand.Mem{}
