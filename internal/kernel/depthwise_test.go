package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// depthwiseGeometries are those that have kernels in assembly, in all their cases: one block of
// columns and several, rows that fill vectors and do not, borders wider than the image; and others.
func depthwiseGeometries(r *rand.Rand) []Conv {
	var list []Conv
	for _, k := range []int{3, 5} {
		for stride := 1; stride <= 2; stride++ {
			for _, n := range []int{1, 2, 3, 5, 7, 8, 14, 16, 17, 28, 31, 32, 33, 300} {
				for pad := range k {
					g := Conv{
						C: 1 + r.IntN(5), H: 1 + r.IntN(9), W: n, KH: k, KW: k, SH: stride, SW: stride,
						PT: r.IntN(k), PL: pad, DH: 1, DW: 1,
					}
					after := [2]int{r.IntN(k), r.IntN(k)}
					g.OH = (g.H+g.PT+after[0]-k)/stride + 1
					g.OW = (g.W+g.PL+after[1]-k)/stride + 1
					if g.H+g.PT+after[0] >= k && g.W+g.PL+after[1] >= k {
						list = append(list, g)
					}
				}
			}
		}
	}
	for _, g := range geometries(r) {
		if g.OH > 0 && g.OW > 0 {
			list = append(list, g)
		}
	}
	return list
}

// depthwiseReference computes a depthwise convolution of given x, w and dy in float64: y, dx, dw and
// the sums of the magnitudes that they are the sums of.
type depthwiseReference struct{ y, dx, dw, yAbs, dxAbs, dwAbs []float64 }

func newDepthwiseReference(g *Conv, x, w, dy []float32) depthwiseReference {
	size := func(n int) []float64 { return make([]float64, g.C*n) }
	ref := depthwiseReference{
		size(g.OH * g.OW), size(g.H * g.W), size(g.KH * g.KW),
		size(g.OH * g.OW), size(g.H * g.W), size(g.KH * g.KW),
	}
	add := func(sum, abs []float64, i int, a, b float32) {
		sum[i] += float64(a) * float64(b)
		abs[i] += math.Abs(float64(a) * float64(b))
	}
	for yi := range g.C * g.OH * g.OW {
		c, i, j := yi/(g.OH*g.OW), yi/g.OW%g.OH, yi%g.OW
		for tap := range g.KH * g.KW {
			row, col := i*g.SH+tap/g.KW*g.DH-g.PT, j*g.SW+tap%g.KW*g.DW-g.PL
			if row < 0 || row >= g.H || col < 0 || col >= g.W {
				continue
			}
			xi, wi := (c*g.H+row)*g.W+col, c*g.KH*g.KW+tap
			add(ref.y, ref.yAbs, yi, x[xi], w[wi])
			add(ref.dx, ref.dxAbs, xi, dy[yi], w[wi])
			add(ref.dw, ref.dwAbs, wi, x[xi], dy[yi])
		}
	}
	return ref
}

// checkDepthwise computes all three with a level, on fences or other memory that operand returns,
// and compares with the reference: n products and their sum in any order make an error of at most n
// roundings, one more where something is added to them.
func checkDepthwise(
	g *Conv, l Level, r *rand.Rand, operand func(place, n int) []float32,
) error {
	fill := func(place, n int) []float32 {
		x := operand(place, n)
		copy(x, normals(r, n, 1))
		return x
	}
	x, w := fill(0, g.C*g.H*g.W), fill(1, g.C*g.KH*g.KW)
	dy := normals(r, g.C*g.OH*g.OW, 1)
	ref := newDepthwiseReference(g, x, w, dy)
	compare := func(what string, got []float32, want, abs []float64, products int) error {
		eps := float64(products) * 0x1p-24
		for i, v := range got {
			if bound := eps / (1 - eps) * abs[i]; !(math.Abs(float64(v)-want[i]) <= bound) {
				return fmt.Errorf("level %v, %+v: %s[%d] is %v, want %v ± %v", l, *g, what, i, v, want[i], bound)
			}
		}
		return nil
	}
	taps := g.KH * g.KW
	y := fill(2, len(dy))
	l.Depthwise(g, y, x, w)
	if err := compare("y", y, ref.y, ref.yAbs, taps); err != nil {
		return err
	}
	for i, e := range epilogues(r, g.C) {
		want := slices.Clone(y)
		e.separately(want, g.OH*g.OW, g.C, g.OH*g.OW)
		got := operand(2, len(dy))
		if e.Terms != nil {
			terms := operand(3, g.C)
			copy(terms, e.Terms)
			e.Terms = terms
		}
		kept := slices.Clone(y)
		l.DepthwiseThen(g, got, x, w, e)
		if err := sameBits(fmt.Sprintf("level %v, %+v, epilogue %d", l, *g, i), got, want); err != nil {
			return err
		}
		copy(y, kept) // which may be the same memory
	}
	dx, in := fill(0, len(x)), operand(2, len(dy))
	copy(in, dy)
	l.DepthwiseInput(g, dx, in, w)
	if err := compare("dx", dx, ref.dx, ref.dxAbs, taps); err != nil {
		return err
	}
	image := fill(0, len(x))
	ref = newDepthwiseReference(g, image, w, dy)
	dw := fill(1, len(w))
	l.DepthwiseWeights(g, dw, image, in, false)
	if err := compare("dw", dw, ref.dw, ref.dwAbs, g.OH*g.OW); err != nil {
		return err
	}
	l.DepthwiseWeights(g, dw, image, in, true)
	for i := range ref.dw {
		ref.dw[i], ref.dwAbs[i] = 2*ref.dw[i], 2*ref.dwAbs[i]
	}
	return compare("twice dw", dw, ref.dw, ref.dwAbs, g.OH*g.OW+1)
}

