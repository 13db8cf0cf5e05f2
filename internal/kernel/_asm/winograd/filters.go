package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

var doubles = map[float64]operand.Mem{}

// double returns a vector of a float64 constant.
func (s set) double(x float64) reg.VecVirtual {
	m, ok := doubles[x]
	if !ok {
		m = GLOBL(fmt.Sprintf("winogradDouble%d", len(doubles)), attr.RODATA|attr.NOPTR)
		DATA(0, operand.U64(math.Float64bits(x)))
		doubles[x] = m
	}
	v := s.Vec()
	VBROADCASTSD(m, v)
	return v
}

// filterTransform is G g in float64, with the roundings of the function of this name in Go: products
// with powers of two are exact, so that they may be fused.
func (s set) filterTransform(g []reg.VecVirtual) []reg.VecVirtual {
	third, even, odd := s.double(1./3), s.Vec(), s.Vec()
	VADDPD(g[2], g[0], even)
	VMULPD(third, even, even)
	VMULPD(third, g[1], odd)
	VSUBPD(even, odd, third)
	VADDPD(odd, even, even)
	fused := func(x, y, factor float64) reg.VecVirtual {
		v := s.copied(g[0])
		VFMADD231PD(s.double(x), g[1], v)
		VFMADD231PD(s.double(y), g[2], v)
		VMULPD(s.double(factor), v, v)
		return v
	}
	return []reg.VecVirtual{g[0], even, third, fused(0.5, 0.25, -16./15), fused(-2, 4, 1./15), g[2]}
}

// columnsAhead is how many columns before it is written the memory of a panel is asked for: it lies
// in so many places that the processor does not foresee it.
const columnsAhead = 4

// filters writes the kernel of filtersGeneric.
func (s set) filters() { s.filterPanel("filters", 3, tileIn, s.filterTransform) }

// filterPanel writes a kernel that transforms filters of size×size to points×points numbers: the
// outputs of a panel are the lanes of a vector, of which either half makes a vector of float64. A
// table says where each tap lies in a filter; a negative number stands for a tap of zero.
func (s set) filterPanel(
	name string, size, points int, transform func([]reg.VecVirtual) []reg.VecVirtual,
) {
	TEXT(name+s.Name, NOSPLIT,
		"func(dst *float32, step int, w *float32, taps, rows *int32, mr int, cols *int32, n int, "+
			"buffer *float32)")
	Pragma("noescape")
	dst, step := param("dst"), param("step")
	w, places := param("w"), param("taps")
	rows, mr := param("rows"), param("mr")
	cols, n := param("cols"), param("n")
	buffer := param("buffer")
	SHLQ(operand.Imm(2), step)
	bits, index := GP64(), s.Vec()
	MOVQ(operand.I64(-1), bits)
	BZHIQ(mr, bits, bits)
	SHLQ(operand.Imm(2), mr)
	lanes := s.LaneMask(bits.As32().(reg.GPVirtual), 0)
	VMOVUPS(s.Load(isa.Mem(rows, 0), lanes), index)
	vector := 4 * s.Lanes
	taps := size * points * vector // in the buffer, behind what lies between the passes
	half := isa.Set{Name: s.Name, Lanes: s.Lanes / 2, EVEX: s.EVEX}
	zero := s.Zero()
	Label("column")
	filter := GP64()
	MOVLQSX(isa.Mem(cols, 0), filter)
	LEAQ(isa.Indexed(w, filter, 4, 0), filter)
	for i := range size * size {
		v, at := s.copied(zero), GP64()
		absent := fmt.Sprintf("absent%d", i)
		MOVLQSX(isa.Mem(places, 4*i), at)
		TESTQ(at, at)
		JS(operand.LabelRef(absent))
		LEAQ(isa.Indexed(filter, at, 4, 0), at)
		from := operand.Mem{Base: at, Index: index, Scale: 4}
		if s.EVEX {
			k := K()
			KMOVW(lanes.K, k)
			VGATHERDPS(from, k, v)
		} else {
			VGATHERDPS(s.copied(lanes.V), from, v)
		}
		Label(absent)
		VMOVUPS(v, isa.Mem(buffer, taps+vector*i))
	}
	for upper := range 2 {
		part := GP32()
		MOVL(bits.As32(), part)
		if upper > 0 {
			SHRL(operand.Imm(uint64(half.Lanes)), part)
			JZ(operand.LabelRef("narrow"))
		}
		var sel isa.Mask
		if s.EVEX {
			sel.K = K()
			KMOVW(part, sel.K)
		} else {
			sel = s.LaneMask(part, 0)
		}
		to := GP64()
		LEAQ(isa.Mem(dst, half.Lanes*4*upper), to)
		s.twoPasses(points, size, func(j int) (g []reg.VecVirtual) {
			for i := range size {
				v := s.Vec()
				VCVTPS2PD(isa.Mem(buffer, taps+vector*(size*i+j)+vector/2*upper), v)
				g = append(g, v)
			}
			return g
		}, transform, buffer, func(_ int, v []reg.VecVirtual) {
			for _, x := range v {
				if upper == 0 {
					PREFETCHT0(operand.Mem{Base: to, Index: mr, Scale: columnsAhead})
				}
				if s.EVEX {
					y := YMM()
					VCVTPD2PS(x, y)
					VMOVUPS(y, sel.K, isa.Mem(to, 0))
				} else {
					y := XMM()
					VCVTPD2PSY(x, y)
					VMASKMOVPS(y, sel.V.AsX(), isa.Mem(to, 0))
				}
				ADDQ(step, to)
			}
		})
	}
	Label("narrow")
	ADDQ(mr, dst)
	ADDQ(operand.Imm(4), cols)
	repeat("column", n)
}
