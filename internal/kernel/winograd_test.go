package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The matrices of the algorithm.
var winogradA, winogradB, winogradG = func() (a, b, g [6][6]float64) {
	lagrange([]float64{0, 1, -1, 0.5, -2}, 3, func(i, d int, inA, inB, inG float64) {
		a[i][d], b[i][d], g[i][d] = inA, inB, inG
	})
	return a, b, g
}()

// lagrange derives the matrices A, B and G of four outputs and some taps from points and ∞ by
// Lagrange's formula, and calls set with the numbers of every row i and column d.
func lagrange(points []float64, taps int, set func(i, d int, a, b, g float64)) {
	n := len(points) + 1
	for i := range n {
		poly, norm := []float64{1}, 1.0 // Π (x − point), of all other points
		for j, p := range points {
			if j == i {
				continue
			}
			next := make([]float64, len(poly)+1)
			for d, c := range poly {
				next[d+1] += c
				next[d] -= p * c
			}
			poly = next
			if i < n-1 {
				norm *= points[i] - p
			}
		}
		poly = append(poly, make([]float64, n-len(poly))...)
		for d := range n {
			a, g := 0.0, 0.0
			switch {
			case i < n-1:
				a, g = math.Pow(points[i], float64(d)), math.Pow(points[i], float64(d))/norm
			default:
				a, g = float64(boolInt(d == 3)), float64(boolInt(d == taps-1))
			}
			set(i, d, a, poly[d], g)
		}
	}
}

// apply returns M·x·Mᵀ, or with magnitudes of everything, for the first rows and columns of M.
func apply(m *[6][6]float64, transposed bool, rows, cols int, x *[6][6]float64, magnitudes bool) (y [6][6]float64) {
	at := func(i, j int) float64 {
		if transposed {
			i, j = j, i
		}
		if magnitudes {
			return math.Abs(m[i][j])
		}
		return m[i][j]
	}
	for i := range rows {
		for j := range rows {
			for p := range cols {
				for q := range cols {
					y[i][j] += at(i, p) * x[p][q] * at(j, q)
				}
			}
		}
	}
	return y
}

// winogradCase is a convolution in float64: its output, the gradient of its filters and the bounds of the errors.
type winogradCase struct {
	n, c, k, h, w   int
	x, filters, dy  []float32
	y, dw           []float64
	yBound, dwBound []float64
}

func newWinogradCase(r *rand.Rand, n, c, k, h, w int) *winogradCase {
	s := &winogradCase{n: n, c: c, k: k, h: h, w: w,
		x: normals(r, n*c*h*w, 1), filters: normals(r, k*c*9, 1), dy: normals(r, n*k*h*w, 1),
		y: make([]float64, n*k*h*w), dw: make([]float64, k*c*9),
		yBound: make([]float64, n*k*h*w), dwBound: make([]float64, k*c*9)}
	s.direct()
	s.bounds()
	return s
}

// inside returns x at a pixel, or zero beside the map.
func (s *winogradCase) at(x []float32, plane, i, j int) float64 {
	if i < 0 || j < 0 || i >= s.h || j >= s.w {
		return 0
	}
	return float64(x[(plane*s.h+i)*s.w+j])
}

// direct computes the sums of the definition.
func (s *winogradCase) direct() {
	for n := range s.n {
		for k := range s.k {
			for i := range s.h {
				for j := range s.w {
					dy := s.at(s.dy, n*s.k+k, i, j)
					sum := 0.0
					for c := range s.c {
						for tap := range 9 {
							v := s.at(s.x, n*s.c+c, i+tap/3-1, j+tap%3-1)
							sum += float64(s.filters[(k*s.c+c)*9+tap]) * v
							s.dw[(k*s.c+c)*9+tap] += dy * v
						}
					}
					s.y[((n*s.k+k)*s.h+i)*s.w+j] = sum
				}
			}
		}
	}
}

// tile returns a tile of magnitudes of a plane, from a pixel on.
func (s *winogradCase) tile(x []float32, plane, i, j, size int) (t [6][6]float64) {
	for p := range size {
		for q := range size {
			t[p][q] = math.Abs(s.at(x, plane, i+p, j+q))
		}
	}
	return t
}

