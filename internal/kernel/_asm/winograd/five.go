package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
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

// quarters returns masks of the last three quarters of a vector, for broadcasts of the first.
func quarters() (masks [4]reg.Register) {
	for i := 1; i < 4; i++ {
		bits := GP32()
		masks[i] = K()
		MOVL(operand.U32(0xF<<(4*i)), bits)
		KMOVW(bits, masks[i])
	}
	return masks
}

// inputs5 writes the kernel of tileInputs5Generic. Strips of pixels are transformed along columns,
// then four floats of each tile at a time are moved to the lanes.
func (s set) inputs5() {
	TEXT("tileInputs5"+s.Name, NOSPLIT,
		"func(v *float32, plane, row int, x *float32, xStep, channels int, "+
			"group *int32, buffer *float32)")
	Pragma("noescape")
	v, plane, x := param("v"), param("plane"), param("x")
	channels, g, buffer := param("channels"), param("group"), param("buffer")
	quarter := quarters()
	Label("channel")
	strip, to, n := GP64(), GP64(), GP64()
	MOVQ(g, strip)
	MOVQ(buffer, to)
	MOVLQSX(isa.Mem(g, stripCount), n)
	Label("strip")
	var d [8]reg.VecVirtual
	for r := range d {
		at, k := GP64(), K()
		d[r] = s.Vec()
		MOVLQSX(isa.Mem(strip, 4*r), at)
		KMOVW(isa.Mem(strip, stripMasks+2*r), k)
		VMOVUPS_Z(isa.Indexed(x, at, 4, 0), k, d[r])
	}
	for r, t := range s.inputTransform5(d) {
		VMOVUPS(t, isa.Mem(to, bufferRow*r))
	}
	ADDQ(operand.Imm(stripBytes), strip)
	ADDQ(operand.Imm(64), to)
	DECQ(n)
	JNZ(operand.LabelRef("strip"))
	from := GP64()
	MOVQ(buffer, from)
	MOVQ(v, to)
	MOVQ(operand.U32(tileIn5), n)
	Label("row")
	var z [2][4]reg.VecVirtual
	for i := range 4 {
		z[0][i], z[1][i] = s.Vec(), s.Vec()
		for q := range 4 {
			at := GP64()
			MOVLQSX(isa.Mem(g, pieceOffsets+4*(4*i+q)), at)
			for p := range z {
				if m := isa.Indexed(from, at, 1, 16*p); q == 0 {
					VBROADCASTF32X4(m, z[p][i])
				} else {
					VBROADCASTF32X4(m, quarter[q], z[p][i])
				}
			}
		}
	}
	for p := range z {
		for j, t := range s.transposed(z[p]) {
			d[4*p+j] = t
		}
	}
	for _, t := range s.inputTransform5(d) {
		VMOVUPS(t, isa.Mem(to, 0))
		ADDQ(plane, to)
	}
	ADDQ(operand.U32(bufferRow), from)
	DECQ(n)
	JNZ(operand.LabelRef("row"))
	ADDQ(param("xStep"), x)
	ADDQ(param("row"), v)
	repeat("channel", channels)
}

