package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// log returns log x, −∞ at ±0 and NaN below.
func (v vec) log(x reg.VecVirtual) reg.VecVirtual {
	const digits = 23
	// Denormal numbers are multiplied by 2²³ first.
	denormal := v.where(x, less, v.constant(0x1p-126))
	large := v.Vec()
	VMULPS(v.constant(1<<digits), x, large)
	e, f := v.reduceLog(v.choose(denormal, large, x))
	VSUBPS(v.keep(denormal, v.constant(digits)), e, e)
	return v.logEdges(v.logReduced(e, f, v.Zero()), x, x)
}

// log1p returns log(1+x), −∞ at −1 and NaN below. With u = 1+x rounded it is log u + (x − (u−1))/u,
// where u−1 is exact unless u is so large that the second term does not count.
func (v vec) log1p(x reg.VecVirtual) reg.VecVirtual {
	u, lost := v.Vec(), v.Vec()
	one := v.constant(1)
	VADDPS(one, x, u)
	VSUBPS(one, u, lost)
	VSUBPS(lost, x, lost)
	VDIVPS(u, lost, lost)
	e, f := v.reduceLog(u)
	y := v.logEdges(v.logReduced(e, f, lost), u, x)
	return v.choose(v.where(x, equal, v.Zero()), x, y) // −0 stays
}

// reduceLog returns the integer e and √½ ≤ 1+f < √2 of u = 2ᵉ·(1+f), for normal u.
func (v vec) reduceLog(u reg.VecVirtual) (e, f reg.VecVirtual) {
	// Less the bits of √½, the exponent field counts from √½ on, and so do the digits below it.
	e, f = v.Vec(), v.Vec()
	least := v.constant(math.Sqrt2 / 2)
	VPSUBD(least, u, f)
	VPSRAD(operand.Imm(23), f, e)
	VCVTDQ2PS(e, e)
	VANDPS(v.bits(1<<23-1), f, f)
	VPADDD(least, f, f)
	VSUBPS(v.constant(1), f, f)
	return e, f
}

// logReduced returns e·ln 2 + f + f²·p(f) + small, the small terms first.
func (v vec) logReduced(e, f, small reg.VecVirtual) reg.VecVirtual {
	y, square := v.polynomial(logPolynomial, f), v.Vec()
	VMULPS(f, f, square)
	VFMADD231PS(v.constant(ln2Low), e, small)
	VFMADD213PS(small, square, y)
	VADDPS(f, y, y)
	VFMADD231PS(v.constant(ln2High), e, y)
	return y
}

// logEdges returns y = log u where 0 < u < ∞, and what is right elsewhere. ∞ and NaN stay; they
// come from x.
func (v vec) logEdges(y, u, x reg.VecVirtual) reg.VecVirtual {
	zero := v.Zero()
	y = v.choose(v.where(u, less, zero), v.bits(quietNaN), y)
	y = v.choose(v.where(u, equal, zero), v.bits(signBit|infinity), y)
	return v.choose(v.where(u, notLess, v.bits(infinity)), x, y)
}