// bounds computes the bounds that Winograd states: the algorithm on magnitudes, times the roundings.
func (s *winogradCase) bounds() {
	u := make([][6][6]float64, s.k*s.c)
	for i := range u {
		var g [6][6]float64
		for tap := range 9 {
			g[tap/3][tap%3] = math.Abs(float64(s.filters[9*i+tap]))
		}
		u[i] = apply(&winogradG, false, 6, 3, &g, true)
	}
	du := make([][6][6]float64, s.k*s.c)
	tiles := 0
	for n := range s.n {
		for i := 0; i < s.h; i += 4 {
			for j := 0; j < s.w; j += 4 {
				tiles++
				v := make([][6][6]float64, s.c)
				for c := range v {
					d := s.tile(s.x, n*s.c+c, i-1, j-1, 6)
					v[c] = apply(&winogradB, false, 6, 6, &d, true)
				}
				for k := range s.k {
					dy := s.tile(s.dy, n*s.k+k, i, j, 4)
					a := apply(&winogradA, false, 6, 4, &dy, true)
					var m [6][6]float64
					for c := range v {
						for f := range 36 {
							m[f/6][f%6] += u[k*s.c+c][f/6][f%6] * v[c][f/6][f%6]
							du[k*s.c+c][f/6][f%6] += a[f/6][f%6] * v[c][f/6][f%6]
						}
					}
					y := apply(&winogradA, true, 4, 6, &m, true)
					for p := range min(4, s.h-i) {
						for q := range min(4, s.w-j) {
							s.yBound[((n*s.k+k)*s.h+i+p)*s.w+j+q] = float64(s.c+26) * unit * y[p][q]
						}
					}
				}
			}
		}
	}
	for i := range du {
		dw := apply(&winogradG, true, 3, 6, &du[i], true)
		for tap := range 9 {
			s.dwBound[9*i+tap] = float64(tiles+30) * unit * dw[tap/3][tap%3]
		}
	}
}

// within fails the test where a number is farther from what is wanted than its bound.
func within(t *testing.T, what string, got []float32, want, bound []float64) {
	t.Helper()
	worst := 0.0
	for i := range want {
		if e := math.Abs(float64(got[i]) - want[i]); !(e <= bound[i]) {
			t.Fatalf("%s: element %d is %v, want %v ± %v", what, i, got[i], want[i], bound[i])
		} else if bound[i] > 0 {
			worst = max(worst, e/bound[i])
		}
	}
	if t.Name() != "" && testing.Verbose() {
		t.Logf("%s: at most %.3f of the bound", what, worst)
	}
}

// filled returns n numbers and Slack NaNs behind them.
func filled(x []float32) []float32 {
	x = slices.Clone(x)
	for range Slack {
		x = append(x, float32(math.NaN()))
	}
	return x
}

// canaries returns n canaries and Slack more behind them.
func canaries(n int) []float32 { return slices.Repeat([]float32{canary}, n+Slack) }

// check runs all three passes on a level.
func (s *winogradCase) check(t *testing.T, l Level) {
	t.Helper()
	g := NewWinograd(s.n, s.c, s.k, s.h, s.w)
	name := fmt.Sprintf("%d×%d×%d×%d→%d", s.n, s.c, s.h, s.w, s.k)
	scratch := func(n int) []float32 { return filled(slices.Repeat([]float32{float32(math.NaN())}, n)) }

	u := canaries(WinogradFilterSize(s.k, s.c))
	for q := range WinogradBlocks(s.k) {
		l.WinogradFilter(u, s.filters, seq(s.k, 9*s.c), seq(s.c, 9), false, q)
	}
	y := canaries(len(s.y))
	l.WinogradConv(g, y, filled(s.x), u, scratch(g.ConvScratch()))
	within(t, name, y, s.y, s.yBound)
	untouched(t, name, y[len(s.y):])

	sums := scratch(g.WeightSums())
	for part := range 2 { // the second adds
		l.WinogradWeights(g, sums, filled(s.x), filled(s.dy), scratch(g.WeightScratch()), part > 0)
	}
	dw := canaries(len(s.dw))
	l.WinogradFinish(g, dw, sums, scratch(g.WeightScratch()))
	untouched(t, name, dw[len(s.dw):])
	within(t, name+" weights", halves(dw[:len(s.dw)]), s.dw, s.dwBound)
}

func untouched(t *testing.T, what string, x []float32) {
	t.Helper()
	for i, v := range x {
		if v != canary {
			t.Fatalf("%s: wrote %v, %d floats behind the end", what, v, i)
		}
	}
}

// halves returns the halves of what was added up twice.
func halves(x []float32) []float32 {
	half := make([]float32, len(x))
	for i := range half {
		half[i] = x[i] / 2
	}
	return half
}

