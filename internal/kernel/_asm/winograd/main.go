// Command winograd writes the assembly of the transforms of F(4×4, 3×3) and of the products of its
// weight gradient.
package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// tileIn and tileOut are the rows and columns of a tile's inputs and outputs.
const tileIn, tileOut = 6, 4

// The layout of tileGroup.
const (
	offsets   = 0
	masks     = offsets + 4*8*tileIn
	leftMask  = masks + 8*tileIn
	rightMask = leftMask + 8
	places    = rightMask + 8
	edges     = places + 16*16
	edgeMasks = edges + 8*tileIn
)

// set is an instruction set that transforms are written for.
type set struct{ isa.Set }

func main() {
	ConstraintExpr("!purego")
	avx512 := set{isa.AVX512}
	for _, wide := range []bool{true, false} {
		avx512.inputs(wide, false)
		avx512.inputs(wide, true)
		avx512.outputs(wide)
	}
	avx512.inputsOf("tileInputsOfPhase", true, false, true)
	avx512.inputsOf("tileInputsOfPhase", true, true, true)
	avx512.outputsOfPhases()
	avx512.gradients()
	avx512.filters()
	avx512.filterGradients()
	for rows := 1; rows <= 12; rows++ {
		avx512.outer(rows, 2)
	}
	for rows := 1; rows <= 16; rows++ {
		avx512.outer(rows, 1)
	}
	avx2 := set{isa.AVX2}
	avx2.inputsInMemory(false)
	avx2.inputsInMemory(true)
	avx2.outputsInMemory()
	avx2.gradientsInMemory()
	avx2.filters()
	avx2.filterGradientsInMemory()
	for rows := 1; rows <= 6; rows++ {
		avx2.outer(rows, 2)
	}
	fiveKernels(avx512, avx2)
	Generate()
}

