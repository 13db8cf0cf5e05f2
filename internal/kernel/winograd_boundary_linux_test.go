package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestWinogradTouchesNothingBeside runs the passes on operands that start, then end, at a page without access. Inputs
// may be read Slack floats past their end; everything else is exact.
func TestWinogradTouchesNothingBeside(t *testing.T) {
	var fences [8]fence
	for i := range fences {
		fences[i] = newFenceOf(t, 600)
	}
	r := rand.New(rand.NewPCG(45, 46))
	for _, place := range []func(fence, int) []float32{fence.atStart, fence.atEnd} {
		allLevels(t, func(t *testing.T, l Level) {
			for _, s := range [][5]int{{1, 1, 1, 1, 1}, {2, 3, 5, 7, 7}, {1, 17, 20, 8, 8}, {3, 2, 14, 5, 13}, {1, 4, 15, 9, 30}, {2, 5, 33, 16, 16}, {1, 2, 3, 5, 39}, {1, 2, 3, 5, 90}} {
				n, c, k, h, w := s[0], s[1], s[2], s[3], s[4]
				operand := func(i, size int) []float32 {
					x := place(fences[i], size)
					copy(x, normals(r, size, 1))
					return x
				}
				g := NewWinograd(n, c, k, h, w)
				x, dy, y := operand(0, n*c*h*w+Slack), operand(1, n*k*h*w+Slack), operand(2, n*k*h*w)
				filters, u := operand(3, k*c*9), operand(4, WinogradFilterSize(k, c))
				for q := range WinogradBlocks(k) {
					l.WinogradFilter(u, filters, seq(k, 9*c), seq(c, 9), false, q)
				}
				l.WinogradConv(g, y, x, u, operand(5, g.ConvScratch()))
				sums := operand(6, g.WeightSums())
				l.WinogradWeights(g, sums, x, dy, operand(5, g.WeightScratch()), false)
				l.WinogradFinish(g, filters, sums, operand(7, g.WeightScratch()))
				g = NewBatchWinograd(n, c, k, h, w)
				v, m := operand(5, g.InputSize()+Slack), operand(6, g.ProductSize())
				for i := range g.Groups() {
					l.WinogradInputs(g, v, x, i)
				}
				for f := range frequencies {
					l.WinogradProduct(g, m, v, u, f, 0, WinogradBlocks(k), f+1 < frequencies)
				}
				d := operand(4, g.GradientSize())
				for i := range g.Groups() {
					l.WinogradOutputs(g, y, m, i)
					l.WinogradGradients(g, d, dy, i)
				}
				sums = operand(6, g.WeightSums())
				for i := range frequencies * g.GradientBlocks() {
					l.WinogradOuter(g, sums, v, d, i/g.GradientBlocks(), i%g.GradientBlocks(), false)
				}
				for i := range g.GradientBlocks() {
					l.WinogradFinishPart(g, filters, sums, operand(7, g.FinishScratch()), i)
				}
			}
		})
	}
}
