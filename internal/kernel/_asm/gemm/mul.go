package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// wide writes the outer-product kernel of mr rows and whole tiles of two vectors of columns, side
// by side. Packed A holds mr numbers for each p; row p of B starts at boff[p]. The loop over tiles
// is here because a call costs as much as an inner axis of ten.
func (s gen) wide(mr int) {
	TEXT(fmt.Sprintf("mul%s_%dx%d", s.Name, mr, 2*s.Lanes), NOSPLIT,
		"func(c *float32, ldc int, a, b *float32, boff *int32, k, tiles, acc int, terms, clamp *float32, ahead int)")
	Pragma("noescape")
	c, ldc := Load(Param("c"), GP64()), s.leadingDimension()
	b, tiles := Load(Param("b"), GP64()), Load(Param("tiles"), GP64())
	var ahead reg.Register
	if mr >= fewestAhead {
		ahead = Load(Param("ahead"), GP64())
		ADDQ(b, ahead)
	}
	Label("tile")
	tile := s.multiply(mr, 2, b, ahead)
	s.addOld(tile, c, ldc, nil)
	s.epilogue(tile)
	s.storeRows(tile, c, ldc)
	ADDQ(operand.Imm(uint64(8*s.Lanes)), c)
	ADDQ(operand.Imm(uint64(8*s.Lanes)), b)
	if ahead != nil {
		ADDQ(operand.Imm(uint64(8*s.Lanes)), ahead)
	}
	DECQ(tiles)
	JNZ(operand.LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// narrow writes the outer-product kernel of mr rows and the first n columns of one vector. Masked
// stores are slow on Zen 4, so the columns are stored in pieces that are powers of two.
func (s gen) narrow(mr int) {
	TEXT(fmt.Sprintf("mul%s_%dx%d", s.Name, mr, s.Lanes), NOSPLIT,
		"func(c *float32, ldc int, a, b *float32, boff *int32, k, n, acc int, terms, clamp *float32, ahead int)")
	Pragma("noescape")
	b := Load(Param("b"), GP64())
	tile := s.multiply(mr, 1, b, nil)
	c, ldc := Load(Param("c"), GP64()), s.leadingDimension()
	n := Load(Param("n"), GP64())
	s.addOld(tile, c, ldc, n)
	s.epilogue(tile)
	CMPQ(n, operand.Imm(uint64(s.Lanes)))
	JNE(operand.LabelRef("pieces"))
	s.storeRows(tile, c, ldc)
	VZEROUPPER()
	RET()
	Label("pieces")
	for piece := s.Lanes / 2; piece > 0; piece /= 2 {
		s.storePiece(tile, c, ldc, n, piece)
	}
	VZEROUPPER()
	RET()
}

func (s gen) leadingDimension() reg.Register {
	ldc := Load(Param("ldc"), GP64())
	SHLQ(operand.Imm(2), ldc)
	return ldc
}

// fewestAhead is the number of rows from which on there is time to ask for memory.
const fewestAhead = 8

// multiply computes a tile of mr rows and nv vectors of columns. With ahead, the address of other
// columns in the same rows of B, it asks for these.
func (s gen) multiply(mr, nv int, b, ahead reg.Register) [][]reg.VecVirtual {
	a, boff, k := Load(Param("a"), GP64()), Load(Param("boff"), GP64()), Load(Param("k"), GP64())
	tile := make([][]reg.VecVirtual, mr)
	for i := range tile {
		for range nv {
			tile[i] = append(tile[i], s.Zero())
		}
	}
	Label("loop")
	off := GP64()
	MOVLQSX(isa.Mem(boff, 0), off)
	row := make([]reg.VecVirtual, nv)
	for j := range row {
		row[j] = s.Vec()
		VMOVUPS(isa.Indexed(b, off, 4, 4*s.Lanes*j), row[j])
		if ahead != nil {
			PREFETCHT0(isa.Indexed(ahead, off, 4, 4*s.Lanes*j))
		}
	}
	for i := range mr {
		x := s.Vec()
		VBROADCASTSS(isa.Mem(a, 4*i), x)
		for j := range nv {
			VFMADD231PS(row[j], x, tile[i][j]) // c[i, :] += a[i, p]·b[p, :]
		}
	}
	ADDQ(operand.Imm(uint64(4*mr)), a)
	ADDQ(operand.Imm(4), boff)
	DECQ(k)
	JNZ(operand.LabelRef("loop"))
	return tile
}

// addOld adds what C holds if the parameter acc says so: all columns of the tile, or the first n of
// its only vector.
func (s gen) addOld(tile [][]reg.VecVirtual, c, ldc, n reg.Register) {
	acc := Load(Param("acc"), GP64())
	TESTQ(acc, acc)
	JZ(operand.LabelRef("store"))
	var sel isa.Mask
	if n != nil {
		bits := GP64()
		MOVQ(operand.I64(-1), bits)
		BZHIQ(n, bits, bits)
		sel = s.LaneMask(bits.As32().(reg.GPVirtual), 0)
	}
	at := GP64()
	MOVQ(c, at)
	for i := range tile {
		for j, sum := range tile[i] {
			if n != nil {
				VADDPS(s.Load(isa.Mem(at, 0), sel), sum, sum)
			} else {
				VADDPS(isa.Mem(at, 4*s.Lanes*j), sum, sum)
			}
		}
		ADDQ(ldc, at)
	}
	Label("store")
}

// epilogue adds a term to each row and clamps the tile, unless the parameters are nil. A maximum of
// what is no number is its second operand, the bound, and so is one of two zeros.
func (s gen) epilogue(tile [][]reg.VecVirtual) {
	terms := Load(Param("terms"), GP64())
	TESTQ(terms, terms)
	JZ(operand.LabelRef("clamp"))
	for i := range tile {
		x := s.Vec()
		VBROADCASTSS(isa.Mem(terms, 4*i), x)
		for _, sum := range tile[i] {
			VADDPS(x, sum, sum)
		}
	}
	Label("clamp")
	bounds := Load(Param("clamp"), GP64())
	TESTQ(bounds, bounds)
	JZ(operand.LabelRef("rows"))
	low, high := s.Vec(), s.Vec()
	VBROADCASTSS(isa.Mem(bounds, 0), low)
	VBROADCASTSS(isa.Mem(bounds, 4), high)
	for i := range tile {
		for _, sum := range tile[i] {
			VMAXPS(low, sum, sum)
			VMINPS(high, sum, sum)
		}
	}
	Label("rows")
}

// storeRows stores whole vectors.
func (s gen) storeRows(tile [][]reg.VecVirtual, c, ldc reg.Register) {
	at := GP64()
	MOVQ(c, at)
	for i := range tile {
		for j, sum := range tile[i] {
			VMOVUPS(sum, isa.Mem(at, 4*s.Lanes*j))
		}
		ADDQ(ldc, at)
	}
}

// storePiece stores the lowest lanes of each row if the bit of n is set that stands for so many,
// and moves the lanes above them down.
func (s gen) storePiece(tile [][]reg.VecVirtual, c, ldc, n reg.Register, lanes int) {
	skip := fmt.Sprintf("below%d", lanes)
	TESTQ(operand.U32(lanes), n)
	JZ(operand.LabelRef(skip))
	at := GP64()
	MOVQ(c, at)
	for i := range tile {
		s.storeLow(tile[i][0], isa.Mem(at, 0), lanes)
		ADDQ(ldc, at)
	}
	ADDQ(operand.Imm(uint64(4*lanes)), c)
	Label(skip)
}

// storeLow stores 8, 4, 2 or 1 lanes of v and moves as many from above them down.
func (s gen) storeLow(v reg.VecVirtual, m operand.Mem, lanes int) {
	switch lanes {
	case 8:
		VMOVUPS(v.AsY(), m)
		VEXTRACTF64X4(operand.Imm(1), v, v.AsY())
	case 4:
		VMOVUPS(v.AsX(), m)
		s.UpperQuarter(v.AsY(), v.AsX())
	case 2:
		VMOVLPS(v.AsX(), m)
		VPERMILPS(operand.Imm(0x0E), v.AsX(), v.AsX())
	case 1:
		VMOVSS(v.AsX(), m)
	}
}

// peak writes a loop of independent multiply-adds in registers.
func (s gen) peak(accumulators int) {
	TEXT("peak"+s.Name, NOSPLIT, "func(iterations int)")
	n := Load(Param("iterations"), GP64())
	x := s.Zero()
	acc := make([]reg.VecVirtual, accumulators)
	for i := range acc {
		acc[i] = s.Zero()
	}
	Label("loop")
	for i := range acc {
		VFMADD231PS(x, x, acc[i])
	}
	DECQ(n)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}
