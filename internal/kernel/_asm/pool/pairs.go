package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// windows is what gatherPairs and scatterPairs share: they go through rows of 2×2 windows, plane by
// plane, one vector of windows wide.
type windows struct {
	isa.Set
	large, small, index reg.GPVirtual // the windows' first elements, what is one for each, its index
	low, high, store    isa.Mask      // of two vectors of elements, and of one of windows
	width, step         reg.GPVirtual
	lower               reg.GPVirtual
	at, one, down       reg.VecVirtual // index of the windows' first elements; from one to others
}

// eachRow writes the loop over rows of windows, of which body does one and then stores whole vectors
// or, in the last rows, masked ones. small comes first among the arguments if it is written.
func eachRow(s isa.Set, name, arguments string, body func(w *windows) (store func(masked bool))) {
	TEXT(name+s.Name, NOSPLIT, "func("+arguments+
		", index *int32, whole, masked, rows, width, step int, first int32, low, high, store uint32)")
	Pragma("noescape")
	param := func(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }
	mask := func(name string) isa.Mask {
		return s.LaneMask(Load(Param(name), GP32()).(reg.GPVirtual), 0)
	}
	w := &windows{
		Set: s, large: param("large"), small: param("small"), index: param("index"),
		low: mask("low"), high: mask("high"), store: mask("store"),
		width: param("width"), step: param("step"), lower: GP64(),
	}
	whole, masked, rows := param("whole"), param("masked"), param("rows")
	begin := broadcastInt(s, Load(Param("first"), GP32()))
	VPADDD(loadInts(s, evens(s)), begin, begin)
	w.one, w.down = s.Broadcast(1), broadcastInt(s, w.width.As32())
	advance := s.Vec()
	VPADDD(w.down, w.down, advance)
	SHLQ(operand.Imm(2), w.width)
	SHLQ(operand.Imm(2), w.step)
	Label("plane")
	w.at = s.Vec()
	VMOVAPS(begin, w.at)
	left := GP64()
	MOVQ(rows, left)
	Label("row")
	LEAQ(isa.Indexed(w.large, w.width, 1, 0), w.lower)
	store := body(w)
	DECQ(whole)
	JS(operand.LabelRef("partial"))
	store(false)
	Label("next")
	LEAQ(isa.Indexed(w.lower, w.width, 1, 0), w.large)
	ADDQ(w.step, w.small)
	ADDQ(w.step, w.index)
	VPADDD(advance, w.at, w.at)
	DECQ(left)
	JNZ(operand.LabelRef("row"))
	MOVQ(whole, left)
	ADDQ(masked, left)
	JNZ(operand.LabelRef("plane"))
	VZEROUPPER()
	RET()
	Label("partial")
	store(true)
	XORQ(whole, whole)
	DECQ(masked)
	JNZ(operand.LabelRef("next"))
	VZEROUPPER()
	RET()
}

// places calls f for the four elements of the windows, with the indices they have.
func (w *windows) places(f func(element int, index reg.VecVirtual)) {
	f(0, w.at)
	right := w.Vec()
	VPADDD(w.one, w.at, right)
	f(1, right)
	under := w.Vec()
	VPADDD(w.down, w.at, under)
	f(2, under)
	last := w.Vec()
	VPADDD(w.one, under, last)
	f(3, last)
}

// gatherPairs writes the kernel that takes the element of each window that its index names.
func gatherPairs(s isa.Set) {
	eachRow(s, "gatherPairs", "small, large *float32", func(w *windows) func(bool) {
		even, odd := evenOdd(s)
		var elements [4]reg.VecVirtual
		elements[0], elements[1] = split(s, w.large, w.low, w.high, even, odd)
		elements[2], elements[3] = split(s, w.lower, w.low, w.high, even, odd)
		index, taken := s.Load(isa.Mem(w.index, 0), w.store), elements[3]
		w.places(func(i int, at reg.VecVirtual) {
			switch {
			case i == 3:
			case s.EVEX:
				k := K()
				VPCMPEQD(at, index, k)
				VMOVAPS(elements[i], k, taken)
			default:
				m := s.Vec()
				VPCMPEQD(at, index, m)
				VBLENDVPS(m, elements[i], taken, taken)
			}
		})
		return func(masked bool) {
			if masked {
				s.Store(taken, isa.Mem(w.small, 0), w.store)
			} else {
				VMOVUPS(taken, isa.Mem(w.small, 0))
			}
		}
	})
}

// scatterPairs writes the kernel that puts a number where its index says in each window, and zeros
// elsewhere.
func scatterPairs(s isa.Set) {
	eachRow(s, "scatterPairs", "large, small *float32", func(w *windows) func(bool) {
		x, index := s.Load(isa.Mem(w.small, 0), w.store), s.Load(isa.Mem(w.index, 0), w.store)
		zero := s.Vec()
		VPSUBD(w.one, w.one, zero)
		VADDPS(zero, x, x) // −0 becomes 0, as in a sum
		var elements [4]reg.VecVirtual
		w.places(func(i int, at reg.VecVirtual) {
			elements[i] = s.Vec()
			if s.EVEX {
				k := K()
				VPCMPEQD(at, index, k)
				VMOVAPS_Z(x, k, elements[i])
			} else {
				VPCMPEQD(at, index, elements[i])
				VANDPS(x, elements[i], elements[i])
			}
		})
		return func(masked bool) {
			for i, base := range []reg.Register{w.large, w.lower} {
				a, b := joined(s, elements[2*i], elements[2*i+1])
				if masked {
					s.Store(a, isa.Mem(base, 0), w.low)
					s.Store(b, isa.Mem(base, 4*s.Lanes), w.high)
				} else {
					VMOVUPS(a, isa.Mem(base, 0))
					VMOVUPS(b, isa.Mem(base, 4*s.Lanes))
				}
			}
		}
	})
}

// joined returns two vectors whose even and odd elements are those of e and o.
func joined(s isa.Set, e, o reg.VecVirtual) (a, b reg.VecVirtual) {
	low, high := s.Vec(), s.Vec()
	VUNPCKLPS(o, e, low)
	VUNPCKHPS(o, e, high)
	a, b = s.Vec(), s.Vec()
	if s.Lanes == 8 {
		VPERM2F128(operand.Imm(0x20), high, low, a)
		VPERM2F128(operand.Imm(0x31), high, low, b)
		return a, b
	}
	// The quarters of low and high are pairs 0 1, 4 5, 8 9, 12 13 and 2 3, 6 7, 10 11, 14 15.
	x, y := s.Vec(), s.Vec()
	VSHUFF32X4(operand.Imm(0x44), high, low, x) // low 0 1, high 0 1
	VSHUFF32X4(operand.Imm(0xEE), high, low, y)
	VSHUFF32X4(operand.Imm(0xD8), x, x, a) // 0 2 1 3
	VSHUFF32X4(operand.Imm(0xD8), y, y, b)
	return a, b
}
