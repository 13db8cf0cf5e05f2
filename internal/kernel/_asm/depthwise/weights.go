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
			g.addTotals(kws, sums)
		}
	})
}

// addTotals adds the lanes of all sums to the weights, eight at a time where all are at hand.
func (g *kernel) addTotals(kws []int, sums [][]reg.VecVirtual) {
	var list []reg.VecVirtual
	var at []operand.Mem
	for kh := range sums {
		for i, kw := range kws {
			list, at = append(list, sums[kh][i]), append(at, isa.Mem(g.w, 4*(kh*g.k+kw)))
		}
	}
	for len(kws) == g.k && len(list) >= 8 {
		totals := g.eightSums(list[:8])
		VADDPS(at[0], totals, totals)
		VMOVUPS(totals, at[0])
		list, at = list[8:], at[8:]
	}
	for i, v := range list {
		total := g.LanesSum(v).AsX()
		VADDSS(at[i], total, total)
		VMOVSS(total, at[i])
	}
}

// eightSums adds up the lanes of each of eight vectors.
func (g *kernel) eightSums(v []reg.VecVirtual) reg.Register {
	upper := g.Vec()
	for i := 0; i < 8; i += 2 {
		VUNPCKHPS(v[i+1], v[i], upper)
		VUNPCKLPS(v[i+1], v[i], v[i])
		VADDPS(upper, v[i], v[i])
	}
	for i := 0; i < 8; i += 4 {
		VUNPCKHPD(v[i+2], v[i], upper)
		VUNPCKLPD(v[i+2], v[i], v[i])
		VADDPS(upper, v[i], v[i])
	}
	// Each quarter of v[0] has a part of the first four sums, of v[4] of the others.
	a, b, high := v[0].AsY(), v[4].AsY(), YMM()
	if g.Lanes == 16 {
		for _, x := range []reg.VecVirtual{v[0], v[4]} {
			VEXTRACTF64X4(operand.Imm(1), x, high)
			VADDPS(high, x.AsY(), x.AsY())
		}
	}
	if g.EVEX {
		VSHUFF32X4(operand.Imm(3), b, a, high)
		VSHUFF32X4(operand.Imm(0), b, a, a)
	} else {
		VPERM2F128(operand.Imm(0x31), b, a, high)
		VPERM2F128(operand.Imm(0x20), b, a, a)
	}
	VADDPS(high, a, a)
	return a
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
