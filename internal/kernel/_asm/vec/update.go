package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// fill writes dst[i] = s.
func (v vec) fill() {
	TEXT("fill"+v.Name, NOSPLIT, "func(dst *float32, s float32, n int)")
	Pragma("noescape")
	dst, s, n := array("dst"), v.spread("s"), length()
	v.each(n, func(at access) { at.store(s, dst) })
}

// addTo writes dst[i] += x[i].
func (v vec) addTo() {
	TEXT("addTo"+v.Name, NOSPLIT, "func(dst *float32, x *float32, n int)")
	Pragma("noescape")
	dst, x, n := array("dst"), array("x"), length()
	v.each(n, func(at access) {
		y := at.load(dst)
		VADDPS(at.load(x), y, y)
		at.store(y, dst)
	})
}

// axpy writes dst[i] += s·x[i].
func (v vec) axpy() {
	TEXT("axpy"+v.Name, NOSPLIT, "func(dst *float32, s float32, x *float32, n int)")
	Pragma("noescape")
	dst, s, x, n := array("dst"), v.spread("s"), array("x"), length()
	v.each(n, func(at access) {
		y := at.load(dst)
		VFMADD231PS(at.load(x), s, y)
		at.store(y, dst)
	})
}

// adam writes Adam's update; c are the fields of an AdamCoef.
func (v vec) adam() {
	TEXT("adam"+v.Name, NOSPLIT, "func(p *float32, m *float32, v *float32, grad *float32, c *[6]float32, n int)")
	Pragma("noescape")
	p, m, s, g, c, n := array("p"), array("m"), array("v"), array("grad"), array("c"), length()
	var coef [6]reg.VecVirtual
	for i := range coef {
		coef[i] = v.Vec()
		VBROADCASTSS(isa.Mem(c, 4*i), coef[i])
	}
	b1, b2, lr, rv, eps, decay := coef[0], coef[1], coef[2], coef[3], coef[4], coef[5]
	rest1, rest2 := v.Vec(), v.Vec()
	VSUBPS(b1, v.constant(1), rest1)
	VSUBPS(b2, v.constant(1), rest2)
	v.each(n, func(at access) {
		grad, x := at.load(g), v.Vec()
		VMULPS(grad, rest1, x)
		VFMADD231PS(at.load(m), b1, x) // m ← b1·m + (1−b1)·g
		at.store(x, m)
		VMULPS(grad, grad, grad)
		VMULPS(grad, rest2, grad)
		VFMADD231PS(at.load(s), b2, grad) // v ← b2·v + (1−b2)·g²
		at.store(grad, s)
		VSQRTPS(grad, grad)
		VFMADD213PS(eps, rv, grad) // √v·rv + eps
		VMULPS(lr, x, x)
		VDIVPS(grad, x, x)
		w := at.load(p)
		VFMADD231PS(decay, w, x) // what the step takes away: lr·m/(√v·rv + eps) + decay·p
		VSUBPS(x, w, w)
		at.store(w, p)
	})
}
