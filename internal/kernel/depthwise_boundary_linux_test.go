package kernel

import (
	"math/rand/v2"
	"os"
	"testing"
)

// TestDepthwiseTouchesNothingBeside runs depthwise convolutions on operands that start, then end, at
// a page without access.
func TestDepthwiseTouchesNothingBeside(t *testing.T) {
	fences := []fence{newFence(t), newFence(t), newFence(t), newFence(t)}
	r := rand.New(rand.NewPCG(45, 46))
	allLevels(t, func(t *testing.T, l Level) {
		for _, place := range []func(fence, int) []float32{fence.atStart, fence.atEnd} {
			for _, g := range depthwiseGeometries(r) {
				if g.C*max(g.H*g.W, g.OH*g.OW, g.KH*g.KW) > os.Getpagesize()/4 {
					continue
				}
				err := checkDepthwise(&g, l, r, func(at, n int) []float32 { return place(fences[at], n) })
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
