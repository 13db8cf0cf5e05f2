// Command vec writes the assembly of the element-wise kernels.
package main

import (
	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	for _, s := range []isa.Set{isa.AVX512, isa.AVX2} {
		v := vec{s}
		v.unary("neg", v.neg)
		v.unary("abs", v.abs)
		v.unary("sqrt", func(x reg.VecVirtual) { VSQRTPS(x, x) })
		for _, op := range binaries {
			v.binary(op)
		}
		v.selection()
		v.fill()
		v.sum()
		v.addTo()
	}
	Generate()
}

// vec writes the kernels of one instruction set.
type vec struct{ isa.Set }

// each writes a loop over n elements: body is written twice, for whole vectors and for the tail, with
// functions that load from and store to the current place of an array.
func (v vec) each(n reg.GPVirtual, body func(load func(reg.Register) reg.VecVirtual, store func(reg.VecVirtual, reg.Register))) {
	p, whole := GP64(), GP64()
	XORQ(p, p)
	MOVQ(n, whole)
	SHRQ(operand.Imm(v.Shift()), whole)
	JZ(operand.LabelRef("tail"))
	Label("loop")
	body(func(base reg.Register) reg.VecVirtual {
		x := v.Vec()
		VMOVUPS(isa.Indexed(base, p, 1, 0), x)
		return x
	}, func(x reg.VecVirtual, base reg.Register) {
		VMOVUPS(x, isa.Indexed(base, p, 1, 0))
	})
	ADDQ(operand.Imm(uint64(4*v.Lanes)), p)
	DECQ(whole)
	JNZ(operand.LabelRef("loop"))
	Label("tail")
	sel := v.TailMask(n, "done")
	body(func(base reg.Register) reg.VecVirtual {
		return v.Load(isa.Indexed(base, p, 1, 0), sel)
	}, func(x reg.VecVirtual, base reg.Register) {
		v.Store(x, isa.Indexed(base, p, 1, 0), sel)
	})
	Label("done")
	VZEROUPPER()
	RET()
}

// unary writes dst[i] = f(x[i]); f works in place.
func (v vec) unary(name string, f func(reg.VecVirtual)) {
	TEXT(name+v.Name, NOSPLIT, "func(dst *float32, x *float32, n int)")
	Pragma("noescape")
	dst, x := Load(Param("dst"), GP64()), Load(Param("x"), GP64())
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	v.each(n, func(load func(reg.Register) reg.VecVirtual, store func(reg.VecVirtual, reg.Register)) {
		a := load(x)
		f(a)
		store(a, dst)
	})
}

// signBit returns a vector of −0.
func (v vec) signBit() reg.VecVirtual {
	s := v.Broadcast(0x80000000)
	return s
}

func (v vec) neg(x reg.VecVirtual) { v.Xor(v.signBit(), x) }

func (v vec) abs(x reg.VecVirtual) { v.AndNot(v.signBit(), x) }

// arithmetic is an element-wise operation c = a op b.
type arithmetic struct {
	name string
	emit func(v vec, a, b, c reg.VecVirtual)
}

// The operands of Go's assembler are reversed: VSUBPS(b, a, c) is c = a − b.
var binaries = []arithmetic{
	{"add", func(_ vec, a, b, c reg.VecVirtual) { VADDPS(b, a, c) }},
	{"sub", func(_ vec, a, b, c reg.VecVirtual) { VSUBPS(b, a, c) }},
	{"mul", func(_ vec, a, b, c reg.VecVirtual) { VMULPS(b, a, c) }},
	{"div", func(_ vec, a, b, c reg.VecVirtual) { VDIVPS(b, a, c) }},
	{"max", func(_ vec, a, b, c reg.VecVirtual) { VMAXPS(b, a, c) }},
	{"min", func(_ vec, a, b, c reg.VecVirtual) { VMINPS(b, a, c) }},
	{"greater", compare(0x1E)},      // GT, ordered, quiet
	{"greaterEqual", compare(0x1D)}, // GE, ordered, quiet
	{"equal", compare(0x00)},        // EQ, ordered, quiet
}

// compare returns the operation that gives 1 where the predicate holds and 0 elsewhere.
func compare(predicate uint64) func(v vec, a, b, c reg.VecVirtual) {
	return func(v vec, a, b, c reg.VecVirtual) {
		one := v.Broadcast(0x3F800000)
		if v.Lanes == 16 {
			k := K()
			VCMPPS(operand.Imm(predicate), b, a, k)
			VMOVAPS_Z(one, k, c)
			return
		}
		VCMPPS(operand.Imm(predicate), b, a, c)
		VANDPS(one, c, c)
	}
}

