package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

type matrix [8][8]float64

// The matrices of F(4×4, 5×5).
var winogradA5, winogradB5, winogradG5 = func() (a, b, g matrix) {
	lagrange([]float64{0, 1, -1, 2, -2, 0.5, -0.5}, 5, func(i, d int, inA, inB, inG float64) {
		a[i][d], b[i][d], g[i][d] = inA, inB, inG
	})
	return a, b, g
}()

// magnitude returns |M|·x·|M|ᵀ for the first rows and columns of M, or of its transpose.
func (m *matrix) magnitude(transposed bool, rows, cols int, x *matrix) (y matrix) {
	at := func(i, j int) float64 {
		if transposed {
			i, j = j, i
		}
		return math.Abs(m[i][j])
	}
	var half matrix
	for i := range rows {
		for q := range cols {
			for p := range cols {
				half[i][q] += at(i, p) * x[p][q]
			}
		}
	}
	for i := range rows {
		for j := range rows {
			for q := range cols {
				y[i][j] += half[i][q] * at(j, q)
			}
		}
	}
	return y
}

// winogradCase5 is a convolution in float64: its output, its gradients and the bounds of their errors.
type winogradCase5 struct {
	n, c, k, h, w, oh, ow, top, left int
	x, filters, dy                   []float32
	y, dx, dw                        []float64
	yBound, dxBound, dwBound         []float64
}

// newWinogradCase5 makes a case with borders of zeros.
func newWinogradCase5(r *rand.Rand, n, c, k, h, w, top, left, bottom, right int) *winogradCase5 {
	oh, ow := h+top+bottom-4, w+left+right-4
	s := &winogradCase5{n: n, c: c, k: k, h: h, w: w, oh: oh, ow: ow, top: top, left: left,
		x: normals(r, n*c*h*w, 1), filters: normals(r, k*c*25, 1), dy: normals(r, n*k*oh*ow, 1),
		y: make([]float64, n*k*oh*ow), dx: make([]float64, n*c*h*w), dw: make([]float64, k*c*25),
		yBound: make([]float64, n*k*oh*ow), dxBound: make([]float64, n*c*h*w), dwBound: make([]float64, k*c*25)}
	s.direct()
	s.bounds()
	return s
}

func (s *winogradCase5) inside(i, j int) bool { return i >= 0 && j >= 0 && i < s.h && j < s.w }

// direct computes the sums of the definition.
func (s *winogradCase5) direct() {
	for at := range s.y {
		j, i, k, n := at%s.ow, at/s.ow%s.oh, at/s.ow/s.oh%s.k, at/s.ow/s.oh/s.k
		for c := range s.c {
			for tap := range 25 {
				p, q := i+tap/5-s.top, j+tap%5-s.left
				if !s.inside(p, q) {
					continue
				}
				from, f := ((n*s.c+c)*s.h+p)*s.w+q, (k*s.c+c)*25+tap
				s.y[at] += float64(s.filters[f]) * float64(s.x[from])
				s.dw[f] += float64(s.dy[at]) * float64(s.x[from])
				s.dx[from] += float64(s.dy[at]) * float64(s.filters[f])
			}
		}
	}
}

// bounds computes the bounds that Winograd5 states: the algorithm on magnitudes, times the roundings.
func (s *winogradCase5) bounds() {
	u, du := make([]matrix, s.k*s.c), make([]matrix, s.k*s.c)
	for i := range u {
		var g matrix
		for tap := range 25 {
			g[tap/5][tap%5] = math.Abs(float64(s.filters[25*i+tap]))
		}
		u[i] = winogradG5.magnitude(false, 8, 5, &g)
	}
	tiles := 0
	for n := range s.n {
		for i := 0; i < s.oh; i += 4 {
			for j := 0; j < s.ow; j += 4 {
				tiles++
				s.tile(n, i, j, u, du)
			}
		}
	}
	for i := range du {
		dw := winogradG5.magnitude(true, 5, 8, &du[i])
		for tap := range 25 {
			s.dwBound[25*i+tap] = float64(tiles+30) * unit * dw[tap/5][tap%5]
		}
	}
}

