// Command gemm writes the assembly of the matrix-product kernels: outer products with vectors along
// the columns of B (mul), dot products with vectors along the inner axis (dot), copies of rows
// (rows), and the register-only loop that measures the peak of a core (peak).
package main

import (
	. "github.com/mmcloughlin/avo/build"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// gen writes the kernels of one instruction set.
type gen struct{ isa.Set }

func main() {
	avx512, half512, avx2 := gen{isa.AVX512}, gen{isa.Half512}, gen{isa.AVX2}
	ConstraintExpr("!purego")
	for mr := 1; mr <= 14; mr++ {
		avx512.wide(mr)
		avx512.many(mr)
		avx512.narrow(mr)
		half512.narrow(mr)
	}
	for mr := 1; mr <= 6; mr++ {
		avx2.wide(mr)
		avx2.many(mr)
		avx2.narrow(mr)
	}
	for mr := 1; mr <= 5; mr++ {
		for nr := 1; nr <= 5; nr++ {
			avx512.dot(mr, nr)
		}
	}
	for mr := 1; mr <= 4; mr++ {
		for nr := 1; nr <= 3; nr++ {
			avx2.dot(mr, nr)
		}
	}
	for _, s := range []gen{avx512, avx2} {
		s.copyRows()
		s.expandBlocks()
		s.sumRows()
	}
	avx512.peak(28)
	avx2.peak(12)
	Generate()
}