// outputs5 writes the kernel of tileOutputs5Generic: sums of the sixteen outputs of a tile stay in
// registers while pairs of columns pass by.
func (s set) outputs5() {
	TEXT("tileOutputs5"+s.Name, NOSPLIT,
		"func(y *float32, yStep, w int, m *float32, plane, row, channels int, group *int32)")
	Pragma("noescape")
	y, w, m, plane := param("y"), param("w"), param("m"), param("plane")
	channels, g := param("channels"), param("group")
	rowStep := GP64() // from one row of frequencies to the next
	MOVQ(plane, rowStep)
	SHLQ(operand.Imm(3), rowStep)
	Label("channel")
	from := GP64()
	MOVQ(m, from)
	column := func() [4]reg.VecVirtual {
		at := GP64()
		MOVQ(from, at)
		var d [8]reg.VecVirtual
		for i := range d {
			d[i] = s.read(isa.Mem(at, 0))
			ADDQ(rowStep, at)
		}
		ADDQ(plane, from)
		return s.outputTransform5(d)
	}
	var sums [tileOut][4]reg.VecVirtual
	for r, v := range column() {
		sums[r][0] = v
	}
	for _, p := range pairs {
		plus, minus := column(), column()
		for r := range sums {
			odd := s.difference(plus[r], minus[r])
			VADDPS(minus[r], plus[r], plus[r])
			even := plus[r]
			VADDPS(even, sums[r][0], sums[r][0])
			if p == 1 {
				sums[r][1], sums[r][2], sums[r][3] = odd, even, s.copied(odd)
				continue
			}
			s.addProduct(p, odd, sums[r][1])
			s.addProduct(p*p, even, sums[r][2])
			s.addProduct(p*p*p, odd, sums[r][3])
		}
	}
	for r, v := range column() {
		VADDPS(v, sums[r][3], sums[r][3])
	}
	for r := range sums {
		sums[r] = s.transposed(sums[r])
	}
	CMPL(isa.Mem(g, groupWhole), operand.Imm(0))
	JE(operand.LabelRef("part"))
	to := GP64()
	MOVQ(y, to)
	for r := range sums {
		for i, v := range sums[r] {
			for half := range 2 {
				at := GP64()
				MOVLQSX(isa.Mem(g, tileOffsets+4*(4*i+2*half)), at)
				if m := isa.Indexed(to, at, 4, 0); half == 0 {
					VMOVUPS(v.AsY(), m)
				} else {
					VEXTRACTF32X8(operand.Imm(1), v, m)
				}
			}
		}
		ADDQ(w, to)
	}
	JMP(operand.LabelRef("stored"))
	Label("part")
	MOVQ(y, to)
	for r := range sums {
		for i, v := range sums[r] {
			for q := range 4 {
				x := XMM()
				if q == 0 {
					VMOVAPS(v.AsX(), x)
				} else {
					VEXTRACTF32X4(operand.Imm(uint64(q)), v, x)
				}
				s.storeNibble(x, to, g, r, 4*i+q)
			}
		}
		ADDQ(w, to)
	}
	Label("stored")
	ADDQ(param("yStep"), y)
	ADDQ(param("row"), m)
	repeat("channel", channels)
}

// storeNibble writes those of four outputs of a tile that are inside the map.
func (s set) storeNibble(x reg.VecVirtual, y, g reg.Register, r, tile int) {
	name := func(what string) string { return fmt.Sprintf("%s%d_%d", what, r, tile) }
	bits, at := GP64(), GP64()
	MOVLQSX(isa.Mem(g, rowNibbles+4*(16*r+tile)), bits)
	MOVLQSX(isa.Mem(g, tileOffsets+4*tile), at)
	CMPQ(bits, operand.U32(16*15))
	JNE(operand.LabelRef(name("part")))
	VMOVUPS(x, isa.Indexed(y, at, 4, 0))
	JMP(operand.LabelRef(name("stored")))
	Label(name("part"))
	TESTQ(bits, bits)
	JZ(operand.LabelRef(name("stored")))
	if s.EVEX {
		k := K()
		SHRQ(operand.Imm(4), bits)
		KMOVW(bits.As32(), k)
		VMOVUPS(x, k, isa.Indexed(y, at, 4, 0))
	} else {
		VMASKMOVPS(x, nibble(bits), isa.Indexed(y, at, 4, 0))
	}
	Label(name("stored"))
}

var nibbles *operand.Mem

// nibble returns the mask of the lanes of bits/16, a vector of −1 and 0.
func nibble(bits reg.GPVirtual) reg.VecVirtual {
	if nibbles == nil {
		m := GLOBL("winogradNibbles", attr.RODATA|attr.NOPTR)
		for i := range 16 {
			for lane := range 4 {
				v := uint32(0)
				if i>>lane&1 != 0 {
					v = 0xFFFFFFFF
				}
				DATA(16*i+4*lane, operand.U32(v))
			}
		}
		nibbles = &m
	}
	table, v := GP64(), XMM()
	LEAQ(*nibbles, table)
	VMOVUPS(isa.Indexed(table, bits, 1, 0), v)
	return v
}

