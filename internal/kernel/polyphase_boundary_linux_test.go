package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestPolyphaseTouchesNothingBeside runs the passes on operands that start, then end, at a page without access. Inputs
// may be read Slack floats past their end; everything else is exact.
func TestPolyphaseTouchesNothingBeside(t *testing.T) {
	var fences [12]fence
	for i := range fences {
		fences[i] = newFenceOf(t, 700)
	}
	r := rand.New(rand.NewPCG(53, 54))
	for _, place := range []func(fence, int) []float32{fence.atStart, fence.atEnd} {
		allLevels(t, func(t *testing.T, l Level) {
			for _, s := range polyphaseShapes {
				next := 0
				operand := func(size int) []float32 {
					x := place(fences[next], size)
					copy(x, normals(r, size, 1))
					next++
					return x
				}
				g := s.geometry()
				inputs, outputs := s.n*s.c*s.h*s.w, s.n*s.k*g.OH*g.OW
				most := max(g.PhaseSize(), g.OutputSize())
				g.run(l, &polyphaseMemory{
					x: operand(inputs + Slack), dy: operand(outputs + Slack), filters: operand(s.k * s.c * s.kh * s.kw),
					y: operand(outputs), dx: operand(inputs), dw: operand(s.k * s.c * s.kh * s.kw),
					u: operand(max(g.PolyphaseFilterSize(false), g.PolyphaseFilterSize(true))), v: operand(most + Slack), m: operand(most),
					d: operand(g.GradientSize()), sums: operand(g.WeightSums()), scratch: operand(g.scratchSize()),
				})
			}
		})
	}
}
