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