// deltas5 writes the kernel of tileDeltas5Generic.
func (s set) deltas5() {
	TEXT("tileDeltas5"+s.Name, NOSPLIT,
		"func(d *float32, plane, row int, dy *float32, yStep, w, channels int, group *int32)")
	Pragma("noescape")
	d, plane, y, w := param("d"), param("plane"), param("dy"), param("w")
	channels, g := param("channels"), param("group")
	Label("channel")
	from := GP64()
	MOVQ(y, from)
	var z [tileOut][4]reg.VecVirtual
	for r := range z {
		for i := range z[r] {
			z[r][i] = s.Vec()
		}
	}
	CMPL(isa.Mem(g, groupWhole), operand.Imm(0))
	JE(operand.LabelRef("part"))
	for r := range z {
		for i, v := range z[r] {
			low, high := GP64(), GP64()
			MOVLQSX(isa.Mem(g, tileOffsets+4*(4*i)), low)
			MOVLQSX(isa.Mem(g, tileOffsets+4*(4*i+2)), high)
			VBROADCASTF32X8(isa.Indexed(from, low, 4, 0), v)
			VINSERTF32X8(operand.Imm(1), isa.Indexed(from, high, 4, 0), v, v)
		}
		ADDQ(w, from)
	}
	JMP(operand.LabelRef("loaded"))
	Label("part")
	for r := range z {
		for i, v := range z[r] {
			for q := range 4 {
				at, k := GP64(), K()
				MOVLQSX(isa.Mem(g, tileOffsets+4*(4*i+q)), at)
				KMOVW(isa.Mem(g, rowMasks+2*(16*r+4*i+q)), k)
				if m := isa.Indexed(from, at, 4, 0); q == 0 {
					VBROADCASTF32X4_Z(m, k, v)
				} else {
					VBROADCASTF32X4(m, k, v)
				}
			}
		}
		ADDQ(w, from)
	}
	Label("loaded")
	s.gradientRows(z, d, plane)
	ADDQ(param("yStep"), y)
	ADDQ(param("row"), d)
	repeat("channel", channels)
}

// gradientRows transposes rows of four vectors and writes A dY Aᵀ of them, plane apart.
func (s set) gradientRows(z [tileOut][4]reg.VecVirtual, d, plane reg.Register) {
	for r := range z {
		z[r] = s.transposed(z[r])
	}
	to := GP64()
	MOVQ(d, to)
	store := func(v reg.VecVirtual) {
		VMOVUPS(v, isa.Mem(to, 0))
		ADDQ(plane, to)
	}
	s.gradientTransform5(z[0], store)
	for _, p := range pairs {
		var plus, minus [4]reg.VecVirtual
		for j := range 4 {
			plus[j], minus[j] = s.gradientPair(p, [4]reg.VecVirtual{z[0][j], z[1][j], z[2][j], z[3][j]})
		}
		s.gradientTransform5(plus, store)
		s.gradientTransform5(minus, store)
	}
	s.gradientTransform5(z[3], store)
}

// gradient5 writes the kernel of tileGradient5Generic: channels of one tile are in the lanes.
func (s set) gradient5() {
	TEXT("tileGradient5"+s.Name, NOSPLIT,
		"func(d *float32, plane int, dy *float32, w int, channels *int32, vectors, rows, mask int)")
	Pragma("noescape")
	d, plane, y, w := param("d"), param("plane"), param("dy"), param("w")
	channel, vectors, rows, bits := param("channels"), param("vectors"), param("rows"), param("mask")
	var columns [4]reg.Register // of the tile inside the map, in each quarter
	for i := range columns {
		columns[i] = K()
		KMOVW(bits.As32(), columns[i])
		SHLQ(operand.Imm(4), bits)
	}
	zero := s.Zero()
	Label("channels")
	from := GP64()
	MOVQ(y, from)
	var z [tileOut][4]reg.VecVirtual
	for r := range z {
		for i := range z[r] {
			z[r][i] = s.copied(zero)
		}
	}
	for r := range z {
		CMPQ(rows, operand.Imm(uint64(r)))
		JLE(operand.LabelRef("loaded"))
		for i, v := range z[r] {
			for q := range 4 {
				offset := GP64()
				MOVLQSX(isa.Mem(channel, 4*(4*q+i)), offset)
				VBROADCASTF32X4(isa.Indexed(from, offset, 1, 0), columns[q], v)
			}
		}
		ADDQ(w, from)
	}
	Label("loaded")
	s.gradientRows(z, d, plane)
	ADDQ(operand.Imm(64), d)
	ADDQ(operand.Imm(64), channel)
	repeat("channels", vectors)
}

