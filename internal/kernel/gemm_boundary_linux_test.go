package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestProductsTouchNothingBeside runs the product, convolution, packing and transposition kernels on
// operands that start, then end, at a page without access. Rows of B may be read Slack floats past
// their end, and an expanded image is written so far; everything else is exact.
func TestProductsTouchNothingBeside(t *testing.T) {
	fences := []fence{newFence(t), newFence(t), newFence(t), newFence(t)}
	r := rand.New(rand.NewPCG(31, 32))
	places := []func(fence, int) []float32{fence.atStart, fence.atEnd}
	operand := func(f fence, n, slack int, place func(fence, int) []float32) []float32 {
		x := place(f, n+slack)
		copy(x, normals(r, n+slack, 1))
		return x
	}
	allLevels(t, func(t *testing.T, l Level) {
		for _, place := range places {
			for _, s := range []struct{ m, n, k int }{{1, 1, 1}, {3, 7, 5}, {14, 33, 4}, {15, 31, 2}, {6, 16, 9}, {29, 32, 3}, {5, 47, 13}} {
				c, ap := operand(fences[0], s.m*s.n, 0, place), operand(fences[1], l.PackedSize(s.m, s.k), 0, place)
				b := operand(fences[2], s.k*s.n, Slack, place)
				l.MulPacked(c, s.n, ap, b, multiplesOf(s.k, s.n), s.m, s.n, false)
				l.MulPacked(c, s.n, ap, b, multiplesOf(s.k, s.n), s.m, s.n, true)

				for _, e := range epilogues(r, s.m) {
					if e.Terms != nil {
						e.Terms = operand(fences[3], s.m, 0, place)
					}
					l.MulPackedThen(c, s.n, ap, b, multiplesOf(s.k, s.n), s.m, s.n, e)
				}

				a := operand(fences[2], s.m*s.k, 0, place)
				l.PackA(ap, a, multiplesOf(s.m, s.k), multiplesOf(s.k, 1))
				l.PackA(ap, a, multiplesOf(s.m, 1), multiplesOf(s.k, s.m))

				rows := operand(fences[1], s.n*s.k, 0, place)
				l.MulDot(c, s.n, a, multiplesOf(s.m, s.k), 0, rows, multiplesOf(s.n, s.k), 0, s.k, 1, true)
				l.Transpose(rows, s.n, operand(fences[2], s.n*s.k, 0, place), s.k, s.k, s.n)
			}
			for _, s := range []struct{ m, n int }{{3, 5}, {8, 2}, {13, 4}, {14, 3}, {29, 2}} {
				filters := operand(fences[0], 9*s.m*s.n, 0, place)
				panels := operand(fences[1], l.PackedSize(s.m, 9*s.n), 0, place)
				l.PackTaps(panels, filters, multiplesOf(s.m, 9*s.n), multiplesOf(s.n, 9), 9)
				l.PackTaps(panels, filters, multiplesOf(s.m, 9), multiplesOf(s.n, 9*s.m), 9)
			}
			for _, g := range []Conv{
				{C: 2, H: 6, W: 7, KH: 3, KW: 3, OH: 6, OW: 7, SH: 1, SW: 1, PT: 1, PL: 1, DH: 1, DW: 1},
				{C: 1, H: 5, W: 19, KH: 2, KW: 3, OH: 4, OW: 17, SH: 1, SW: 1, DH: 1, DW: 1},
				{C: 2, H: 7, W: 7, KH: 3, KW: 3, OH: 4, OW: 4, SH: 2, SW: 2, PT: 1, PL: 1, DH: 1, DW: 1},
			} {
				x := operand(fences[0], g.C*g.H*g.W, 0, place)
				xp := operand(fences[1], g.ExpandedSize(), Slack, place)
				l.Expand(&g, xp, x)
				l.Fold(&g, x, xp, operand(fences[2], g.FoldScratch(), 0, place))
			}
		}
	})
}

// multiplesOf returns n offsets, step apart.
func multiplesOf(n, step int) []int32 {
	t := make([]int32, n)
	for i := range t {
		t[i] = int32(i * step)
	}
	return t
}
