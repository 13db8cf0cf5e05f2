package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// passes returns the columns of the filter whose sums the registers hold at a time, one list for
// every pass over a plane. Neighbours are together, which a stride of 2 shuffles out of the same
// vectors.
func (g *kernel) passes() [][]int {
	if g.EVEX || g.k == 3 {
		all := make([]int, g.k)
		for i := range all {
			all[i] = i
		}
		return [][]int{all}
	}
	return [][]int{{0, 1}, {2, 3}, {4}}
}

// eachPass writes the passes over the planes: body adds up the products of a block in sums, one for
// every row of the filter and column of the pass; the totals are added to w.
func (g *kernel) eachPass(masks int, body func(kws []int, sums [][]reg.VecVirtual)) {
	g.eachPlane(func() {
		for _, kws := range g.passes() {
			sums := make([][]reg.VecVirtual, g.k)
			for kh := range sums {
				sums[kh] = g.vectors(len(kws))
				g.clear(sums[kh])
			}
			g.eachBlock(masks, func() { body(kws, sums) })
			for kh := range sums {
				for i, kw := range kws {
					m := isa.Mem(g.w, 4*(kh*g.k+kw))
					total := g.LanesSum(sums[kh][i]).AsX()
					VADDSS(m, total, total)
					VMOVSS(total, m)
				}
			}
		}
	})
}

// weights writes the weight gradient of stride 1: y is the gradient of the output. In step i row i
// of y becomes the newest of the k rows that are at hand, and meets row i − top of x, which is
// argFirst in step 0. The masks of a block are those of the filter's columns, and of y.
func (g *kernel) weights() {
	g.eachPass(g.k+1, func(kws []int, sums [][]reg.VecVirtual) {
		recent := g.vectors(g.k)
		g.clear(recent)
		at, i, steps := g.field(argFirst), GP64(), g.field(argSteps)
		XORQ(i, i)
		step := g.label("step")
		Label(step)
		g.newest(recent, i, g.k, func(v reg.VecVirtual) reg.VecVirtual { return v })
		g.meet(at, 1, func() {
			for n, kw := range kws {
				x := g.load(isa.Mem(g.xp, 4*kw), kw)
				for kh := range sums {
					VFMADD231PS(recent[kh], x, sums[kh][n])
				}
			}
		})
		DECQ(steps)
		JNZ(operand.LabelRef(step))
	})
}

// newest moves the recent rows of y on and loads row i, zeros where y has none.
func (g *kernel) newest(
	recent []reg.VecVirtual, i reg.GPVirtual, mask int, order func(reg.VecVirtual) reg.VecVirtual,
) {
	for n := len(recent) - 1; n > 0; n-- {
		VMOVAPS(recent[n-1], recent[n])
	}
	none, next := g.label("none"), g.label("newest")
	CMPQ(i, g.arg(argYRows))
	JGE(operand.LabelRef(none))
	g.prefetch(g.yp, argYPlane, 1)
	VMOVAPS(order(g.load(isa.Mem(g.yp, 0), mask)), recent[0])
	ADDQ(g.arg(argYRow), g.yp)
	JMP(operand.LabelRef(next))
	Label(none)
	g.clear(recent[:1])
	Label(next)
	INCQ(i)
}

// meet writes body for row number at of x if x has it, and goes to the next.
func (g *kernel) meet(at reg.GPVirtual, vectors int, body func()) {
	outside := g.label("outside")
	CMPQ(at, g.arg(argXRows))
	JAE(operand.LabelRef(outside))
	g.prefetch(g.xp, argXPlane, vectors)
	body()
	ADDQ(g.arg(argXRow), g.xp)
	Label(outside)
	INCQ(at)
}

// weightsPairs writes the weight gradient of stride 2, where each row of y meets two of x. The masks
// of a block are those of the vectors of pixels, and of y.
func (g *kernel) weightsPairs() {
	g.eachPass(2*g.half+1, func(kws []int, sums [][]reg.VecVirtual) {
		recent := g.vectors(g.half)
		g.clear(recent)
		at, i, steps := g.field(argFirst), GP64(), g.field(argSteps)
		XORQ(i, i)
		step := g.label("step")
		Label(step)
		g.newest(recent, i, 2*g.half, g.shuffled)
		for parity := range 2 {
			g.meet(at, 2, func() {
				g.columns(kws, func(n int, x reg.VecVirtual) {
					for kh := parity; kh < g.k; kh += 2 {
						VFMADD231PS(recent[kh/2], x, sums[kh][n])
					}
				})
			})
		}
		DECQ(steps)
		JNZ(operand.LabelRef(step))
	})
}

// columns is eachColumn for some columns of the filter, which it counts from 0.
func (g *kernel) columns(kws []int, f func(n int, x reg.VecVirtual)) {
	g.someColumns(kws[0]/2, kws[len(kws)-1], func(kw int, x reg.VecVirtual) { f(kw-kws[0], x) })
}
