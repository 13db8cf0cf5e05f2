package main

import (
	. "github.com/mmcloughlin/avo/build"
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
