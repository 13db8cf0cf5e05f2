package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// The matrices of F(4×4, 5×5), for columns in registers.

// pairs are the positive points, in the order of the frequencies: 0, ±1, ±2, ±½, ∞.
var pairs = [3]float64{1, 2, 0.5}

// others returns sum and product of the squares of the other two positive points.
func others(i int) (sum, product float64) {
	p, q := pairs[(i+1)%3], pairs[(i+2)%3]
	return p*p + q*q, p * p * q * q
}

// inputTransform5 is Bᵀ d; see the function of this name in Go. It spoils d.
func (s set) inputTransform5(d [8]reg.VecVirtual) (v [8]reg.VecVirtual) {
	difference := s.difference(d[2], d[4])
	VSUBPS(d[0], d[6], d[0])
	s.addProduct(5.25, difference, d[0])
	v[0] = d[0]
	difference = s.difference(d[3], d[5])
	VSUBPS(d[1], d[7], d[7])
	s.addProduct(5.25, difference, d[7])
	v[7] = d[7]
	for i, p := range pairs {
		even, odd := d[6], d[5]
		if i < 2 {
			even, odd = s.copied(d[6]), s.copied(d[5])
		}
		sum, product := others(i)
		s.addProduct(-sum, d[4], even)
		s.addProduct(-sum, d[3], odd)
		s.addScaled(product, d[2], even)
		s.addScaled(product, d[1], odd)
		v[1+2*i], v[2+2*i] = s.plusMinus(p, even, odd)
	}
	return v
}

// addScaled computes to += x·v, by an addition where x is one.
func (s set) addScaled(x float64, v, to reg.VecVirtual) {
	switch x {
	case 1:
		VADDPS(v, to, to)
	case -1:
		VSUBPS(v, to, to)
	default:
		s.addProduct(x, v, to)
	}
}

// product returns x·v.
func (s set) product(x float64, v reg.VecVirtual) reg.VecVirtual {
	p := s.Vec()
	if s.EVEX {
		VMULPS_BCST(number(x), v, p)
	} else {
		VMULPS(number(x), v, p)
	}
	return p
}

// plusMinus returns even ± p·odd. It spoils even and odd.
func (s set) plusMinus(p float64, even, odd reg.VecVirtual) (plus, minus reg.VecVirtual) {
	if p == 1 {
		plus = s.sum(even, odd)
		VSUBPS(odd, even, even)
		return plus, even
	}
	plus = s.copied(even)
	s.addProduct(p, odd, plus)
	s.addProduct(-p, odd, even)
	return plus, even
}

// inputAdjoint5 is B v, the transpose of inputTransform5. It spoils v.
func (s set) inputAdjoint5(v [8]reg.VecVirtual) (d [8]reg.VecVirtual) {
	for i := 1; i < 7; i += 2 {
		minus := s.difference(v[i], v[i+1])
		VADDPS(v[i+1], v[i], v[i])
		v[i+1] = minus
	}
	zero, inf := v[0], v[7]
	d[7] = inf
	d[6], d[4], d[2] = s.copied(zero), s.product(-5.25, zero), s.product(5.25, zero)
	for i := range pairs {
		sum, product := others(i)
		even := v[1+2*i]
		VADDPS(even, d[6], d[6])
		s.addProduct(-sum, even, d[4])
		s.addScaled(product, even, d[2])
	}
	d[0] = s.product(-1, zero)
	d[5], d[3], d[1] = s.product(-5.25, inf), s.product(5.25, inf), s.product(-1, inf)
	for i, p := range pairs {
		sum, product := others(i)
		odd := v[2+2*i]
		s.addScaled(p, odd, d[5])
		s.addProduct(-p*sum, odd, d[3])
		s.addScaled(p*product, odd, d[1])
	}
	return d
}