// scatter5 writes the kernel of tileScatter5Generic, the transpose of inputs5.
func (s set) scatter5() {
	TEXT("tileScatter5"+s.Name, NOSPLIT,
		"func(x *float32, xStep int, e *float32, plane, row, channels int, "+
			"group *int32, buffer *float32)")
	Pragma("noescape")
	x, e, plane := param("x"), param("e"), param("plane")
	channels, g, buffer := param("channels"), param("group"), param("buffer")
	Label("channel")
	from, to, n := GP64(), GP64(), GP64()
	MOVQ(e, from)
	MOVQ(buffer, to)
	MOVQ(operand.U32(tileIn5), n)
	Label("row")
	var d [8]reg.VecVirtual
	for j := range d {
		d[j] = s.read(isa.Mem(from, 0))
		ADDQ(plane, from)
	}
	d = s.inputAdjoint5(d)
	for p := range 2 {
		z := s.transposed([4]reg.VecVirtual(d[4*p:]))
		for i, v := range z {
			for q := range 4 {
				at := GP64()
				MOVLQSX(isa.Mem(g, pieceOffsets+4*(4*i+q)), at)
				if m := isa.Indexed(to, at, 1, p*(16+bufferPiece)); q == 0 {
					VMOVUPS(v.AsX(), m)
				} else {
					VEXTRACTF32X4(operand.Imm(uint64(q)), v, m)
				}
			}
		}
	}
	ADDQ(operand.U32(bufferRow), to)
	DECQ(n)
	JNZ(operand.LabelRef("row"))
	strip := GP64()
	MOVQ(g, strip)
	MOVQ(buffer, from)
	MOVLQSX(isa.Mem(g, stripCount), n)
	Label("strip")
	for r := range d {
		d[r] = s.read(isa.Mem(from, bufferRow*r))
		VADDPS(isa.Mem(from, bufferRow*r+bufferPiece), d[r], d[r])
	}
	d = s.inputAdjoint5(d)
	lanes := GP64()
	MOVLQSX(isa.Mem(strip, stripLanes), lanes)
	for _, width := range []int{16, 12, 8} {
		name := fmt.Sprintf("not%d", width)
		CMPQ(lanes, operand.Imm(uint64(width)))
		JNE(operand.LabelRef(name))
		for r, v := range d {
			at := GP64()
			MOVLQSX(isa.Mem(strip, 4*r), at)
			addTo(v, isa.Indexed(x, at, 4, 0), width)
		}
		JMP(operand.LabelRef("added"))
		Label(name)
	}
	for r, v := range d {
		at, k, t := GP64(), K(), s.Vec()
		MOVLQSX(isa.Mem(strip, 4*r), at)
		KMOVW(isa.Mem(strip, stripMasks+2*r), k)
		VMOVUPS_Z(isa.Indexed(x, at, 4, 0), k, t)
		VADDPS(t, v, t)
		VMOVUPS(t, k, isa.Indexed(x, at, 4, 0))
	}
	Label("added")
	ADDQ(operand.Imm(stripBytes), strip)
	ADDQ(operand.Imm(64), from)
	DECQ(n)
	JNZ(operand.LabelRef("strip"))
	ADDQ(param("xStep"), x)
	ADDQ(param("row"), e)
	repeat("channel", channels)
}

// addTo adds the first lanes of v to what is in memory, without masks, which are slow.
func addTo(v reg.VecVirtual, m operand.Mem, lanes int) {
	switch lanes {
	case 16:
		t := ZMM()
		VADDPS(m, v, t)
		VMOVUPS(t, m)
	case 8:
		t := YMM()
		VADDPS(m, v.AsY(), t)
		VMOVUPS(t, m)
	case 12:
		addTo(v, m, 8)
		t := XMM()
		VEXTRACTF32X4(operand.Imm(2), v, t)
		VADDPS(m.Offset(32), t, t)
		VMOVUPS(t, m.Offset(32))
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
	s.twoPasses(5, tileIn5, func(int) (d []reg.VecVirtual) {
		at := GP64()
		MOVQ(from, at)
		for range tileIn5 {
			d = append(d, s.read(isa.Mem(at, 0)))
			ADDQ(rowStep, at)
		}
		ADDQ(plane, from)
		return d
	}, s.filterGradient5, buffer, func(_ int, v []reg.VecVirtual) {
		for _, x := range v {
			VMOVUPS(x, isa.Mem(to, 0))
			ADDQ(row, to)
		}
	})
	ADDQ(operand.Imm(uint64(4*s.Lanes)), dw)
	ADDQ(operand.Imm(uint64(4*s.Lanes)), u)
	repeat("vector", vectors)
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
