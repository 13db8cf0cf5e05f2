package kernel

import (
	"fmt"
	"testing"
)

// BenchmarkPolyphase measures the passes and their parts on layers of critics and generators. The rate counts the
// multiply-adds of the definition that do not lie on the border.
func BenchmarkPolyphase(b *testing.B) {
	benchLevels(b, func(b *testing.B, l Level) {
		for _, s := range []polyphaseShape{
			{64, 64, 128, 14, 14, 5, 5, 1, 1, 2, 2}, {64, 128, 256, 7, 7, 5, 5, 2, 2, 2, 2},
			{64, 48, 96, 14, 14, 4, 4, 1, 1, 1, 1}, {64, 24, 48, 28, 28, 4, 4, 1, 1, 1, 1},
			{32, 32, 64, 32, 32, 4, 4, 1, 1, 1, 1}, {32, 64, 128, 16, 16, 4, 4, 1, 1, 1, 1}, {32, 128, 256, 8, 8, 4, 4, 1, 1, 1, 1},
		} {
			g := s.geometry()
			operand := func(n int) []float32 {
				x := make([]float32, n+Slack)
				for i := range x {
					x[i] = float32(i%7) - 3
				}
				return x
			}
			most := max(g.PhaseSize(), g.OutputSize())
			x, y := operand(s.n*s.c*s.h*s.w), operand(s.n*s.k*g.OH*g.OW)
			v, m, d, sums := operand(most), operand(most), operand(g.GradientSize()), operand(g.WeightSums())
			u, w, scratch := operand(max(g.PolyphaseFilterSize(false), g.PolyphaseFilterSize(true))), operand(s.k*s.c*s.kh*s.kw), operand(g.scratchSize())
			operations := 2 * s.n * s.c * s.k * insideTaps(s.kh, s.top, s.h, g.OH) * insideTaps(s.kw, s.left, s.w, g.OW)
			run := func(name string, n int, f func(i int)) {
				leastOf(b, fmt.Sprintf("%d×%d×%d→%d/%s", s.n, s.c, s.h, s.k, name), s.n, operations, func() {
					for i := range n {
						f(i)
					}
				})
			}
			for _, turned := range []bool{false, true} {
				name, blocks := "", g.PolyphaseBlocks(turned)
				if turned {
					name = "turned-"
				}
				run(name+"filter", blocks, func(q int) { l.PolyphaseFilter(g, u, w, turned, q) })
				run(name+"product", frequencies, func(f int) {
					l.PolyphaseProduct(g, m, v, u, turned, f, 0, blocks, f+1 < frequencies)
				})
			}
			run("inputs", g.Clusters(), func(i int) { l.PolyphaseInputs(g, v, x, scratch, i) })
			run("outputs", g.Clusters(), func(i int) { l.PolyphaseOutputs(g, y, m, scratch, i) })
			run("deltas", g.Clusters(), func(i int) { l.PolyphaseDeltas(g, v, y, scratch, i) })
			run("input-gradient", g.Clusters(), func(i int) { l.PolyphaseInputGradient(g, x, m, scratch, i) })
			run("gradients", g.Clusters(), func(i int) { l.PolyphaseGradients(g, d, y, i) })
			run("outer", frequencies*g.GradientBlocks(), func(i int) {
				l.PolyphaseOuter(g, sums, v, d, i/g.GradientBlocks(), i%g.GradientBlocks(), false)
			})
			run("finish", g.GradientBlocks(), func(i int) { l.PolyphaseFinish(g, w, sums, scratch, i) })
		}
	})
}

// insideTaps counts the taps of one dimension that do not lie on the border, for all outputs.
func insideTaps(taps, before, extent, outputs int) (n int) {
	for u := range taps {
		first, last := inside(2, u-before, extent, outputs)
		n += max(0, last-first)
	}
	return n
}