// param loads a parameter of the kernel.
func param(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

var numbers = map[float64]operand.Mem{}

// number returns where a constant lies, eight times.
func number(x float64) operand.Mem {
	m, ok := numbers[x]
	if !ok {
		m = GLOBL(fmt.Sprintf("winogradNumber%d", len(numbers)), attr.RODATA|attr.NOPTR)
		for lane := range 8 {
			DATA(4*lane, operand.U32(math.Float32bits(float32(x))))
		}
		numbers[x] = m
	}
	return m
}

// addProduct computes to += x·v.
func (s set) addProduct(x float64, v reg.Register, to reg.VecVirtual) {
	if s.EVEX {
		VFMADD231PS_BCST(number(x), v, to)
	} else {
		VFMADD231PS(number(x), v, to)
	}
}

// scale computes v *= x.
func (s set) scale(x float64, v reg.VecVirtual) {
	if s.EVEX {
		VMULPS_BCST(number(x), v, v)
	} else {
		VMULPS(number(x), v, v)
	}
}

// sum and difference return x + y and x − y.
func (s set) sum(x, y reg.Register) reg.VecVirtual {
	v := s.Vec()
	VADDPS(y, x, v)
	return v
}

func (s set) difference(x, y reg.Register) reg.VecVirtual {
	v := s.Vec()
	VSUBPS(y, x, v)
	return v
}

// copied returns a copy of v.
func (s set) copied(v reg.VecVirtual) reg.VecVirtual {
	c := s.Vec()
	VMOVAPS(v, c)
	return c
}

// inputTransform is Bᵀ d; see the function of this name in Go. It spoils d.
func (s set) inputTransform(d [6]reg.VecVirtual) (v [6]reg.VecVirtual) {
	third, fourth := s.difference(d[3], d[1]), s.difference(d[4], d[2])
	VADDPS(d[4], d[0], d[0])
	s.addProduct(-2, d[2], d[0])
	s.addProduct(1.5, third, d[0])
	VADDPS(d[1], d[5], d[5])
	s.addProduct(-2, d[3], d[5])
	s.addProduct(1.5, fourth, d[5])
	first := s.difference(d[4], d[1])
	s.addProduct(0.5, d[2], first)
	s.addProduct(2.5, d[3], first)
	VADDPS(d[4], d[1], d[1])
	s.addProduct(-2.5, d[2], d[1])
	s.addProduct(0.5, d[3], d[1])
	VMOVAPS(fourth, d[4])
	s.addProduct(-0.5, third, d[4])
	s.addProduct(2, third, fourth)
	return [6]reg.VecVirtual{d[0], first, d[1], fourth, d[4], d[5]}
}

// outputTransform is Aᵀ m. It spoils m.
func (s set) outputTransform(m [6]reg.VecVirtual) (y [4]reg.VecVirtual) {
	a, b := s.sum(m[1], m[2]), s.difference(m[1], m[2])
	VADDPS(a, m[0], m[0])
	VADDPS(m[3], m[0], m[0])
	VADDPS(m[4], m[0], m[0])
	VADDPS(b, m[5], m[5])
	s.addProduct(0.5, m[3], b)
	s.addProduct(-2, m[4], b)
	s.addProduct(0.25, m[3], a)
	s.addProduct(4, m[4], a)
	s.addProduct(0.125, m[3], m[5])
	s.addProduct(-8, m[4], m[5])
	return [4]reg.VecVirtual{m[0], b, a, m[5]}
}

// gradientTransform is A y. It keeps y[0] and y[3], which are part of it, and spoils the others.
func (s set) gradientTransform(y [4]reg.VecVirtual) (m [6]reg.VecVirtual) {
	third, fourth := s.copied(y[0]), s.copied(y[0])
	s.addProduct(0.5, y[1], third)
	s.addProduct(-2, y[1], fourth)
	s.addProduct(0.25, y[2], third)
	s.addProduct(4, y[2], fourth)
	s.addProduct(0.125, y[3], third)
	s.addProduct(-8, y[3], fourth)
	VADDPS(y[0], y[2], y[2])
	VADDPS(y[3], y[1], y[1])
	first := s.sum(y[2], y[1])
	VSUBPS(y[1], y[2], y[2])
	return [6]reg.VecVirtual{y[0], first, y[2], third, fourth, y[3]}
}

// filterGradient is Gᵀ u. It spoils u.
func (s set) filterGradient(u [6]reg.VecVirtual) (g [3]reg.VecVirtual) {
	difference := s.difference(u[1], u[2])
	VADDPS(u[2], u[1], u[1])
	s.scale(1./3, u[1])
	s.addProduct(1./3, difference, u[0])
	s.addProduct(1./3, difference, u[5])
	s.addProduct(-16./15, u[3], u[0])
	s.addProduct(-8./15, u[3], u[1])
	s.addProduct(-4./15, u[3], u[5])
	s.addProduct(1./15, u[4], u[0])
	s.addProduct(-2./15, u[4], u[1])
	s.addProduct(4./15, u[4], u[5])
	return [3]reg.VecVirtual{u[0], u[1], u[5]}
}

// transposed exchanges the lanes within quarters with the vectors: lane 4l+i of vector k becomes
// lane 4l+k of vector i.
func (s set) transposed(z [4]reg.VecVirtual) (p [4]reg.VecVirtual) {
	var pairs [4]reg.VecVirtual
	for i := 0; i < 4; i += 2 {
		pairs[i], pairs[i+1] = s.Vec(), s.Vec()
		VUNPCKLPS(z[i+1], z[i], pairs[i])
		VUNPCKHPS(z[i+1], z[i], pairs[i+1])
	}
	for i := range 2 {
		p[2*i], p[2*i+1] = s.Vec(), s.Vec()
		VUNPCKLPD(pairs[2+i], pairs[i], p[2*i])
		VUNPCKHPD(pairs[2+i], pairs[i], p[2*i+1])
	}
	return p
}

// frequency addresses the frequencies of a row: base + j·step.
type frequency struct{ base, step, thrice, five reg.GPVirtual }

func newFrequency(base, step reg.GPVirtual) frequency {
	f := frequency{GP64(), step, GP64(), GP64()}
	MOVQ(base, f.base)
	LEAQ(isa.Indexed(step, step, 2, 0), f.thrice)
	LEAQ(isa.Indexed(step, step, 4, 0), f.five)
	return f
}

func (f frequency) at(j int) operand.Mem {
	switch j {
	case 0:
		return isa.Mem(f.base, 0)
	case 3:
		return isa.Indexed(f.base, f.thrice, 1, 0)
	case 5:
		return isa.Indexed(f.base, f.five, 1, 0)
	}
	return isa.Indexed(f.base, f.step, uint8(j), 0)
}

// store writes a row of frequencies, some bytes on from their places.
func (f frequency) store(row []reg.VecVirtual, bytes int) {
	for j, v := range row {
		VMOVUPS(v, f.at(j).Offset(bytes))
	}
}

// nextRow moves on from row i by six frequencies, unless it is the last one.
func (f frequency) nextRow(i int) {
	if i < tileIn-1 {
		LEAQ(isa.Indexed(f.base, f.thrice, 2, 0), f.base)
	}
}

// frequencies returns the reader of columns of six by six vectors at m.
func (s set) frequencies(m reg.Register, plane, column reg.GPVirtual) func(j int) []reg.VecVirtual {
	from := GP64()
	MOVQ(m, from)
	return func(j int) (d []reg.VecVirtual) {
		at := newFrequency(from, column)
		for i := range tileIn {
			d = append(d, s.read(at.at(i)))
		}
		ADDQ(plane, from)
		return d
	}
}

// read returns the vector at m.
func (s set) read(m operand.Mem) reg.VecVirtual {
	v := s.Vec()
	VMOVUPS(m, v)
	return v
}

// sixfold returns the step from one row of frequencies to the next, of which plane is that from one
// to the next.
func sixfold(plane reg.GPVirtual) reg.GPVirtual {
	column := GP64()
	LEAQ(isa.Indexed(plane, plane, 2, 0), column)
	SHLQ(operand.Imm(1), column)
	return column
}

// repeat ends the body of a kernel, which is its loop at the label, once for each of a count.
func repeat(label string, count reg.GPVirtual) {
	DECQ(count)
	JNZ(operand.LabelRef(label))
	VZEROUPPER()
	RET()
}

// maskOf returns the mask of the pixels of vector i in a packed mask of four.
func maskOf(packed reg.Register, i int) reg.Register {
	if i == 0 {
		return packed
	}
	k := K()
	KSHIFTRQ(operand.Imm(uint64(16*i)), packed, k)
	return k
}
