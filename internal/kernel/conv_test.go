package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// sizes describes a case.
func sizes(what string, n ...int) string { return fmt.Sprint(what, n) }

// geometries are LeNet's convolutions, borders wider than the image, and random ones.
func geometries(r *rand.Rand) []Conv {
	list := []Conv{
		{1, 28, 28, 5, 5, 28, 28, 1, 1, 2, 2, 1, 1}, {6, 14, 14, 5, 5, 10, 10, 1, 1, 0, 0, 1, 1},
		{20, 12, 12, 5, 5, 8, 8, 1, 1, 0, 0, 1, 1}, {3, 32, 32, 3, 3, 32, 32, 1, 1, 1, 1, 1, 1}, {2, 33, 47, 3, 3, 33, 47, 1, 1, 1, 1, 1, 1},
		{2, 3, 3, 1, 1, 3, 3, 1, 1, 0, 0, 1, 1}, {2, 32, 70, 3, 3, 16, 35, 2, 2, 1, 1, 1, 1}, {2, 3, 9, 3, 90, 3, 45, 2, 2, 1, 85, 1, 1}, {1, 1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 2, 40, 2, 17, 2, 40, 1, 1, 0, 8, 1, 1},
	}
	for range 150 {
		g := Conv{
			C: 1 + r.IntN(3), KH: 1 + r.IntN(4), KW: 1 + r.IntN(4), SH: 1 + r.IntN(3), SW: 1 + r.IntN(3), DH: 1 + r.IntN(2), DW: 1 + r.IntN(2),
			PT: r.IntN(4), PL: r.IntN(4),
		}
		g.H, g.W = (g.KH-1)*g.DH+1+r.IntN(8), (g.KW-1)*g.DW+1+r.IntN(40)
		// Padding at the bottom and at the right is implied by the output's extent.
		g.OH = (g.H+g.PT+r.IntN(3)-(g.KH-1)*g.DH-1)/g.SH + 1
		g.OW = (g.W+g.PL+r.IntN(3)-(g.KW-1)*g.DW-1)/g.SW + 1
		list = append(list, g)
	}
	return list
}

// TestExpand checks that every tap finds its inputs contiguous at its offset, whatever lay in the memory
// before.
func TestExpand(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, g := range geometries(r) {
			x := make([]float32, g.C*g.H*g.W)
			for i := range x {
				x[i] = float32(i + 1)
			}
			xp := make([]float32, g.ExpandedSize()+Slack)
			for i := range xp {
				xp[i] = float32(math.NaN())
			}
			l.Expand(&g, xp, x)
			offsets := g.TapOffsets()
			for tap := range offsets {
				c, kh, kw := tap/(g.KH*g.KW), tap/g.KW%g.KH, tap%g.KW
				for i := range g.OH {
					for j := range g.OW {
						want := float32(0)
						if ih, iw := i*g.SH+kh*g.DH-g.PT, j*g.SW+kw*g.DW-g.PL; ih >= 0 && ih < g.H && iw >= 0 && iw < g.W {
							want = x[(c*g.H+ih)*g.W+iw]
						}
						if got := xp[int(offsets[tap])+i*g.OW+j]; got != want {
							t.Fatalf("%+v: tap %d, pixel %d, %d is %v, want %v", g, tap, i, j, got, want)
						}
					}
				}
			}
		}
	})
}

// TestFold checks that Fold is the transpose of Expand: ⟨Expand(x), y⟩ = ⟨x, Fold(y)⟩ for whole numbers, exactly,
// and that it writes the image only.
func TestFold(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(9, 10))
		for _, g := range geometries(r) {
			size := g.C * g.H * g.W
			y := make([]float32, g.ExpandedSize()+Slack)
			for i := range y[:g.ExpandedSize()] {
				y[i] = float32(r.IntN(9) - 4)
			}
			folded := make([]float32, size+Slack)
			for i := range folded {
				folded[i] = canary
			}
			l.Fold(&g, folded, y, make([]float32, g.FoldScratch()))
			if !slices.Equal(folded[size:], slices.Repeat([]float32{canary}, Slack)) {
				t.Fatalf("%+v: wrote past the image", g)
			}
			xp := make([]float32, g.ExpandedSize()+Slack)
			for range 3 {
				x := make([]float32, size)
				for i := range x {
					x[i] = float32(r.IntN(9) - 4)
				}
				Generic.Expand(&g, xp, x)
				var left, right float64
				for i, v := range xp[:g.ExpandedSize()] {
					left += float64(v) * float64(y[i])
				}
				for i, v := range x {
					right += float64(v) * float64(folded[i])
				}
				if left != right {
					t.Fatalf("%+v: ⟨Expand(x), y⟩ = %v, ⟨x, Fold(y)⟩ = %v", g, left, right)
				}
			}
		}
	})
}
