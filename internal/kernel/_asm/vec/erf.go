package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// erf returns x + x·p(x²) for |x| < 1 and 1 − e^q(|x|) elsewhere, with the sign of x. Above
// erfHighest it is 1 when rounded.
func (v vec) erf(x reg.VecVirtual) reg.VecVirtual {
	const erfHighest = 4
	a, square := v.abs(x), v.Vec()
	VMULPS(x, x, square)
	near := v.polynomial(erfPolynomial, square)
	VFMADD213PS(a, a, near)

	n, r := v.reduceExp(v.polynomial(erfcPolynomial, v.atMost(a, erfHighest)))
	i := v.Vec()
	VCVTPS2DQ(n, i)
	power := v.powerOfInt(i)
	far, minus := v.Vec(), v.expm1Reduced(r)
	// 1 − 2ⁿ·eʳ = (1 − 2ⁿ) − 2ⁿ·(eʳ−1)
	VSUBPS(power, v.constant(1), far)
	VFNMADD231PS(power, minus, far)
	return v.withSign(v.choose(v.where(a, less, v.constant(1)), near, far), x)
}
