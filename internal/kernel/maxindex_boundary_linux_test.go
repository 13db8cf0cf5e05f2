package kernel

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// TestMaxIndexTouchesNothingBeside runs max pooling on planes and indices that start, then end, at a
// page without access.
func TestMaxIndexTouchesNothingBeside(t *testing.T) {
	src, dst := newFence(t), newFence(t)
	r := rand.New(rand.NewPCG(49, 50))
	allLevels(t, func(t *testing.T, l Level) {
		for _, place := range []func(fence, int) []float32{fence.atStart, fence.atEnd} {
			for w := 3; w < 70; w++ {
				g := Conv{
					C: 1 + w%3, H: 4, W: w, KH: 3, KW: 3, OH: 2, OW: (w-1)/2 + 1, SH: 2, SW: 2, PT: 1, PL: 1,
					DH: 1, DW: 1,
				}
				x := place(src, g.C*g.H*g.W)
				copy(x, normals(r, len(x), 1))
				y := place(dst, g.C*g.OH*g.OW)
				l.MaxIndex(&g, unsafe.Slice((*int32)(unsafe.Pointer(&y[0])), len(y)), x)
			}
		}
	})
}
