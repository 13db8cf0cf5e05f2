package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestWinograd5TouchesNothingBeside runs the passes on operands that start, then end, at a page without access. Inputs
// may be read Slack floats past their end; everything else is exact.
func TestWinograd5TouchesNothingBeside(t *testing.T) {
	var fences [9]fence
	for i := range fences {
		fences[i] = newFenceOf(t, 1200)
	}
	r := rand.New(rand.NewPCG(55, 56))
	for _, place := range []func(fence, int) []float32{fence.atStart, fence.atEnd} {
		allLevels(t, func(t *testing.T, l Level) {
			for _, s := range [][7]int{
				{1, 1, 1, 5, 5, 0, 0}, {4, 3, 14, 12, 12, 0, 0}, {3, 2, 17, 12, 12, 0, 0}, {1, 5, 20, 8, 8, 0, 0}, {2, 3, 5, 7, 7, 2, 2},
				{1, 2, 3, 9, 37, 0, 1}, {1, 2, 15, 16, 16, 2, 2}, {2, 2, 3, 8, 16, 0, 0},
			} {
				n, c, k, h, w, top, left := s[0], s[1], s[2], s[3], s[4], s[5], s[6]
				oh, ow := h+2*top-4, w+2*left-4
				operand := func(i, size int) []float32 {
					x := place(fences[i], size)
					copy(x, normals(r, size, 1))
					return x
				}
				g := NewWinograd5(n, c, k, h, w, oh, ow, top, left)
				x, dy := operand(0, n*c*h*w+Slack), operand(1, n*k*oh*ow+Slack)
				y, dx := operand(2, n*k*oh*ow), operand(3, n*c*h*w)
				filters, u := operand(4, k*c*25), operand(5, Winograd5FilterSize(k, c))
				for q := range WinogradBlocks(k) {
					l.Winograd5Filter(u, filters, seq(k, 25*c), seq(c, 25), q)
				}
				l.Winograd5Conv(g, y, x, u, operand(6, g.ConvScratch()))
				for q := range WinogradBlocks(c) {
					l.Winograd5Filter(u, filters, seq(c, 25), seq(k, 25*c), q)
				}
				l.Winograd5InputGradient(g, dx, dy, u, operand(6, g.ConvScratch()))
				sums := operand(7, g.WeightSums())
				l.Winograd5Weights(g, sums, x, dy, operand(6, g.WeightScratch()), false)
				l.Winograd5Finish(g, filters, sums, operand(8, g.WeightScratch()))
			}
		})
	}
}