// tile adds what the tile of outputs at i, j contributes.
func (s *winogradCase5) tile(n, i, j int, u, du []matrix) {
	v, a := make([]matrix, s.c), make([]matrix, s.k)
	for c := range v {
		var d matrix
		for p := range 8 {
			for q := range 8 {
				if y, x := i+p-s.top, j+q-s.left; s.inside(y, x) {
					d[p][q] = math.Abs(float64(s.x[((n*s.c+c)*s.h+y)*s.w+x]))
				}
			}
		}
		v[c] = winogradB5.magnitude(false, 8, 8, &d)
	}
	for k := range a {
		var dy, m matrix
		for p := range min(4, s.oh-i) {
			for q := range min(4, s.ow-j) {
				dy[p][q] = math.Abs(float64(s.dy[((n*s.k+k)*s.oh+i+p)*s.ow+j+q]))
			}
		}
		a[k] = winogradA5.magnitude(false, 8, 4, &dy)
		for c := range v {
			for f := range 64 {
				m[f/8][f%8] += u[k*s.c+c][f/8][f%8] * v[c][f/8][f%8]
				du[k*s.c+c][f/8][f%8] += a[k][f/8][f%8] * v[c][f/8][f%8]
			}
		}
		y := winogradA5.magnitude(true, 4, 8, &m)
		for p := range min(4, s.oh-i) {
			for q := range min(4, s.ow-j) {
				s.yBound[((n*s.k+k)*s.oh+i+p)*s.ow+j+q] = float64(s.c+20) * unit * y[p][q]
			}
		}
	}
	for c := range v {
		var e matrix
		for k := range a {
			for f := range 64 {
				e[f/8][f%8] += u[k*s.c+c][f/8][f%8] * a[k][f/8][f%8]
			}
		}
		d := winogradB5.magnitude(true, 8, 8, &e)
		for p := range 8 {
			for q := range 8 {
				if y, x := i+p-s.top, j+q-s.left; s.inside(y, x) {
					s.dxBound[((n*s.c+c)*s.h+y)*s.w+x] += float64(s.k+24) * unit * d[p][q]
				}
			}
		}
	}
}

// check runs all three passes on a level.
func (s *winogradCase5) check(t *testing.T, l Level) {
	t.Helper()
	g := NewWinograd5(s.n, s.c, s.k, s.h, s.w, s.oh, s.ow, s.top, s.left)
	name := fmt.Sprintf("%v %d×%d×%d×%d→%d×%d×%d", l, s.n, s.c, s.h, s.w, s.k, s.oh, s.ow)
	scratch := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(math.NaN())
		}
		return filled(x)
	}
	transformed := func(rows, cols []int32) []float32 {
		u := canaries(Winograd5FilterSize(len(rows), len(cols)))
		for q := range WinogradBlocks(len(rows)) {
			l.Winograd5Filter(u, s.filters, rows, cols, q)
		}
		untouched(t, name, u[len(u)-Slack:])
		return u
	}
	outputs, inputs := seq(s.k, 25*s.c), seq(s.c, 25)
	y := canaries(len(s.y))
	l.Winograd5Conv(g, y, filled(s.x), transformed(outputs, inputs), scratch(g.ConvScratch()))
	within(t, name, y, s.y, s.yBound)
	untouched(t, name, y[len(s.y):])

	dx := canaries(len(s.dx))
	l.Winograd5InputGradient(g, dx, filled(s.dy), transformed(inputs, outputs), scratch(g.ConvScratch()))
	within(t, name+" inputs", dx, s.dx, s.dxBound)
	untouched(t, name+" inputs", dx[len(s.dx):])

	sums := scratch(g.WeightSums())
	for part := range 2 { // the second adds
		l.Winograd5Weights(g, sums, filled(s.x), filled(s.dy), scratch(g.WeightScratch()), part > 0)
	}
	dw := canaries(len(s.dw))
	l.Winograd5Finish(g, dw, sums, scratch(g.WeightScratch()))
	untouched(t, name, dw[len(s.dw):])
	within(t, name+" weights", halves(dw[:len(s.dw)]), s.dw, s.dwBound)
}

