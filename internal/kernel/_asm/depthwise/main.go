// Command depthwise writes the assembly of depthwise convolutions with 3×3 and 5×5 filters and
// strides 1 and 2, and of 3×3 max pooling of stride 2, which goes over planes as they do. The lanes
// of a vector are neighbouring pixels of a row. A kernel goes through planes, of each through
// blocks of columns one vector wide, of each through the rows: what a row adds to several rows of
// the result stays in registers until those are complete, so that each vector of pixels is loaded
// once for every column of the filter and no more.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

func main() {
	ConstraintExpr("!purego")
	for _, s := range []isa.Set{isa.AVX512, isa.Half512, isa.AVX2} {
		for _, k := range []int{3, 5} {
			newKernel(s, k, "depthwise%s_%dx%dx1").forward()
			newKernel(s, k, "depthwise%s_%dx%dx2").forwardPairs()
			newKernel(s, k, "depthwiseInput%s_%dx%dx2").inputPairs(0)
			newKernel(s, k, "depthwiseInput%s_%dx%dx2odd").inputPairs(1)
			newKernel(s, k, "depthwiseWeights%s_%dx%dx1").weights()
			newKernel(s, k, "depthwiseWeights%s_%dx%dx2").weightsPairs()
		}
		newKernel(s, 3, "maxIndex%s_%dx%dx2").maxIndex()
	}
	Generate()
}

// Fields of depthwiseArgs, of eight bytes each.
const (
	argX = 8 * iota
	argY
	argW
	argPlanes
	argXPlane
	argYPlane
	argWPlane
	argXRow
	argYRow
	argXRows
	argYRows
	argFirst
	argOdd
	argWStep
	argBlockCount
	argExact
	argSteps
	argTerms // of the planes; argAdds is 1 if there are any
	argAdds
	argClamps // 1 if argLow and argHigh are bounds
	argLow
	argBlocks // 16 of them, then room for the taps, spread to vectors
)

// Fields of depthwiseBlock: two of eight bytes, then masks of four.
const (
	blockX     = 0
	blockY     = 8
	blockMasks = 16
	blockSize  = 48
	argHigh    = argLow + 4
	argSpread  = argBlocks + 16*blockSize
)

// kernel writes one kernel.
type kernel struct {
	isa.Set
	k       int            // extent of the filter
	half    int            // (k+1)/2, the taps that a pixel meets along an axis of stride 2
	args    reg.Register   // the address of the arguments
	x, y, w reg.GPVirtual  // of the plane
	terms   reg.GPVirtual  // address of the plane's term, if there is an epilogue
	planes  reg.GPVirtual  // left to do
	block   reg.GPVirtual  // address of the block
	blocks  reg.GPVirtual  // left to do
	xp, yp  reg.GPVirtual  // of the row
	masks   []isa.Mask     // of a block, in registers
	spilled []operand.Mem  // the same in memory, without mask registers
	taps    []operand.Op   // weights: vectors in registers or in memory
	inPlace bool           // or as they are
	labels  map[string]int // how often a label was used
}

func newKernel(s isa.Set, k int, name string) *kernel {
	TEXT(fmt.Sprintf(name, s.Name, s.Lanes, k), NOSPLIT, "func(a *uintptr)")
	Pragma("noescape")
	return &kernel{Set: s, k: k, half: (k + 1) / 2, labels: map[string]int{}}
}

// label returns a label that no other place has.
func (g *kernel) label(name string) string {
	g.labels[name]++
	return fmt.Sprintf("%s%d", name, g.labels[name])
}

// prefetch asks for what the next plane has in the place of the row at p: the processor does not
// foresee where rows of another plane begin, and large images lie in memory.
func (g *kernel) prefetch(p reg.GPVirtual, plane, vectors int) {
	next := g.field(plane)
	for i := range vectors {
		PREFETCHT0(isa.Indexed(p, next, 1, 4*g.Lanes*i))
	}
}

func (g *kernel) arg(field int) operand.Mem { return isa.Mem(g.args, field) }

// field returns an argument in a register.
func (g *kernel) field(field int) reg.GPVirtual {
	x := GP64()
	MOVQ(g.arg(field), x)
	return x
}

// eachPlane writes the loop over planes around body.
func (g *kernel) eachPlane(body func()) {
	if g.args == nil {
		g.args = Load(Param("a"), GP64())
	}
	g.x, g.y, g.w, g.planes = g.field(argX), g.field(argY), g.field(argW), g.field(argPlanes)
	Label("plane")
	body()
	ADDQ(g.arg(argXPlane), g.x)
	ADDQ(g.arg(argYPlane), g.y)
	ADDQ(g.arg(argWPlane), g.w)
	if g.terms != nil {
		ADDQ(operand.Imm(4), g.terms)
	}
	DECQ(g.planes)
	JNZ(operand.LabelRef("plane"))
	VZEROUPPER()
	RET()
}

