// Command vec writes the assembly of the element-wise kernels and the sum.
package main

import (
	. "github.com/mmcloughlin/avo/build"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// vec writes the kernels of one instruction set.
type vec struct{ isa.Set }

func main() {
	ConstraintExpr("!purego")
	for _, s := range []isa.Set{isa.AVX512, isa.AVX2} {
		v := vec{s}
		for _, f := range functions {
			v.unary(f)
		}
		for _, op := range binaries {
			v.binary(op)
		}
		v.selection()
		v.fill()
		v.addTo()
		v.sum()
	}
	Generate()
}