// outputTransform5 is Aᵀ m. It spoils m.
func (s set) outputTransform5(m [8]reg.VecVirtual) (y [4]reg.VecVirtual) {
	for i := 1; i < 7; i += 2 {
		minus := s.difference(m[i], m[i+1])
		VADDPS(m[i+1], m[i], m[i])
		m[i+1] = minus
	}
	VADDPS(m[1], m[0], m[0])
	VADDPS(m[3], m[0], m[0])
	VADDPS(m[5], m[0], m[0])
	VADDPS(m[2], m[7], m[7])
	for i, p := range pairs[1:] {
		even, odd := m[3+2*i], m[4+2*i]
		s.addProduct(p, odd, m[2])
		s.addProduct(p*p, even, m[1])
		s.addProduct(p*p*p, odd, m[7])
	}
	return [4]reg.VecVirtual{m[0], m[2], m[1], m[7]}
}

// gradientTransform5 is A y, whose numbers it gives to emit in their order. It keeps y.
func (s set) gradientTransform5(y [4]reg.VecVirtual, emit func(v reg.VecVirtual)) {
	emit(y[0])
	for _, p := range pairs {
		plus, minus := s.gradientPair(p, y)
		emit(plus)
		emit(minus)
	}
	emit(y[3])
}

// gradientPair returns the numbers of A y for the points ±p.
func (s set) gradientPair(p float64, y [4]reg.VecVirtual) (plus, minus reg.VecVirtual) {
	if p == 1 {
		return s.plusMinus(p, s.sum(y[0], y[2]), s.sum(y[1], y[3]))
	}
	even, odd := s.copied(y[0]), s.copied(y[1])
	s.addProduct(p*p, y[2], even)
	s.addProduct(p*p, y[3], odd)
	return s.plusMinus(p, even, odd)
}

// norm5 is what the numbers of the points ±p are multiplied with.
func norm5(i int) float64 {
	a := pairs[i] * pairs[i]
	b, c := pairs[(i+1)%3], pairs[(i+2)%3]
	return 1 / (2 * a * (a - b*b) * (a - c*c))
}

// filterGradient5 is Gᵀ u. It spoils u.
func (s set) filterGradient5(u []reg.VecVirtual) []reg.VecVirtual {
	for i := range pairs {
		plus, minus := u[1+2*i], u[2+2*i]
		odd := s.difference(plus, minus)
		VADDPS(minus, plus, plus)
		s.scale(norm5(i), plus)
		s.scale(norm5(i), odd)
		u[2+2*i] = odd
	}
	s1, t1 := u[1], u[2]
	first, third, fourth := s.difference(s1, u[0]), s.copied(s1), s.copied(t1)
	VADDPS(s1, u[7], u[7])
	for i, p := range pairs[1:] {
		even, odd := u[3+2*i], u[4+2*i]
		VADDPS(even, first, first)
		s.addProduct(p, odd, t1)
		s.addProduct(p*p, even, third)
		s.addProduct(p*p*p, odd, fourth)
		s.addProduct(p*p*p*p, even, u[7])
	}
	return []reg.VecVirtual{first, t1, third, fourth, u[7]}
}

// filterTransform5 is G g in float64, with the roundings of the function of this name in Go: products
// with powers of two are exact, so that they may be fused.
func (s set) filterTransform5(g []reg.VecVirtual) (u []reg.VecVirtual) {
	first := s.double(-1)
	VMULPD(g[0], first, first)
	u = append(u, first)
	for i, p := range pairs {
		even, odd := g[0], g[1]
		if i < 2 {
			even, odd = s.copied(g[0]), s.copied(g[1])
		}
		VFMADD231PD(s.double(p*p), g[2], even)
		VFMADD231PD(s.double(p*p*p*p), g[4], even)
		VFMADD231PD(s.double(p*p), g[3], odd)
		if p != 1 {
			VMULPD(s.double(p), odd, odd)
		}
		plus := s.Vec()
		VADDPD(odd, even, plus)
		VSUBPD(odd, even, even)
		by := s.double(norm5(i))
		VMULPD(by, plus, plus)
		VMULPD(by, even, even)
		u = append(u, plus, even)
	}
	return append(u, g[4])
}