// binary writes the forms vector-vector, vector-scalar and scalar-vector of an operation.
func (v vec) binary(op arithmetic) {
	for _, form := range []string{"", "Scalar", "FromScalar"} {
		signature := "func(dst *float32, a *float32, b *float32, n int)"
		if form != "" {
			signature = "func(dst *float32, a *float32, s float32, n int)"
		}
		TEXT(op.name+form+v.Name, NOSPLIT, signature)
		Pragma("noescape")
		dst, a := Load(Param("dst"), GP64()), Load(Param("a"), GP64())
		n := Load(Param("n"), GP64()).(reg.GPVirtual)
		var b reg.Register
		var s reg.VecVirtual
		if form == "" {
			b = Load(Param("b"), GP64())
		} else {
			s = v.Vec()
			addr, err := Param("s").Resolve()
			if err != nil {
				panic(err)
			}
			VBROADCASTSS(addr.Addr, s)
		}
		v.each(n, func(load func(reg.Register) reg.VecVirtual, store func(reg.VecVirtual, reg.Register)) {
			x := load(a)
			switch form {
			case "":
				op.emit(v, x, load(b), x)
			case "Scalar":
				op.emit(v, x, s, x)
			default:
				op.emit(v, s, x, x)
			}
			store(x, dst)
		})
	}
}

// selection writes dst[i] = mask[i] ≠ 0 ? a[i] : b[i].
func (v vec) selection() {
	TEXT("select"+v.Name, NOSPLIT, "func(dst *float32, mask *float32, a *float32, b *float32, n int)")
	Pragma("noescape")
	dst, mask := Load(Param("dst"), GP64()), Load(Param("mask"), GP64())
	a, b := Load(Param("a"), GP64()), Load(Param("b"), GP64())
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	zero := v.Zero()
	v.each(n, func(load func(reg.Register) reg.VecVirtual, store func(reg.VecVirtual, reg.Register)) {
		m, x, y := load(mask), load(a), load(b)
		const notEqual = 0x04
		if v.Lanes == 16 {
			k := K()
			VCMPPS(operand.Imm(notEqual), zero, m, k)
			VBLENDMPS(x, y, k, x)
		} else {
			VCMPPS(operand.Imm(notEqual), zero, m, m)
			VBLENDVPS(m, x, y, x)
		}
		store(x, dst)
	})
}

// fill writes dst[i] = s.
func (v vec) fill() {
	TEXT("fill"+v.Name, NOSPLIT, "func(dst *float32, s float32, n int)")
	Pragma("noescape")
	dst := Load(Param("dst"), GP64())
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	s := v.Vec()
	addr, err := Param("s").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(addr.Addr, s)
	v.each(n, func(_ func(reg.Register) reg.VecVirtual, store func(reg.VecVirtual, reg.Register)) {
		store(s, dst)
	})
}

// addTo writes dst[i] += x[i].
func (v vec) addTo() {
	TEXT("addTo"+v.Name, NOSPLIT, "func(dst *float32, x *float32, n int)")
	Pragma("noescape")
	dst, x := Load(Param("dst"), GP64()), Load(Param("x"), GP64())
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	v.each(n, func(load func(reg.Register) reg.VecVirtual, store func(reg.VecVirtual, reg.Register)) {
		a, b := load(dst), load(x)
		VADDPS(b, a, a)
		store(a, dst)
	})
}

// sum writes the sum of x: four vectors of partial sums, then the tail, then halves onto halves.
func (v vec) sum() {
	TEXT("sum"+v.Name, NOSPLIT, "func(x *float32, n int) float32")
	Pragma("noescape")
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	acc := make([]reg.VecVirtual, 4)
	for i := range acc {
		acc[i] = v.Zero()
	}
	blocks := GP64()
	MOVQ(n, blocks)
	SHRQ(operand.Imm(v.Shift()+2), blocks)
	JZ(operand.LabelRef("vectors"))
	Label("loop")
	for i := range acc {
		VADDPS(isa.Mem(x, 4*v.Lanes*i), acc[i], acc[i])
	}
	ADDQ(operand.U32(uint32(16*v.Lanes)), x)
	DECQ(blocks)
	JNZ(operand.LabelRef("loop"))
	Label("vectors")
	left := GP64()
	MOVQ(n, left)
	SHRQ(operand.Imm(v.Shift()), left)
	ANDQ(operand.Imm(3), left)
	JZ(operand.LabelRef("tail"))
	Label("next")
	VADDPS(isa.Mem(x, 0), acc[0], acc[0])
	ADDQ(operand.Imm(uint64(4*v.Lanes)), x)
	DECQ(left)
	JNZ(operand.LabelRef("next"))
	Label("tail")
	sel := v.TailMask(n, "done")
	VADDPS(v.Load(isa.Mem(x, 0), sel), acc[1], acc[1])
	Label("done")
	VADDPS(acc[1], acc[0], acc[0])
	VADDPS(acc[3], acc[2], acc[2])
	VADDPS(acc[2], acc[0], acc[0])
	total := v.LanesSum(acc[0])
	result, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	VMOVSS(total, result.Addr)
	VZEROUPPER()
	RET()
}
