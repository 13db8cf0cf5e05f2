package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// maxIndex writes max pooling of 3×3 windows of stride 2: y are the indices in a plane of x. The
// arguments and the masks of a block are those of a convolution of that geometry; argFirst is the
// first row of the first window. What lies beside the image counts as −∞, which is larger than
// nothing.
func (g *kernel) maxIndex() {
	g.eachPlane(func() {
		g.eachBlock(2*g.half+1, func() {
			columns := g.firstColumns()
			one := g.Broadcast(1)
			out, top := g.field(argYRows), g.field(argFirst)
			loop := g.label("out")
			Label(loop)
			rows, at := g.window(top)
			// Of the first row the first pixel inside the image.
			best, chosen, from := g.Vec(), g.Vec(), g.Vec()
			VMOVAPS(columns, from)
			g.windowRow(at, columns, one, func(kw int, v, index reg.VecVirtual) {
				if kw == 0 {
					VMOVAPS(v, best)
					VPMAXSD(g.Zero(), columns, chosen)
					VPSUBD(columns, chosen, chosen)
					VPADDD(index, chosen, chosen)
					return
				}
				g.where(from, v, best)
				VPADDD(one, from, from)
				g.larger(v, index, best, chosen)
			})
			next, done := g.label("next"), g.label("window")
			Label(next)
			DECQ(rows)
			JZ(operand.LabelRef(done))
			INCQ(at)
			g.windowRow(at, columns, one, func(_ int, v, index reg.VecVirtual) {
				g.larger(v, index, best, chosen)
			})
			JMP(operand.LabelRef(next))
			Label(done)
			g.store(g.inOrder(chosen), isa.Mem(g.yp, 0), 2*g.half)
			ADDQ(g.arg(argYRow), g.yp)
			ADDQ(operand.Imm(2), top)
			DECQ(out)
			JNZ(operand.LabelRef(loop))
		})
	})
}

// window returns how many rows a window from row top on has inside the image, and the first.
func (g *kernel) window(top reg.GPVirtual) (rows, at reg.GPVirtual) {
	rows, at = GP64(), GP64()
	zero, height := GP64(), g.field(argXRows)
	LEAQ(isa.Mem(top, g.k), rows)
	CMPQ(rows, height)
	CMOVQGT(height, rows)
	XORQ(zero, zero)
	MOVQ(top, at)
	TESTQ(at, at)
	CMOVQLT(zero, at)
	SUBQ(at, rows)
	return rows, at
}

// firstColumns returns the column of the first pixel of each window, in the order of eachColumn.
func (g *kernel) firstColumns() reg.VecVirtual {
	first := GP64()
	MOVQ(isa.Mem(g.block, blockX), first)
	SARQ(operand.Imm(2), first)
	columns, from := g.ints(table("depthwiseEvens", func(i int) uint32 { return uint32(2 * i) })), g.broadcast(first)
	columns = g.shuffled(columns)
	VPADDD(from, columns, columns)
	return columns
}

// table returns the table of sixteen numbers.
func table(name string, number func(i int) uint32) operand.Mem {
	m, ok := tables[name]
	if !ok {
		m = GLOBL(name, attr.RODATA|attr.NOPTR)
		for i := range 16 {
			DATA(4*i, operand.U32(number(i)))
		}
		tables[name] = m
	}
	return m
}

func (g *kernel) ints(m operand.Mem) reg.VecVirtual {
	v := g.Vec()
	VMOVUPS(m, v)
	return v
}

// broadcast returns a vector of the int in x.
func (g *kernel) broadcast(x reg.GPVirtual) reg.VecVirtual {
	v, low := g.Vec(), XMM()
	VMOVD(x.As32(), low)
	VPBROADCASTD(low, v)
	return v
}

// windowRow calls f with the pixels of row at that meet each column of the window, and their
// indices.
func (g *kernel) windowRow(
	at reg.GPVirtual, columns, one reg.VecVirtual, f func(kw int, v, index reg.VecVirtual),
) {
	offset, p := g.field(argXRow), GP64()
	IMULQ(at, offset)
	LEAQ(isa.Indexed(g.xp, offset, 1, 0), p)
	SHRQ(operand.Imm(2), offset)
	index := g.broadcast(offset)
	VPADDD(columns, index, index)
	for m := range g.half {
		low := g.loadOr(isa.Mem(p, 8*m), 2*m)
		high := g.loadOr(isa.Mem(p, 8*m+4*g.Lanes), 2*m+1)
		even := g.Vec()
		VSHUFPS(operand.Imm(0x88), high, low, even)
		f(2*m, even, index)
		VPADDD(one, index, index)
		if m == 0 {
			VSHUFPS(operand.Imm(0xDD), high, low, low)
			f(1, low, index)
			VPADDD(one, index, index)
		}
	}
}

// loadOr is load with −∞ in the other lanes.
func (g *kernel) loadOr(m operand.Mem, i int) reg.VecVirtual {
	v := g.ints(table("depthwiseInfinity", func(int) uint32 { return 0xFF800000 }))
	if g.EVEX {
		VMOVUPS(m, g.masks[i].K, v)
		return v
	}
	sel, x := g.Vec(), g.Vec()
	VMOVUPS(g.spilled[i], sel)
	VMASKMOVPS(m, sel, x)
	VBLENDVPS(sel, x, v, v)
	return v
}

// where replaces x by y in the lanes where the int is negative.
func (g *kernel) where(negative, y, x reg.VecVirtual) {
	if g.EVEX {
		k := K()
		VPMOVD2M(negative, k)
		VMOVAPS(y, k, x)
		return
	}
	VBLENDVPS(negative, y, x, x)
}

// larger replaces best and at by x and i in the lanes where x > best.
func (g *kernel) larger(x, i, best, at reg.VecVirtual) {
	const greater = 0x1E
	if g.EVEX {
		k := K()
		VCMPPS(operand.Imm(greater), best, x, k)
		VMOVAPS(x, k, best)
		VMOVDQA32(i, k, at)
		return
	}
	m := g.Vec()
	VCMPPS(operand.Imm(greater), best, x, m)
	VBLENDVPS(m, x, best, best)
	VBLENDVPS(m, i, at, at)
}