// TestDepthwise compares depthwise convolutions and both gradients with float64. Nothing but the
// results is written.
func TestDepthwise(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(41, 42))
		for _, g := range depthwiseGeometries(r) {
			var whole [][]float32
			err := checkDepthwise(&g, l, r, func(_, n int) []float32 {
				m := slices.Repeat([]float32{canary}, n+2*Slack)
				whole = append(whole, m)
				return m[Slack : Slack+n : Slack+n]
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range whole {
				for i := range Slack {
					if m[i] != canary || m[len(m)-1-i] != canary {
						t.Fatalf("%+v: wrote beside a result", g)
					}
				}
			}
		}
	})
}

// TestDepthwiseNaN checks that what lies beside an image, and what is beside a row in its
// neighbour, does not get into it: pixels that are not numbers spoil those alone that they meet.
func TestDepthwiseNaN(t *testing.T) {
	nan := float32(math.NaN())
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(43, 44))
		for _, g := range depthwiseGeometries(r) {
			if g.C < 3 {
				continue
			}
			x, w, dy := normals(r, g.C*g.H*g.W, 1), normals(r, g.C*g.KH*g.KW, 1), normals(r, g.C*g.OH*g.OW, 1)
			for _, v := range [][]float32{x, w, dy} {
				n := len(v) / g.C
				copy(v, slices.Repeat([]float32{nan}, n))                // the first plane
				copy(v[2*n:], slices.Repeat([]float32{nan}, len(v)-2*n)) // all after the second
			}
			y, dx, dw := make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(w))
			l.Depthwise(&g, y, x, w)
			l.DepthwiseInput(&g, dx, dy, w)
			l.DepthwiseWeights(&g, dw, x, dy, false)
			for what, v := range map[string][]float32{"y": y, "dx": dx, "dw": dw} {
				n := len(v) / g.C
				if slices.ContainsFunc(v[n:2*n], func(f float32) bool { return f != f }) {
					t.Fatalf("%+v: %s of the second plane is %v", g, what, v[n:2*n])
				}
			}
		}
	})
}

// TestDepthwiseNoAllocation checks that the kernels allocate nothing.
func TestDepthwiseNoAllocation(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		g := Conv{C: 2, H: 9, W: 20, KH: 3, KW: 3, OH: 5, OW: 10, SH: 2, SW: 2, PT: 1, PL: 1, DH: 1, DW: 1}
		x, w, y := make([]float32, 360), make([]float32, 18), make([]float32, 100)
		if n := testing.AllocsPerRun(5, func() {
			l.Depthwise(&g, y, x, w)
			l.DepthwiseInput(&g, x, y, w)
			l.DepthwiseWeights(&g, w, x, y, true)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// FuzzDepthwise compares depthwise convolutions of any geometry with float64, on every level.
func FuzzDepthwise(f *testing.F) {
	f.Add(uint64(1), byte(7), byte(7), byte(3), byte(1), byte(1), byte(1), byte(2))
	f.Add(uint64(2), byte(14), byte(28), byte(5), byte(2), byte(1), byte(2), byte(3))
	f.Add(uint64(3), byte(4), byte(70), byte(3), byte(2), byte(0), byte(0), byte(1))
	f.Fuzz(func(t *testing.T, seed uint64, h, w, k, stride, top, left, more byte) {
		g := Conv{
			C: 1 + int(more)%5, H: 1 + int(h)%20, W: 1 + int(w)%80, KH: 1 + int(k)%6, KW: 1 + int(k)%6,
			SH: 1 + int(stride)%3, SW: 1 + int(stride)%3, PT: int(top) % 7, PL: int(left) % 7, DH: 1, DW: 1,
		}
		after := int(more) / 5 % 7
		if g.H+g.PT+after < g.KH || g.W+g.PL+after < g.KW {
			t.Skip("the filter does not fit")
		}
		g.OH, g.OW = (g.H+g.PT+after-g.KH)/g.SH+1, (g.W+g.PL+after-g.KW)/g.SW+1
		for _, l := range Supported() {
			r := rand.New(rand.NewPCG(seed, 1))
			if err := checkDepthwise(&g, l, r, func(_, n int) []float32 { return make([]float32, n) }); err != nil {
				t.Fatal(err)
			}
		}
	})
}
