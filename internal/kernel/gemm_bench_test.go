package kernel

import (
	"fmt"
	"testing"
)

// gflops reports the rate of a benchmark of the given operations per iteration.
func gflops(b *testing.B, operations int) {
	b.ReportMetric(float64(operations)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func BenchmarkPeak(b *testing.B) {
	benchLevels(b, func(b *testing.B, l Level) {
		operations := 0
		for b.Loop() {
			operations = l.PeakFLOPs(1000)
		}
		gflops(b, operations)
	})
}

func BenchmarkMulPacked(b *testing.B) {
	benchLevels(b, func(b *testing.B, l Level) {
		for _, s := range append(typical[:9:9], [][3]int{{50, 800, 500}, {800, 50, 500}, {16, 144, 1024}, {32, 288, 256}, {64, 576, 64}, {64, 25, 196}, {128, 1600, 49}, {256, 3200, 16}}...) {
			m, k, n := s[0], s[1], s[2]
			b.Run(fmt.Sprintf("m=%d,k=%d,n=%d", m, k, n), func(b *testing.B) {
				a, x, c := make([]float32, m*k), make([]float32, k*n+Slack), make([]float32, m*n)
				offsets := seq(k, n)
				for b.Loop() {
					l.MulPacked(c, n, a, x, offsets, m, n, false)
				}
				gflops(b, 2*m*k*n)
			})
		}
	})
}

func BenchmarkMulDot(b *testing.B) {
	benchLevels(b, func(b *testing.B, l Level) {
		for _, s := range [][4]int{{6, 25, 784, 5}, {16, 150, 100, 5}, {20, 25, 576, 5}, {50, 500, 64, 5}, {5, 120, 400, 1}, {50, 800, 500, 1}, {16, 144, 1024, 8}, {32, 288, 256, 8}, {64, 576, 64, 8}, {128, 1600, 49, 8}, {256, 3200, 16, 8}} {
			m, n, k, segments := s[0], s[1], s[2], s[3]
			b.Run(fmt.Sprintf("m=%d,n=%d,k=%d,segments=%d", m, n, k, segments), func(b *testing.B) {
				x, y, c := make([]float32, m*k*segments), make([]float32, n*k*segments), make([]float32, m*n)
				rows, cols := seq(m, k), seq(n, k)
				for b.Loop() {
					l.MulDot(c, n, x, rows, m*k, y, cols, n*k, k, segments, false)
				}
				gflops(b, 2*m*n*k*segments)
			})
		}
	})
}

func BenchmarkExpandFold(b *testing.B) {
	benchLevels(b, func(b *testing.B, l Level) {
		for _, g := range []Conv{
			{1, 28, 28, 5, 5, 28, 28, 1, 1, 2, 2, 1, 1}, {6, 14, 14, 5, 5, 10, 10, 1, 1, 0, 0, 1, 1},
			{20, 12, 12, 5, 5, 8, 8, 1, 1, 0, 0, 1, 1}, {16, 32, 32, 3, 3, 32, 32, 1, 1, 1, 1, 1, 1},
		} {
			x, xp := make([]float32, g.C*g.H*g.W+Slack), make([]float32, g.ExpandedSize()+Slack)
			scratch := make([]float32, g.FoldScratch())
			name := fmt.Sprintf("%dx%dx%d,filter=%dx%d", g.C, g.H, g.W, g.KH, g.KW)
			b.Run("expand/"+name, func(b *testing.B) {
				for b.Loop() {
					l.Expand(&g, xp, x)
				}
			})
			b.Run("fold/"+name, func(b *testing.B) {
				for b.Loop() {
					l.Fold(&g, x, xp, scratch)
				}
			})
		}
	})
}

// BenchmarkScalarLoops measures portable Go beside the loops one would write by hand: rows of B added up (ikj), and
// tiles of two by four sums in variables.
func BenchmarkScalarLoops(b *testing.B) {
	loops := map[string]func(c, a, x []float32, m, k, n int){
		"ikj": func(c, a, x []float32, m, k, n int) {
			clear(c)
			for i := range m {
				row := c[i*n : (i+1)*n]
				for p := range k {
					s, from := a[i*k+p], x[p*n:][:len(row)]
					for j, v := range from {
						row[j] += s * v
					}
				}
			}
		},
		"2x4": func(c, a, x []float32, m, k, n int) {
			for i := 0; i < m; i += 2 {
				a0, a1 := a[i*k:(i+1)*k], a[(i+1)*k:(i+2)*k]
				for j := 0; j < n; j += 4 {
					var s00, s01, s02, s03, s10, s11, s12, s13 float32
					for p, u := range a0 {
						v, y := a1[p], x[p*n+j:][:4:4]
						s00, s01, s02, s03 = s00+u*y[0], s01+u*y[1], s02+u*y[2], s03+u*y[3]
						s10, s11, s12, s13 = s10+v*y[0], s11+v*y[1], s12+v*y[2], s13+v*y[3]
					}
					copy(c[i*n+j:], []float32{s00, s01, s02, s03})
					copy(c[(i+1)*n+j:], []float32{s10, s11, s12, s13})
				}
			}
		},
		"portable": func(c, a, x []float32, m, k, n int) {
			Generic.MulPacked(c, n, a, x, seq(k, n), m, n, false)
		},
	}
	for _, s := range [][3]int{{6, 25, 784}, {16, 150, 100}, {50, 500, 64}, {64, 576, 64}} {
		m, k, n := s[0], s[1], s[2]
		a, x, c := make([]float32, m*k), make([]float32, k*n+Slack), make([]float32, m*n)
		for name, multiply := range loops {
			b.Run(fmt.Sprintf("loop=%s/m=%d,k=%d,n=%d", name, m, k, n), func(b *testing.B) {
				for b.Loop() {
					multiply(c, a, x, m, k, n)
				}
				gflops(b, 2*m*k*n)
			})
		}
	}
}