// TestWinograd compares all three passes with float64, for maps that tiles cover exactly and not.
func TestWinograd(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	var cases []*winogradCase
	for _, s := range [][5]int{
		{1, 16, 16, 32, 32}, {3, 32, 32, 16, 16}, {9, 5, 20, 8, 8}, {2, 17, 9, 7, 7}, {1, 3, 8, 28, 28}, {5, 2, 33, 14, 14},
		{2, 1, 1, 5, 20}, {1, 2, 3, 9, 40}, {1, 2, 3, 6, 64}, {1, 200, 2, 8, 8}, {3, 4, 7, 1, 1}, {7, 3, 5, 4, 3}, {4, 100, 15, 8, 8},
		{1, 5, 6, 10, 40}, {2, 3, 4, 9, 56}, {2, 2, 17, 7, 20}, {1, 3, 2, 6, 100}, {1, 2, 3, 5, 130}, {3, 2, 2, 5, 35}, {1, 4, 5, 4, 48},
	} {
		cases = append(cases, newWinogradCase(r, s[0], s[1], s[2], s[3], s[4]))
	}
	allLevels(t, func(t *testing.T, l Level) {
		for _, s := range cases {
			s.check(t, l)
		}
	})
}

// TestWinogradTurned checks that turned filters give the gradient with respect to the inputs: ⟨conv(x), dy⟩ =
// ⟨x, turned(dy)⟩.
func TestWinogradTurned(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 44))
	const n, c, k, h, w = 2, 7, 10, 9, 14
	s := newWinogradCase(r, n, k, c, h, w) // the convolution from k to c channels
	turned := make([]float32, len(s.filters))
	for o := range c {
		for i := range k {
			for tap := range 9 {
				turned[(i*c+o)*9+8-tap] = s.filters[(o*k+i)*9+tap]
			}
		}
	}
	allLevels(t, func(t *testing.T, l Level) {
		g := NewWinograd(n, k, c, h, w)
		u := make([]float32, WinogradFilterSize(c, k))
		for q := range WinogradBlocks(c) {
			l.WinogradFilter(u, turned, seq(c, 9), seq(k, 9*c), true, q)
		}
		y := make([]float32, len(s.y))
		l.WinogradConv(g, y, filled(s.x), u, make([]float32, g.ConvScratch()))
		within(t, "turned", y, s.y, s.yBound)
	})
}

// TestWinogradFilter checks that every level rounds the same float64 numbers, for filters as they are and turned.
func TestWinogradFilter(t *testing.T) {
	r := rand.New(rand.NewPCG(47, 48))
	for _, s := range [][2]int{{1, 1}, {3, 5}, {14, 2}, {16, 16}, {29, 7}, {50, 20}} {
		k, c := s[0], s[1]
		w := normals(r, 9*k*c, 3)
		for _, turned := range []bool{false, true} {
			rows, cols := seq(k, 9*c), seq(c, 9)
			taps := &allTaps
			if turned {
				taps = &turnedTaps
			}
			want := map[[3]int]float32{} // by frequency, row and column
			for i := range rows {
				for p := range cols {
					one := make([]float32, 36)
					filtersGeneric(one, 1, w, taps, rows[i:i+1], cols[p:p+1])
					for f, v := range one {
						want[[3]int{f, i, p}] = v
					}
				}
			}
			allLevels(t, func(t *testing.T, l Level) {
				u := canaries(WinogradFilterSize(k, c))
				for q := range WinogradBlocks(k) {
					l.WinogradFilter(u, filled(w), rows, cols, turned, q)
				}
				untouched(t, "filters", u[WinogradFilterSize(k, c):])
				for q := range WinogradBlocks(k) {
					first, n := evenly(k, WinogradBlocks(k), q)
					for part := range l.panels(n) {
						i0, mr := evenly(n, l.panels(n), part)
						for at, v := range want {
							f, i, p := at[0], at[1]-first-i0, at[2]
							if i < 0 || i >= mr {
								continue
							}
							if got := u[(36*first+f*n+i0)*c+p*mr+i]; got != v {
								t.Fatalf("%v: frequency %d of filter %d, %d is %v, want %v", s, f, at[1], p, got, v)
							}
						}
					}
				}
			})
		}
	}
}

// FuzzWinograd compares all levels with float64 on shapes of the fuzzer's choice.
func FuzzWinograd(f *testing.F) {
	f.Add(uint8(2), uint8(3), uint8(4), uint8(8), uint8(8), uint64(1))
	f.Add(uint8(1), uint8(30), uint8(17), uint8(5), uint8(63), uint64(2))
	f.Fuzz(func(t *testing.T, n, c, k, h, w uint8, seed uint64) {
		s := newWinogradCase(rand.New(rand.NewPCG(seed, 1)), 1+int(n%5), 1+int(c%20), 1+int(k%40), 1+int(h%20), 1+int(w%150))
		for _, l := range Supported() {
			s.check(t, l)
			s.checkBatch(t, l)
		}
	})
}
