package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// function is an element-wise function of one number.
type function struct {
	name string
	emit func(v vec, x reg.VecVirtual) reg.VecVirtual
}

var functions = []function{
	{"neg", vec.neg},
	{"abs", vec.abs},
	{"sign", vec.sign},
	{"sqrt", func(v vec, x reg.VecVirtual) reg.VecVirtual { VSQRTPS(x, x); return x }},
	{"not", func(v vec, x reg.VecVirtual) reg.VecVirtual { VSUBPS(x, v.constant(1), x); return x }},
	{"exp", vec.exp},
	{"log", vec.log},
	{"log1p", vec.log1p},
	{"tanh", vec.tanh},
	{"sigmoid", vec.sigmoid},
	{"softplus", vec.softplus},
	{"erf", vec.erf},
}

// unary writes dst[i] = f(x[i]).
func (v vec) unary(f function) {
	TEXT(f.name+v.Name, NOSPLIT, "func(dst *float32, x *float32, n int)")
	Pragma("noescape")
	dst, x, n := array("dst"), array("x"), length()
	v.each(n, func(at access) { at.store(f.emit(v, at.load(x)), dst) })
}

func (v vec) neg(x reg.VecVirtual) reg.VecVirtual {
	VXORPS(v.bits(signBit), x, x)
	return x
}

// sign returns 1 for x > 0, −1 for x < 0 and else x, which is ±0 or NaN.
func (v vec) sign(x reg.VecVirtual) reg.VecVirtual {
	zero := v.Zero()
	y := v.choose(v.where(x, greater, zero), v.constant(1), x)
	return v.choose(v.where(x, less, zero), v.constant(-1), y)
}
