package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// checkBatch runs all three passes of a whole batch on a level, their tasks backwards.
func (s *winogradCase) checkBatch(t *testing.T, l Level) {
	t.Helper()
	g := NewBatchWinograd(s.n, s.c, s.k, s.h, s.w)
	name := fmt.Sprintf("batch %d×%d×%d×%d→%d", s.n, s.c, s.h, s.w, s.k)
	undefined := func(n int) []float32 { return filled(slices.Repeat([]float32{float32(math.NaN())}, n)) }
	backwards := func(n int, f func(i int)) {
		for i := n - 1; i >= 0; i-- {
			f(i)
		}
	}
	x, dy := filled(s.x), filled(s.dy)
	u := undefined(WinogradFilterSize(s.k, s.c))
	blocks := WinogradBlocks(s.k)
	backwards(blocks, func(q int) { l.WinogradFilter(u, s.filters, seq(s.k, 9*s.c), seq(s.c, 9), false, q) })
	v, m, y := undefined(g.InputSize()), undefined(g.ProductSize()), canaries(len(s.y))
	backwards(g.Groups(), func(i int) { l.WinogradInputs(g, v, x, i) })
	backwards(frequencies, func(f int) {
		half := blocks / 2
		l.WinogradProduct(g, m, v, u, f, half, blocks, false)
		l.WinogradProduct(g, m, v, u, f, 0, half, f+1 < frequencies)
	})
	backwards(g.Groups(), func(i int) { l.WinogradOutputs(g, y, m, i) })
	within(t, name, y, s.y, s.yBound)
	untouched(t, name, y[len(s.y):])

	d, sums, dw := undefined(g.GradientSize()), undefined(g.WeightSums()), canaries(len(s.dw))
	backwards(g.Groups(), func(i int) { l.WinogradGradients(g, d, dy, i) })
	for pair := range 2 { // the second adds
		backwards(frequencies*g.GradientBlocks(), func(i int) {
			l.WinogradOuter(g, sums, v, d, i/g.GradientBlocks(), i%g.GradientBlocks(), pair > 0)
		})
	}
	backwards(g.GradientBlocks(), func(i int) { l.WinogradFinishPart(g, dw, sums, undefined(g.FinishScratch()), i) })
	untouched(t, name, dw[len(s.dw):])
	within(t, name+" weights", halves(dw[:len(s.dw)]), s.dw, s.dwBound)
}

// TestBatchWinograd compares all three passes of whole batches with float64, for channels that fill blocks and not.
func TestBatchWinograd(t *testing.T) {
	r := rand.New(rand.NewPCG(45, 46))
	var cases []*winogradCase
	for _, s := range [][5]int{
		{3, 32, 32, 16, 16}, {9, 5, 20, 8, 8}, {2, 17, 49, 7, 7}, {5, 2, 33, 14, 14}, {2, 1, 1, 5, 20}, {1, 2, 3, 9, 40},
		{1, 200, 2, 8, 8}, {3, 4, 70, 1, 1}, {7, 3, 5, 4, 3}, {16, 9, 30, 10, 10}, {1, 2, 15, 6, 100}, {3, 2, 2, 5, 35},
	} {
		cases = append(cases, newWinogradCase(r, s[0], s[1], s[2], s[3], s[4]))
	}
	allLevels(t, func(t *testing.T, l Level) {
		for _, s := range cases {
			s.checkBatch(t, l)
		}
	})
}