// TestWinograd5 compares all three passes with float64: maps that tiles cover exactly and not, with borders and
// without, rows of tiles that straddle groups.
func TestWinograd5(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	var cases []*winogradCase5
	for _, s := range [][9]int{
		{4, 20, 50, 12, 12}, {8, 3, 4, 12, 12}, {5, 6, 17, 12, 12}, {1, 1, 1, 5, 5}, {3, 2, 5, 8, 8}, {1, 2, 3, 40, 40},
		{2, 3, 15, 9, 14}, {1, 2, 2, 6, 30}, {2, 3, 4, 10, 23, 2, 2, 2, 2}, {1, 2, 3, 7, 3, 2, 1, 1, 4}, {3, 4, 16, 16, 16, 2, 2, 2, 2},
		{1, 3, 2, 5, 84, 0, 1, 3, 0}, {2, 40, 3, 8, 20}, {17, 1, 2, 8, 8}, {9, 2, 1, 10, 17}, {1, 2, 3, 1, 1, 4, 4, 4, 4},
	} {
		cases = append(cases, newWinogradCase5(r, s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8]))
	}
	allLevels(t, func(t *testing.T, l Level) {
		for _, s := range cases {
			s.check(t, l)
		}
	})
}

// TestWinograd5Filter checks that every level rounds the same float64 numbers, in the layout of both uses.
func TestWinograd5Filter(t *testing.T) {
	r := rand.New(rand.NewPCG(53, 54))
	for _, s := range [][2]int{{1, 1}, {3, 5}, {14, 2}, {16, 16}, {29, 7}, {50, 20}} {
		rows, cols := seq(s[0], 25*s[1]), seq(s[1], 25)
		w := normals(r, 25*s[0]*s[1], 3)
		allLevels(t, func(t *testing.T, l Level) {
			u := canaries(Winograd5FilterSize(s[0], s[1]))
			for q := range WinogradBlocks(s[0]) {
				l.Winograd5Filter(u, filled(w), rows, cols, q)
			}
			untouched(t, "filters", u[Winograd5FilterSize(s[0], s[1]):])
			for q := range WinogradBlocks(s[0]) {
				first, n := evenly(s[0], WinogradBlocks(s[0]), q)
				for part := range l.panels(n) {
					i0, mr := evenly(n, l.panels(n), part)
					for i := range mr {
						for p := range cols {
							var one [64]float32
							filters5Generic(one[:], 1, w, rows[first+i0+i:][:1], cols[p:p+1])
							for f, want := range one {
								if got := u[64*first*s[1]+(f*n+i0)*s[1]+p*mr+i]; got != want {
									t.Fatalf("%v: frequency %d of filter %d, %d is %v, want %v", s, f, first+i0+i, p, got, want)
								}
							}
						}
					}
				}
			}
		})
	}
}

// FuzzWinograd5 compares all levels with float64 on shapes of the fuzzer's choice.
func FuzzWinograd5(f *testing.F) {
	f.Add(uint8(4), uint8(3), uint8(4), uint8(12), uint8(12), uint16(0), uint64(1))
	f.Add(uint8(1), uint8(17), uint8(30), uint8(5), uint8(63), uint16(0x2222), uint64(2))
	f.Fuzz(func(t *testing.T, n, c, k, h, w uint8, border uint16, seed uint64) {
		pad := func(i int) int { return int(border>>(4*i)) % 5 }
		height, width := 1+int(h%20), 1+int(w%90)
		top, left, bottom, right := pad(0), pad(1), pad(2), pad(3)
		if height+top+bottom < 5 || width+left+right < 5 {
			return
		}
		s := newWinogradCase5(
			rand.New(rand.NewPCG(seed, 1)), 1+int(n%9), 1+int(c%18), 1+int(k%36), height, width, top, left, bottom, right,
		)
		for _, l := range Supported() {
			s.check(t, l)
		}
	})
}
