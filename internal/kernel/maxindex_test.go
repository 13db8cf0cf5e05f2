package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMaxIndex3x3 compares every level with portable Go, on planes with ties, infinities and
// numbers that are none, for windows that hang over every side. Nothing but the indices is written.
func TestMaxIndex3x3(t *testing.T) {
	special := []float32{
		0, float32(math.Copysign(0, -1)), 1, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
	}
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(47, 48))
		for w := 1; w <= 70; w++ {
			for range 6 {
				g := Conv{
					C: 1 + r.IntN(4), H: 1 + r.IntN(8), W: w, KH: 3, KW: 3, SH: 2, SW: 2,
					PT: r.IntN(3), PL: r.IntN(3), DH: 1, DW: 1,
				}
				bottom, right := g.H+g.PT+r.IntN(3)-3, g.W+g.PL+r.IntN(3)-3
				if bottom < 0 || right < 0 {
					continue
				}
				g.OH, g.OW = bottom/2+1, right/2+1
				src := normals(r, g.C*g.H*g.W, 1)
				for i := range src {
					if r.IntN(3) == 0 {
						src[i] = special[r.IntN(len(special))]
					}
				}
				n := g.C * g.OH * g.OW
				want, got := make([]int32, n), slices.Repeat([]int32{-1}, n+Slack)
				maxIndexGeneric(&g, want, src)
				l.MaxIndex(&g, got[:n:n], src)
				if !slices.Equal(got[:n], want) {
					t.Fatalf("%+v: %v, want %v", g, got[:n], want)
				}
				if !slices.Equal(got[n:], slices.Repeat([]int32{-1}, Slack)) {
					t.Fatalf("%+v: wrote past the last index", g)
				}
			}
		}
	})
}

func BenchmarkMaxIndex3x3(b *testing.B) {
	benchLevels(b, func(b *testing.B, l Level) {
		g := Conv{C: 8, H: 80, W: 80, KH: 3, KW: 3, OH: 40, OW: 40, SH: 2, SW: 2, PT: 1, PL: 1, DH: 1, DW: 1}
		src, dst := normals(rand.New(rand.NewPCG(1, 1)), 8*6400, 1), make([]int32, 8*1600)
		for b.Loop() {
			l.MaxIndex(&g, dst, src)
		}
	})
}
