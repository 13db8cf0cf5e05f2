package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// The kernels of F(4×4, 5×5). Steps are passed in bytes.

const tileIn5 = 8

// The layout of strip and group5.
const (
	stripBytes   = 56
	stripMasks   = 4 * tileIn5
	stripLanes   = stripMasks + 2*tileIn5
	stripCount   = 16 * stripBytes
	groupWhole   = stripCount + 4
	pieceOffsets = groupWhole + 4
	tileOffsets  = pieceOffsets + 4*16
	rowMasks     = tileOffsets + 4*16
	rowNibbles   = rowMasks + 2*4*16
)

// The layout of the buffer: rows of seventeen vectors of sixteen floats, eight for each piece.
const (
	bufferRow   = 4 * 16 * 17
	bufferPiece = tileIn5 * bufferRow
)

// The parameters of the transforms, the same on both levels.
const (
	inputs5Parameters = "func(v *float32, plane, row int, x *float32, xStep, channels int, " +
		"group *int32, buffer *float32)"
	scatter5Parameters = "func(x *float32, xStep int, e *float32, plane, row, channels int, " +
		"group *int32, buffer *float32)"
)

// fiveKernels writes them all.
func fiveKernels(avx512, avx2 set) {
	avx512.inputs5()
	avx512.outputs5()
	avx512.deltas5()
	avx512.scatter5()
	avx512.gradient5()
	avx512.filters5()
	avx512.filterGradients5()
	for rows := 1; rows <= 14; rows++ {
		avx512.products(rows, 2)
		avx512.products(rows, 1)
	}
	avx2.inputs5InMemory()
	avx2.outputs5InMemory()
	avx2.deltas5InMemory()
	avx2.scatter5InMemory()
	avx2.gradient5InMemory()
	avx2.filters5()
	avx2.filterGradients5()
	for rows := 1; rows <= 6; rows++ {
		avx2.products(rows, 2)
	}
}

// filters5 writes the kernel of filters5Generic: the outputs of a panel are the lanes of a vector, of
// which either half makes a vector of float64.
func (s set) filters5() {
	s.filterPanel("filters5", 5, tileIn5, s.filterTransform5)
}

// filterGradients5 writes the kernel of filterGradients5Generic for one c: vectors of k.
func (s set) filterGradients5() {
	TEXT("filterGradients5"+s.Name, NOSPLIT,
		"func(dw, u *float32, plane, vectors int, buffer *float32)")
	Pragma("noescape")
	dw, u, buffer := param("dw"), param("u"), param("buffer")
	plane, vectors := param("plane"), param("vectors")
	row := GP64() // from one tap to the next
	MOVQ(vectors, row)
	SHLQ(operand.Imm(s.Shift()+2), row)
	rowStep := GP64()
	MOVQ(plane, rowStep)
	SHLQ(operand.Imm(3), rowStep)
	Label("vector")
	to, from := GP64(), GP64()
	MOVQ(dw, to)
	MOVQ(u, from)
	columns := s.columns(from, rowStep, plane)
	s.twoPasses(5, tileIn5, columns, s.filterGradient5, buffer, func(_ int, v []reg.VecVirtual) {
		for _, x := range v {
			VMOVUPS(x, isa.Mem(to, 0))
			ADDQ(row, to)
		}
	})
	ADDQ(operand.Imm(uint64(4*s.Lanes)), dw)
	ADDQ(operand.Imm(uint64(4*s.Lanes)), u)
	repeat("vector", vectors)
}

// columns returns what reads the eight rows of a column for twoPasses, and goes on to the next one.
func (s set) columns(from, rowStep, plane reg.GPVirtual) func(int) []reg.VecVirtual {
	return func(int) (d []reg.VecVirtual) {
		at := GP64()
		MOVQ(from, at)
		for range tileIn5 {
			d = append(d, s.read(isa.Mem(at, 0)))
			ADDQ(rowStep, at)
		}
		ADDQ(plane, from)
		return d
	}
}

// products writes the kernel that multiplies a panel of filters of some rows with nv vectors of
// tiles, for a number of frequencies: c[f][i][tile] = Σ_p a[f][p·rows + i]·b[f][p][tile].
func (s set) products(rows, nv int) {
	TEXT(fmt.Sprintf("products%s_%dx%d", s.Name, rows, nv*s.Lanes), NOSPLIT,
		"func(c *float32, cPlane, ldc int, a *float32, aPlane int, b *float32, bPlane, ldb, k, n int)")
	Pragma("noescape")
	c, ldc := param("c"), param("ldc")
	a, b, ldb := param("a"), param("b"), param("ldb")
	Label("frequency")
	from, row, k := GP64(), GP64(), GP64()
	MOVQ(a, from)
	MOVQ(b, row)
	Load(Param("k"), k)
	sums := make([][]reg.VecVirtual, rows)
	for i := range sums {
		for range nv {
			sums[i] = append(sums[i], s.Zero())
		}
	}
	Label("depth")
	v := make([]reg.VecVirtual, nv)
	for j := range v {
		v[j] = s.read(isa.Mem(row, 4*s.Lanes*j))
	}
	ADDQ(ldb, row)
	for i := range sums {
		if nv == 1 && s.EVEX {
			VFMADD231PS_BCST(isa.Mem(from, 4*i), v[0], sums[i][0])
			continue
		}
		x := s.Vec()
		VBROADCASTSS(isa.Mem(from, 4*i), x)
		for j := range v {
			VFMADD231PS(v[j], x, sums[i][j])
		}
	}
	ADDQ(operand.Imm(uint64(4*rows)), from)
	DECQ(k)
	JNZ(operand.LabelRef("depth"))
	to := GP64()
	MOVQ(c, to)
	for i := range sums {
		for j, v := range sums[i] {
			VMOVUPS(v, isa.Mem(to, 4*s.Lanes*j))
		}
		ADDQ(ldc, to)
	}
	ADDQ(param("cPlane"), c)
	ADDQ(param("aPlane"), a)
	ADDQ(param("bPlane"), b)
	n := GP64()
	Load(Param("n"), n)
	DECQ(n)
	Store(n, Param("n"))
	JNZ(operand.LabelRef("frequency"))
	VZEROUPPER()
	RET()
}
