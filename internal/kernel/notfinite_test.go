package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// spoiled compares a result with that from the same operands but one number that is not finite: what
// the definition makes of that number is not finite either, and what shares no tile with it has the
// same bits.
func spoiled(t *testing.T, what string, got, clean []float32, made, near func(at int) bool) {
	t.Helper()
	for at, v := range clean {
		switch finite := got[at]-got[at] == 0; {
		case made(at) && finite:
			t.Fatalf("%s: element %d is %v, made of a number that is not finite", what, at, got[at])
		case !near(at) && math.Float32bits(got[at]) != math.Float32bits(v):
			t.Fatalf("%s: element %d is %v, %v without a number in another tile that is not finite", what, at, got[at], v)
		}
	}
}

// TestWinogradNotFinite holds how far a number that is not finite reaches: a training run that
// diverges has to see it, and images do not spoil each other.
func TestWinogradNotFinite(t *testing.T) {
	const n, c, k, h, w = 3, 2, 3, 9, 14
	r := rand.New(rand.NewPCG(61, 62))
	s := newWinogradCase(r, n, c, k, h, w)
	allLevels(t, func(t *testing.T, l Level) {
		g := NewWinograd(n, c, k, h, w)
		u := make([]float32, WinogradFilterSize(k, c)+Slack)
		for q := range WinogradBlocks(k) {
			l.WinogradFilter(u, s.filters, seq(k, 9*c), seq(c, 9), false, q)
		}
		convolve := func(x []float32) []float32 {
			y := make([]float32, n*k*h*w)
			l.WinogradConv(g, y, filled(x), u, make([]float32, g.ConvScratch()+Slack))
			return y
		}
		clean := convolve(s.x)
		for at := range h * w { // of the first channel of the second image
			for _, v := range []float64{math.NaN(), math.Inf(1)} {
				x := filled(s.x)[:len(s.x)]
				x[c*h*w+at] = float32(v)
				i, j := at/w, at%w
				within := func(out int, tile bool) bool {
					image, p, q := out/(k*h*w), out/w%h, out%w
					if tile { // which begins a pixel before its outputs
						return image == 1 && i >= p/4*4-1 && i < p/4*4+5 && j >= q/4*4-1 && j < q/4*4+5
					}
					return image == 1 && i >= p-1 && i <= p+1 && j >= q-1 && j <= q+1
				}
				spoiled(t, fmt.Sprintf("%v at %d, %d", v, i, j), convolve(x), clean,
					func(out int) bool { return within(out, false) }, func(out int) bool { return within(out, true) })
			}
		}
	})
}

// TestWinograd5NotFinite is TestWinogradNotFinite of F(4×4, 5×5), and of its input gradient.
func TestWinograd5NotFinite(t *testing.T) {
	const n, c, k, h, w, top, left = 3, 2, 3, 10, 11, 1, 2
	r := rand.New(rand.NewPCG(63, 64))
	s := newWinogradCase5(r, n, c, k, h, w, top, left, 2, 0)
	allLevels(t, func(t *testing.T, l Level) {
		g := NewWinograd5(n, c, k, h, w, s.oh, s.ow, top, left)
		transformed := func(rows, cols []int32) []float32 {
			u := make([]float32, Winograd5FilterSize(len(rows), len(cols))+Slack)
			for q := range WinogradBlocks(len(rows)) {
				l.Winograd5Filter(u, s.filters, rows, cols, q)
			}
			return u
		}
		forth, back := transformed(seq(k, 25*c), seq(c, 25)), transformed(seq(c, 25), seq(k, 25*c))
		convolve := func(x []float32) []float32 {
			y := make([]float32, n*k*s.oh*s.ow)
			l.Winograd5Conv(g, y, filled(x), forth, make([]float32, g.ConvScratch()+Slack))
			return y
		}
		gradient := func(dy []float32) []float32 {
			dx := make([]float32, n*c*h*w)
			l.Winograd5InputGradient(g, dx, filled(dy), back, make([]float32, g.ConvScratch()+Slack))
			return dx
		}
		// whether output p, q is made of input i, j, or shares a tile with it
		meets := func(p, q, i, j int, tile bool) bool {
			if tile {
				p, q = p/4*4, q/4*4
				return i >= p-top && i < p-top+8 && j >= q-left && j < q-left+8
			}
			return i >= p-top && i < p-top+5 && j >= q-left && j < q-left+5
		}
		cleanY, cleanX := convolve(s.x), gradient(s.dy)
		for _, v := range []float64{math.NaN(), math.Inf(-1)} {
			for at := range h * w { // of the first channel of the second image
				x := filled(s.x)[:len(s.x)]
				x[c*h*w+at] = float32(v)
				reach := func(tile bool) func(int) bool {
					return func(out int) bool {
						return out/(k*s.oh*s.ow) == 1 && meets(out/s.ow%s.oh, out%s.ow, at/w, at%w, tile)
					}
				}
				spoiled(t, fmt.Sprintf("%v at %d", v, at), convolve(x), cleanY, reach(false), reach(true))
			}
			for at := range s.oh * s.ow {
				dy := filled(s.dy)[:len(s.dy)]
				dy[k*s.oh*s.ow+at] = float32(v)
				reach := func(tile bool) func(int) bool {
					return func(in int) bool {
						return in/(c*h*w) == 1 && meets(at/s.ow, at%s.ow, in/w%h, in%w, tile)
					}
				}
				spoiled(t, fmt.Sprintf("gradient %v at %d", v, at), gradient(dy), cleanX, reach(false), reach(true))
			}
		}
	})
}
