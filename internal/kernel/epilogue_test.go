package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// epilogues are the cases of an epilogue of n rows.
func epilogues(r *rand.Rand, n int) []Epilogue {
	terms := normals(r, n, 2)
	relu, six := &Clamp{High: float32(math.Inf(1))}, &Clamp{High: 1.5}
	return []Epilogue{{}, {Terms: terms}, {Clamp: relu}, {Terms: terms, Clamp: six}, {Terms: terms, Clamp: relu}}
}

// separately is an epilogue in passes of their own over rows of n numbers, as element-wise nodes
// make them: the definition that kernels are compared with.
func (e Epilogue) separately(c []float32, step, m, n int) {
	for i := range m {
		for j := range n {
			x := &c[i*step+j]
			if e.Terms != nil {
				*x += e.Terms[i]
			}
			if e.Clamp != nil {
				if !(*x > e.Clamp.Low) { // select(x > low, x, low)
					*x = e.Clamp.Low
				}
				if *x >= e.Clamp.High {
					*x = e.Clamp.High
				}
			}
		}
	}
}

// sameBits returns an error if two slices differ in a bit.
func sameBits(what string, got, want []float32) error {
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			return fmt.Errorf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
	return nil
}

// checkMulThen compares a product of m × k × n and every epilogue with the product and passes of
// their own, bit for bit, and with float64: a term and its addition are one rounding more than the
// product has, and limits make no error greater.
func checkMulThen(l Level, r *rand.Rand, m, k, n int, operand func(place, n int) []float32) error {
	a, b := normals(r, m*k, 1), operand(1, k*n+Slack)
	copy(b, normals(r, k*n, 1))
	packed := make([]float32, l.PackedSize(m, k))
	l.PackA(packed, a, multiplesOf(m, k), multiplesOf(k, 1))
	want, c := make([]float32, m*n), operand(0, m*n)
	for i, e := range epilogues(r, m) {
		if e.Terms != nil {
			terms := operand(2, m)
			copy(terms, e.Terms)
			e.Terms = terms
		}
		l.MulPacked(want, n, packed, b, multiplesOf(k, n), m, n, false)
		e.separately(want, n, m, n)
		l.MulPackedThen(c, n, packed, b, multiplesOf(k, n), m, n, e)
		what := fmt.Sprintf("level %v, %d × %d × %d, epilogue %d", l, m, k, n, i)
		if err := sameBits(what, c, want); err != nil {
			return err
		}
		for at, got := range c {
			var p product
			for q := range k {
				p.add(a[at/n*k+q], b[q*n+at%n])
			}
			if e.Terms != nil {
				p.add(e.Terms[at/n], 1)
			}
			exact := p.sum
			if e.Clamp != nil {
				exact = min(max(exact, float64(e.Clamp.Low)), float64(e.Clamp.High))
			}
			if !(math.Abs(float64(got)-exact) <= float64(k+3)*unit*p.size) {
				return fmt.Errorf("%s: element %d is %v, want %v", what, at, got, exact)
			}
		}
	}
	return nil
}

func TestMulPackedThen(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(51, 52))
		shapes := [][3]int{{24, 96, 49}, {16, 193, 33}, {29, 400, 20}}
		for m := 1; m <= 15; m++ {
			for _, n := range []int{1, 4, 7, 8, 9, 16, 17, 32, 49, 70} {
				shapes = append(shapes, [3]int{m, 1 + r.IntN(9), n})
			}
		}
		for _, s := range shapes {
			err := checkMulThen(l, r, s[0], s[1], s[2], func(_, n int) []float32 { return make([]float32, n) })
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestEpilogueOfNoNumbers checks limits of what is no number, of infinities and of zeros of both
// signs: they are those of an element-wise selection.
func TestEpilogueOfNoNumbers(t *testing.T) {
	odd := []float32{
		float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.Copysign(0, -1)), 0, 6, -6, 7,
	}
	allLevels(t, func(t *testing.T, l Level) {
		for _, n := range []int{1, 8, 32} {
			for _, clamp := range []*Clamp{nil, {High: 6}, {High: float32(math.Inf(1))}, {Low: -6, High: 6}} {
				for _, terms := range [][]float32{nil, {0}, {float32(math.Copysign(0, -1))}} {
					e := Epilogue{Terms: terms, Clamp: clamp}
					for _, v := range odd {
						b := slices.Repeat([]float32{v}, n+Slack)
						c, want := make([]float32, n), make([]float32, n)
						l.MulPacked(want, n, []float32{1}, b, []int32{0}, 1, n, false)
						e.separately(want, n, 1, n)
						l.MulPackedThen(c, n, []float32{1}, b, []int32{0}, 1, n, e)
						if err := sameBits(fmt.Sprintf("level %v, %v of %v", l, e, v), c, want); err != nil {
							t.Error(err)
						}
						g := Conv{C: 1, H: 3, W: n, KH: 3, KW: 3, OH: 3, OW: n, SH: 1, SW: 1, PT: 1, PL: 1, DH: 1, DW: 1}
						x, w := slices.Repeat([]float32{v}, 3*n), make([]float32, 9)
						w[4] = 1
						y, apart := make([]float32, 3*n), make([]float32, 3*n)
						l.Depthwise(&g, apart, x, w)
						e.separately(apart, 3*n, 1, 3*n)
						l.DepthwiseThen(&g, y, x, w, e)
						if err := sameBits(fmt.Sprintf("level %v, depthwise, %v of %v", l, e, v), y, apart); err != nil {
							t.Error(err)
						}
					}
				}
			}
		}
	})
}

// TestEpilogueNoAllocation checks that kernels with epilogues allocate nothing.
func TestEpilogueNoAllocation(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		e := Epilogue{Terms: make([]float32, 2), Clamp: &Clamp{High: 6}}
		g := Conv{C: 2, H: 9, W: 20, KH: 3, KW: 3, OH: 5, OW: 10, SH: 2, SW: 2, PT: 1, PL: 1, DH: 1, DW: 1}
		x, w, y := make([]float32, 360), make([]float32, 18), make([]float32, 100)
		offsets := []int32{0, 40}
		if n := testing.AllocsPerRun(5, func() {
			l.DepthwiseThen(&g, y, x, w, e)
			l.MulPackedThen(y, 40, w, x, offsets, 2, 40, e)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// FuzzMulPackedThen compares products with an epilogue of any shape with float64, on every level.
func FuzzMulPackedThen(f *testing.F) {
	f.Add(uint64(1), byte(24), uint16(16), byte(49))
	f.Add(uint64(2), byte(14), uint16(200), byte(33))
	f.Fuzz(func(t *testing.T, seed uint64, m byte, k uint16, n byte) {
		for _, l := range Supported() {
			r := rand.New(rand.NewPCG(seed, 1))
			err := checkMulThen(l, r, 1+int(m)%40, 1+int(k)%450, 1+int(n)%100, func(_, n int) []float32 { return make([]float32, n) })
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
