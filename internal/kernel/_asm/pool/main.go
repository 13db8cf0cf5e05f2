// Command pool writes the assembly of 2×2 pooling, and of columns of stride two.
package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

func main() {
	ConstraintExpr("!purego")
	for _, s := range []isa.Set{isa.AVX512, isa.AVX2} {
		maxIndex(s)
		gatherPairs(s)
		scatterPairs(s)
		sumPairs(s)
		spreadPairs(s)
		everySecond(s)
		addToEverySecond(s)
	}
	Generate()
}

// maxIndex writes the kernel that finds the largest element of 2×2 windows, for each row one vector
// of windows. Row r reads two vectors each at src + 2r·width and src + (2r+1)·width, of which the
// lanes in low and high, and stores a vector of indices at dst + r·step: in the first whole rows
// all of it, in masked ones after them the lanes in store.
func maxIndex(s isa.Set) {
	TEXT("maxIndexPairs"+s.Name, NOSPLIT,
		"func(dst *int32, src *float32, whole, masked, step, width int, first int32, low, high, store uint32)")
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	whole, masked := Load(Param("whole"), GP64()), Load(Param("masked"), GP64())
	step, width := Load(Param("step"), GP64()), Load(Param("width"), GP64())
	low := s.LaneMask(Load(Param("low"), GP32()).(reg.GPVirtual), 0)
	high := s.LaneMask(Load(Param("high"), GP32()).(reg.GPVirtual), 0)
	store := s.LaneMask(Load(Param("store"), GP32()).(reg.GPVirtual), 0)
	even, odd := evenOdd(s)

	// index holds first + 2j for window j; a row of windows further on it is 2·width larger.
	first := Load(Param("first"), GP32())
	index := broadcastInt(s, first)
	VPADDD(loadInts(s, evens(s)), index, index)
	one := s.Broadcast(1)
	below := GP32()
	MOVL(width.(reg.GPVirtual).As32(), below)
	down := broadcastInt(s, below)
	advance := s.Vec()
	VPADDD(down, down, advance)

	SHLQ(operand.Imm(2), step)
	lower := GP64()
	Label("loop")
	LEAQ(isa.Indexed(src, width, 4, 0), lower)
	e, o := split(s, src, low, high, even, odd)
	best, at := s.Vec(), s.Vec()
	VMOVAPS(e, best)
	VMOVAPS(index, at)
	right := s.Vec()
	VPADDD(one, index, right)
	larger(s, o, right, best, at)
	e, o = split(s, lower, low, high, even, odd)
	under := s.Vec()
	VPADDD(down, index, under)
	larger(s, e, under, best, at)
	VPADDD(one, under, under)
	larger(s, o, under, best, at)
	DECQ(whole)
	JS(operand.LabelRef("partial"))
	VMOVUPS(at, isa.Mem(dst, 0))
	Label("next")
	VPADDD(advance, index, index)
	LEAQ(isa.Indexed(lower, width, 4, 0), src)
	ADDQ(step, dst)
	JMP(operand.LabelRef("loop"))
	Label("partial")
	s.Store(at, isa.Mem(dst, 0), store)
	DECQ(masked)
	JNZ(operand.LabelRef("next"))
	VZEROUPPER()
	RET()
}

// larger replaces best and at by x and i in the lanes where x > best.
func larger(s isa.Set, x, i, best, at reg.VecVirtual) {
	const greater = 0x1E
	if s.Lanes == 16 {
		k := K()
		VCMPPS(operand.Imm(greater), best, x, k)
		VMOVAPS(x, k, best)
		VMOVDQA32(i, k, at)
		return
	}
	m := s.Vec()
	VCMPPS(operand.Imm(greater), best, x, m)
	VBLENDVPS(m, x, best, best)
	VBLENDVPS(m, i, at, at)
}

// split loads two vectors and returns their even and their odd elements.
func split(s isa.Set, base reg.Register, low, high isa.Mask, even, odd reg.VecVirtual) (e, o reg.VecVirtual) {
	a := s.Load(isa.Mem(base, 0), low)
	b := s.Load(isa.Mem(base, 4*s.Lanes), high)
	return divide(s, a, b, even, odd)
}

