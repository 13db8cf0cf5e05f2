package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// ln 2 in two parts: the float32 next to it, and the float32 next to what is left.
const ln2High = 0.693147182464599609375

var ln2Low = float32(math.Ln2 - ln2High)

// Between these, and not beyond, eˣ is neither 0 nor ∞ when rounded to float32.
const (
	expLowest  = -104 // e⁻¹⁰⁴ is less than half the smallest denormal
	expHighest = 89   // e⁸⁹ > 2¹²⁸
)

// The maximum and minimum instructions return their second operand if one is NaN: v.atLeast and
// v.atMost give it x, so that NaN stays.

func (v vec) atLeast(x reg.VecVirtual, bound float32) reg.VecVirtual {
	y := v.constant(bound)
	VMAXPS(x, y, y)
	return y
}

func (v vec) atMost(x reg.VecVirtual, bound float32) reg.VecVirtual {
	y := v.constant(bound)
	VMINPS(x, y, y)
	return y
}

// exp returns eˣ.
func (v vec) exp(x reg.VecVirtual) reg.VecVirtual {
	return v.expNonPositive(v.atMost(x, expHighest))
}

// expNonPositive returns eˣ for x ≤ expHighest: eˣ = 2ⁿ·eʳ.
func (v vec) expNonPositive(x reg.VecVirtual) reg.VecVirtual {
	n, r := v.reduceExp(v.atLeast(x, expLowest))
	y := v.expm1Reduced(r)
	VADDPS(v.constant(1), y, y)
	return v.scale(y, n)
}

// reduceExp returns the integer n and |r| ≤ ln 2 / 2 of x = n·ln 2 + r. The register of x becomes
// r.
func (v vec) reduceExp(x reg.VecVirtual) (n, r reg.VecVirtual) {
	n = v.Vec()
	VMULPS(v.constant(math.Log2E), x, n)
	n = v.round(nearest, n)
	VFNMADD231PS(v.constant(ln2High), n, x)
	VFNMADD231PS(v.constant(ln2Low), n, x)
	return n, x
}

// expm1Reduced returns eʳ − 1 = r + r²·p(r).
func (v vec) expm1Reduced(r reg.VecVirtual) reg.VecVirtual {
	p, square := v.polynomial(expPolynomial, r), v.Vec()
	VMULPS(r, r, square)
	VFMADD213PS(r, square, p)
	return p
}

// scale returns y·2ⁿ, rounded once, also where that is a denormal number. n lies in −152 … 130.
func (v vec) scale(y, n reg.VecVirtual) reg.VecVirtual {
	x := v.Vec()
	if v.Lanes == 16 {
		VSCALEFPS(n, y, x)
		return x
	}
	// 2ⁿ itself may not be a normal number, but 2^⌊n/2⌋ and 2^⌈n/2⌉ are, and y·2^⌊n/2⌋ is exact.
	whole, half := YMM(), YMM()
	VCVTPS2DQ(n, whole)
	VPSRAD(operand.Imm(1), whole, half)
	VPSUBD(half, whole, whole)
	VMULPS(v.powerOfInt(half), y, x)
	VMULPS(v.powerOfInt(whole), x, x)
	return x
}

// powerOfInt returns 2ⁱ for integers −126 ≤ i ≤ 127: i goes to the exponent, above those of 1.
func (v vec) powerOfInt(i reg.VecVirtual) reg.VecVirtual {
	x := v.Vec()
	VPSLLD(operand.Imm(23), i, x)
	VPADDD(v.constant(1), x, x)
	return x
}

// tanh returns u/(u+2) with u = e²ˡˣˡ − 1 and the sign of x. Above tanhHighest it is 1 when
// rounded.
func (v vec) tanh(x reg.VecVirtual) reg.VecVirtual {
	const tanhHighest = 9.02
	twice := v.atMost(v.abs(x), tanhHighest)
	VADDPS(twice, twice, twice)
	n, r := v.reduceExp(twice)
	// u = 2ⁿ·(eʳ−1) + (2ⁿ−1) keeps its digits where it is small.
	i := v.Vec()
	VCVTPS2DQ(n, i)
	power, rest := v.powerOfInt(i), v.Vec()
	VSUBPS(v.constant(1), power, rest)
	u := v.expm1Reduced(r)
	VFMADD213PS(rest, power, u)
	y := v.Vec()
	VADDPS(v.constant(2), u, y)
	VDIVPS(y, u, y)
	return v.withSign(y, x)
}

// expMinusAbs returns e⁻ˡˣˡ.
func (v vec) expMinusAbs(x reg.VecVirtual) reg.VecVirtual {
	y := v.Vec()
	VORPS(v.bits(signBit), x, y)
	return v.expNonPositive(y)
}

// sigmoid returns 1/(1+z) for x ≥ 0 and z/(1+z) for x < 0, with z = e⁻ˡˣˡ, which keeps all digits
// of small results.
func (v vec) sigmoid(x reg.VecVirtual) reg.VecVirtual {
	z, one, y := v.expMinusAbs(x), v.constant(1), v.Vec()
	VADDPS(one, z, y)
	VDIVPS(y, v.choose(v.where(x, less, v.Zero()), z, one), y)
	return y
}

// softplus returns max(x, 0) + log(1+z) with z = e⁻ˡˣˡ.
func (v vec) softplus(x reg.VecVirtual) reg.VecVirtual {
	z := v.expMinusAbs(x)
	p, square := v.polynomial(log1pPolynomial, z), v.Vec()
	VMULPS(z, z, square)
	VFMADD213PS(z, square, p)
	VADDPS(p, v.atLeast(x, 0), p)
	return p
}
