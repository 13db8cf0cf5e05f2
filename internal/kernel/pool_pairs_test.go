package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSumPairs compares sums of 2×2 windows and their transpose with loops over the definition, bit
// for bit, for numbers of windows around those of vectors.
func TestSumPairs(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(13, 14))
		for cols := 1; cols <= 40; cols++ {
			for _, width := range []int{2 * cols, 2*cols + 1} {
				rows := 1 + r.IntN(4)
				src := stripSample(r, make([]float32, 2*rows*width))
				want, got := make([]float32, rows*cols), make([]float32, rows*cols+Slack)
				for i := range got {
					got[i] = canary
				}
				for i := range want {
					for tap := range 4 {
						want[i] += src[(2*(i/cols)+tap/2)*width+2*(i%cols)+tap%2]
					}
				}
				l.SumPairs(got[:len(want)], src, rows, cols, width)
				if i := firstDifference(got[:len(want)], want); i >= 0 {
					t.Fatalf("%d windows of width %d: window %d is %g, expected %g", cols, width, i, got[i], want[i])
				}
				if !slices.Equal(got[len(want):], slices.Repeat([]float32{canary}, Slack)) {
					t.Fatalf("%d windows: wrote past the last one", cols)
				}

				windows := stripSample(r, make([]float32, rows*cols))
				plane, spread := make([]float32, 4*rows*cols), make([]float32, 4*rows*cols+Slack)
				for i := range spread {
					spread[i] = canary
				}
				for i, v := range windows {
					for tap := range 4 {
						plane[(2*(i/cols)+tap/2)*2*cols+2*(i%cols)+tap%2] += v
					}
				}
				l.SpreadPairs(spread[:len(plane)], windows, rows, cols)
				if i := firstDifference(spread[:len(plane)], plane); i >= 0 {
					t.Fatalf("%d windows: element %d is %g, expected %g", cols, i, spread[i], plane[i])
				}
				if !slices.Equal(spread[len(plane):], slices.Repeat([]float32{canary}, Slack)) {
					t.Fatalf("%d windows: wrote past the plane", cols)
				}
			}
		}
	})
}