// divide returns the even and the odd elements of two vectors.
func divide(s isa.Set, a, b, even, odd reg.VecVirtual) (e, o reg.VecVirtual) {
	e, o = s.Vec(), s.Vec()
	if s.Lanes == 16 {
		VMOVDQA32(even, e)
		VPERMI2PS(b, a, e)
		VMOVDQA32(odd, o)
		VPERMI2PS(b, a, o)
		return e, o
	}
	VSHUFPS(operand.Imm(0x88), b, a, e)
	VSHUFPS(operand.Imm(0xDD), b, a, o)
	VPERMPD(operand.Imm(0xD8), e, e)
	VPERMPD(operand.Imm(0xD8), o, o)
	return e, o
}

// evenOdd returns the indices of the even and the odd elements of two vectors; AVX2 does without.
func evenOdd(s isa.Set) (even, odd reg.VecVirtual) {
	if s.Lanes != 16 {
		return nil, nil
	}
	even, odd = s.Vec(), s.Vec()
	VMOVDQU32(evens(s), even)
	VPADDD(s.Broadcast(1), even, odd)
	return even, odd
}

var tables = map[string]operand.Mem{}

// evens returns the table 0, 2, 4, ….
func evens(s isa.Set) operand.Mem {
	name := "evens" + s.Name
	if m, ok := tables[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range s.Lanes {
		DATA(4*i, operand.U32(2*i))
	}
	tables[name] = m
	return m
}

func loadInts(s isa.Set, m operand.Mem) reg.VecVirtual {
	v := s.Vec()
	if s.Lanes == 16 {
		VMOVDQU32(m, v)
	} else {
		VMOVDQU(m, v)
	}
	return v
}

// broadcastInt returns a vector of an int.
func broadcastInt(s isa.Set, x reg.Register) reg.VecVirtual {
	v := s.Vec()
	if s.Lanes == 16 {
		VPBROADCASTD(x, v)
		return v
	}
	low := XMM()
	VMOVD(x, low)
	VPBROADCASTD(low, v)
	return v
}

// sumPairs writes the sums of windows of two rows, in the order of the elements from +0 on.
func sumPairs(s isa.Set) {
	TEXT("sumPairs"+s.Name, NOSPLIT, "func(dst, upper, lower *float32, vectors int)")
	Pragma("noescape")
	dst, upper := Load(Param("dst"), GP64()), Load(Param("upper"), GP64())
	lower, vectors := Load(Param("lower"), GP64()), Load(Param("vectors"), GP64())
	even, odd := evenOdd(s)
	Label("loop")
	sum := s.Zero()
	for _, row := range []reg.Register{upper, lower} {
		a, b := s.Vec(), s.Vec()
		VMOVUPS(isa.Mem(row, 0), a)
		VMOVUPS(isa.Mem(row, 4*s.Lanes), b)
		e, o := divide(s, a, b, even, odd)
		VADDPS(e, sum, sum)
		VADDPS(o, sum, sum)
		ADDQ(operand.U32(uint32(8*s.Lanes)), row)
	}
	VMOVUPS(sum, isa.Mem(dst, 0))
	ADDQ(operand.Imm(uint64(4*s.Lanes)), dst)
	DECQ(vectors)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// spreadPairs writes the transpose of sumPairs.
func spreadPairs(s isa.Set) {
	TEXT("spreadPairs"+s.Name, NOSPLIT, "func(upper, lower, src *float32, vectors int)")
	Pragma("noescape")
	upper, lower := Load(Param("upper"), GP64()), Load(Param("lower"), GP64())
	src, vectors := Load(Param("src"), GP64()), Load(Param("vectors"), GP64())
	zero := s.Zero()
	index := doubledLanes(s)
	Label("loop")
	x := s.Vec()
	VADDPS(isa.Mem(src, 0), zero, x)
	for half := range index {
		twice := s.Vec()
		VPERMPS(x, index[half], twice)
		VMOVUPS(twice, isa.Mem(upper, 4*s.Lanes*half))
		VMOVUPS(twice, isa.Mem(lower, 4*s.Lanes*half))
	}
	ADDQ(operand.Imm(uint64(4*s.Lanes)), src)
	ADDQ(operand.U32(uint32(8*s.Lanes)), upper)
	ADDQ(operand.U32(uint32(8*s.Lanes)), lower)
	DECQ(vectors)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// doubled returns the table of the lanes of a half, each twice.
func doubled(s isa.Set, half int) operand.Mem {
	name := fmt.Sprintf("doubled%d%s", half, s.Name)
	if m, ok := tables[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range s.Lanes {
		DATA(4*i, operand.U32(s.Lanes*half/2+i/2))
	}
	tables[name] = m
	return m
}
