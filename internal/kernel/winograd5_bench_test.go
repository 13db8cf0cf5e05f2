package kernel

import (
	"fmt"
	"testing"
)

// BenchmarkWinograd5 measures the three passes and their parts on chunks of LeNetCaffe's maps. The rate counts the
// multiply-adds of the definition. The fastest of all runs is reported, for a machine that others use too.
func BenchmarkWinograd5(b *testing.B) {
	benchLevels(b, func(b *testing.B, l Level) {
		for _, s := range [][5]int{{8, 20, 50, 12, 0}, {8, 32, 64, 16, 2}} {
			n, c, k, h, border := s[0], s[1], s[2], s[3], s[4]
			oh := h + 2*border - 4
			g := NewWinograd5(n, c, k, h, h, oh, oh, border, border)
			x, y := make([]float32, n*c*h*h+Slack), make([]float32, n*k*oh*oh+Slack)
			for i := range x {
				x[i] = float32(i%7) - 3
			}
			for i := range y {
				y[i] = float32(i%5) - 2
			}
			filters, u := make([]float32, k*c*25), make([]float32, Winograd5FilterSize(k, c))
			scratch, sums := make([]float32, max(g.ConvScratch(), g.WeightScratch())), make([]float32, g.WeightSums())
			operations := 2 * 25 * n * c * k * oh * oh
			run := func(name string, f func()) {
				leastOf(b, fmt.Sprintf("%d×%d×%d→%d/%s", n, c, h, k, name), n, operations, f)
			}
			run("conv", func() { l.Winograd5Conv(g, y, x, u, scratch) })
			run("inputs", func() { l.Winograd5InputGradient(g, x, y, u, scratch) })
			run("weights", func() { l.Winograd5Weights(g, sums, x, y, scratch, false) })
			run("finish", func() { l.Winograd5Finish(g, filters, sums, scratch) })
			run("filter", func() {
				for q := range WinogradBlocks(k) {
					l.Winograd5Filter(u, filters, seq(k, 25*c), seq(c, 25), q)
				}
			})
			tiles := g.tiles(2)
			parts := func(name string, f func(at *group5)) {
				run(name, func() {
					for i := range g.groups {
						f(&g.groups[i])
					}
				})
			}
			room := make([]float32, 64*plane5(max(c, roundLanes(k)), tiles))
			parts("tile-inputs", func(at *group5) { l.tileInputs5(g, room, tiles, x, at, scratch[:buffer5]) })
			parts("tile-outputs", func(at *group5) { l.tileOutputs5(g, y, room, tiles, k, at, scratch[:buffer5]) })
			parts("tile-deltas", func(at *group5) { l.tileDeltas5(g, room, tiles, y, at, scratch[:buffer5]) })
			parts("tile-scatter", func(at *group5) { l.tileScatter5(g, x, room, tiles, c, at, scratch[:buffer5]) })
			parts("tile-gradients", func(at *group5) {
				for t := range groupTiles {
					l.gradient5(
						room[laneOf(t)*roundLanes(k):], plane5(roundLanes(k), tiles), y[at.place[t]:], g.OW, g.lanes,
						at.tiles[t].rows, at.tiles[t].mask, scratch[:buffer5],
					)
				}
			})
		}
	})
}