// eachBlock writes the loop over blocks of columns around body, which has the block's masks.
func (g *kernel) eachBlock(masks int, body func()) {
	loop := g.label("block")
	g.block, g.blocks = GP64(), g.field(argBlockCount)
	LEAQ(g.arg(argBlocks), g.block)
	if !g.EVEX && g.spilled == nil {
		for range masks {
			g.spilled = append(g.spilled, AllocLocal(4*g.Lanes))
		}
	}
	Label(loop)
	g.masks = nil
	for i := range masks {
		bits := isa.Mem(g.block, blockMasks+4*i)
		if g.EVEX {
			k := K()
			KMOVW(bits, k)
			g.masks = append(g.masks, isa.Mask{K: k})
			continue
		}
		part := GP32()
		MOVL(bits, part)
		VMOVUPS(g.LaneMask(part, 0).V, g.spilled[i])
	}
	g.xp, g.yp = GP64(), GP64()
	MOVQ(isa.Mem(g.block, blockX), g.xp)
	ADDQ(g.x, g.xp)
	MOVQ(isa.Mem(g.block, blockY), g.yp)
	ADDQ(g.y, g.yp)
	body()
	ADDQ(operand.Imm(blockSize), g.block)
	DECQ(g.blocks)
	JNZ(operand.LabelRef(loop))
}

// load returns the lanes of mask i at m, zeros in the others.
func (g *kernel) load(m operand.Mem, i int) reg.VecVirtual {
	if g.EVEX {
		return g.Load(m, g.masks[i])
	}
	v := g.Vec()
	VMOVUPS(g.spilled[i], v)
	VMASKMOVPS(m, v, v)
	return v
}

// store writes v, all of it or, if the arguments say exact, the lanes of mask i.
func (g *kernel) store(v reg.VecVirtual, m operand.Mem, i int) {
	masked, next := g.label("masked"), g.label("stored")
	CMPQ(g.arg(argExact), operand.Imm(0))
	JNE(operand.LabelRef(masked))
	VMOVUPS(v, m)
	JMP(operand.LabelRef(next))
	Label(masked)
	if g.EVEX {
		g.Store(v, m, g.masks[i])
	} else {
		sel := g.Vec()
		VMOVUPS(g.spilled[i], sel)
		VMASKMOVPS(v, sel, m)
	}
	Label(next)
}

// withTerms makes a kernel whose results have an epilogue.
func (g *kernel) withTerms() {
	g.args = Load(Param("a"), GP64())
	g.terms = g.field(argTerms)
}

// epilogue adds the plane's term to v and clamps it, where the arguments say so. A maximum of what is
// no number is its second operand, the bound, and so is one of two zeros.
func (g *kernel) epilogue(v reg.VecVirtual) reg.VecVirtual {
	added, clamped := g.label("added"), g.label("clamped")
	with := func(m operand.Mem, do func(x operand.Op), spread func()) {
		if g.EVEX {
			spread()
			return
		}
		x := g.Vec()
		VBROADCASTSS(m, x)
		do(x)
	}
	CMPQ(g.arg(argAdds), operand.Imm(0))
	JE(operand.LabelRef(added))
	term := isa.Mem(g.terms, 0)
	with(term, func(x operand.Op) { VADDPS(x, v, v) }, func() { VADDPS_BCST(term, v, v) })
	Label(added)
	CMPQ(g.arg(argClamps), operand.Imm(0))
	JE(operand.LabelRef(clamped))
	low, high := g.arg(argLow), g.arg(argHigh)
	with(low, func(x operand.Op) { VMAXPS(x, v, v) }, func() { VMAXPS_BCST(low, v, v) })
	with(high, func(x operand.Op) { VMINPS(x, v, v) }, func() { VMINPS_BCST(high, v, v) })
	Label(clamped)
	return v
}

// loadTaps gets the filter of a plane: into registers where there are enough, else spread to vectors
// in memory; with inPlace they stay where they are, and instructions spread them. The taps come in
// the order of memory, or backwards with a negative step; in place they do not.
func (g *kernel) loadTaps(inRegisters, inPlace bool) {
	g.taps = nil
	p, step := GP64(), g.field(argWStep)
	MOVQ(g.w, p)
	for i := range g.k * g.k {
		if inPlace {
			g.taps = append(g.taps, isa.Mem(g.w, 4*i))
			continue
		}
		v := g.Vec()
		VBROADCASTSS(isa.Mem(p, 0), v)
		ADDQ(step, p)
		if inRegisters {
			g.taps = append(g.taps, v)
			continue
		}
		m := g.arg(argSpread + 4*g.Lanes*i)
		VMOVUPS(v, m)
		g.taps = append(g.taps, m)
	}
	g.inPlace = inPlace
}

func (g *kernel) tap(kh, kw int) operand.Op { return g.taps[kh*g.k+kw] }

// addTo adds tap·x to sum, or starts it.
func (g *kernel) addTo(sum reg.VecVirtual, kh, kw int, x reg.VecVirtual, start bool) {
	switch {
	case g.inPlace && start:
		VMULPS_BCST(g.tap(kh, kw), x, sum)
	case g.inPlace:
		VFMADD231PS_BCST(g.tap(kh, kw), x, sum)
	case start:
		VMULPS(g.tap(kh, kw), x, sum)
	default:
		VFMADD231PS(g.tap(kh, kw), x, sum)
	}
}

func (g *kernel) vectors(n int) []reg.VecVirtual {
	list := make([]reg.VecVirtual, n)
	for i := range list {
		list[i] = g.Vec()
	}
	return list
}

func (g *kernel) clear(list []reg.VecVirtual) {
	for _, v := range list {
		g.Xor(v, v)
	}
}

// shift moves every vector of the list n places towards the front.
func shift(list []reg.VecVirtual, n int) {
	for i := range len(list) - n {
		VMOVAPS(list[i+n], list[i])
	}
}
