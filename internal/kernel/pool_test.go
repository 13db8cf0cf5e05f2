package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMaxIndexPairs compares every level with portable Go, on planes with ties, infinities and NaN, for widths
// with and without a column that no window covers.
func TestMaxIndexPairs(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(11, 12))
		special := []float32{0, float32(math.Copysign(0, -1)), 1, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}
		for cols := 1; cols <= 40; cols++ {
			for _, width := range []int{2 * cols, 2*cols + 1} {
				rows := 1 + r.IntN(5)
				src := make([]float32, 2*rows*width)
				for i := range src {
					if src[i] = float32(r.NormFloat64()); r.IntN(3) == 0 {
						src[i] = special[r.IntN(len(special))]
					}
				}
				want, got := make([]int32, rows*cols), make([]int32, rows*cols+Slack)
				for i := range got {
					got[i] = -1
				}
				maxIndexPairsGeneric(want, src, rows, cols, width)
				l.MaxIndexPairs(got[:rows*cols], src, rows, cols, width)
				if !slices.Equal(got[:rows*cols], want) {
					t.Fatalf("%d windows of width %d: %v, want %v", cols, width, got[:rows*cols], want)
				}
				if !slices.Equal(got[rows*cols:], slices.Repeat([]int32{-1}, Slack)) {
					t.Fatalf("%d windows of width %d: wrote past the last one", cols, width)
				}
			}
		}
	})
}

// TestPairWindows compares gathers and scatters of every level with plain loops, bit for bit, at the end of pages
// without access.
func TestPairWindows(t *testing.T) {
	special := []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(13, 14))
		for cols := 1; cols <= 50; cols++ {
			w := PairWindows{Rows: 1 + r.IntN(5), Cols: cols}
			planes, size := 1+r.IntN(4), w.Rows*cols
			large, small := normals(r, 4*planes*size+Slack, 1), normals(r, planes*size+Slack, 1)
			index := make([]int32, planes*size+Slack)
			for i := range small {
				if r.IntN(3) == 0 {
					small[i] = special[r.IntN(len(special))]
				}
			}
			want, gathered := make([]float32, 4*planes*size), make([]float32, planes*size)
			for i := range gathered {
				row, col := i%size/cols, i%cols
				index[i] = int32(2*cols*(2*row+r.IntN(2)) + 2*col + r.IntN(2))
				at := 4*(i-i%size) + int(index[i])
				gathered[i], want[at] = large[at], small[i]+0
			}
			got := canaries(len(gathered))
			w.Gather(l, got[:len(gathered)], large, index)
			sameNumbers(t, l, w, got, gathered)
			got = canaries(len(want))
			w.Scatter(l, got[:len(want)], small[:planes*size], index)
			sameNumbers(t, l, w, got, want)
		}
	})
}

// sameNumbers fails the test where bits differ, or what is behind them was written.
func sameNumbers(t *testing.T, l Level, w PairWindows, got, want []float32) {
	t.Helper()
	for i, v := range want {
		if math.Float32bits(v) != math.Float32bits(got[i]) {
			t.Fatalf("%v %v: element %d is %v, want %v", l, w, i, got[i], v)
		}
	}
	untouched(t, l.String(), got[len(want):])
}

func BenchmarkMaxIndexPairs(b *testing.B) {
	benchLevels(b, func(b *testing.B, l Level) {
		r := rand.New(rand.NewPCG(1, 1))
		src, dst := make([]float32, 784), make([]int32, 196+Slack)
		for i := range src {
			src[i] = float32(r.NormFloat64())
		}
		for b.Loop() {
			l.MaxIndexPairs(dst, src, 14, 14, 28)
		}
	})
}
