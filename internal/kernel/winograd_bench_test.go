package kernel

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkWinograd measures the three passes and their parts on chunks of a ResNet's maps. The rate counts the
// multiply-adds of the definition. The fastest of all runs is reported, for a machine that others use too.
func BenchmarkWinograd(b *testing.B) {
	benchLevels(b, func(b *testing.B, l Level) {
		for _, s := range [][5]int{{8, 16, 16, 32, 32}, {8, 32, 32, 16, 16}, {8, 64, 64, 8, 8}, {2, 64, 64, 56, 56}, {2, 64, 64, 40, 40}, {4, 128, 128, 28, 28}} {
			n, c, k, h, w := s[0], s[1], s[2], s[3], s[4]
			g := NewWinograd(n, c, k, h, w)
			x, y := make([]float32, n*c*h*w+Slack), make([]float32, n*k*h*w+Slack)
			for i := range x {
				x[i] = float32(i%7) - 3
			}
			for i := range y {
				y[i] = float32(i%5) - 2
			}
			filters, u := make([]float32, k*c*9), make([]float32, WinogradFilterSize(k, c))
			scratch, sums := make([]float32, max(g.ConvScratch(), g.WeightScratch())), make([]float32, g.WeightSums())
			operations := 2 * 9 * n * c * k * h * w
			run := func(name string, f func()) {
				leastOf(b, fmt.Sprintf("%d×%d×%d→%d/%s", n, c, h, k, name), n, operations, f)
			}
			run("conv", func() { l.WinogradConv(g, y, x, u, scratch) })
			run("weights", func() { l.WinogradWeights(g, sums, x, y, scratch, false) })
			run("finish", func() { l.WinogradFinish(g, filters, sums, scratch) })
			run("filter", func() {
				for q := range WinogradBlocks(k) {
					l.WinogradFilter(u, filters, seq(k, 9*c), seq(c, 9), false, q)
				}
			})
			run("inputs", func() {
				for i := 0; i < g.groups; i += g.block {
					l.transformInputs(g, scratch, g.plane(g.C), x, i, min(g.block, g.groups-i))
				}
			})
			run("gradients", func() {
				for i := range g.groups {
					l.tileGradients(g, scratch[i%g.block*groupTiles*roundLanes(k):], g.tiles()*roundLanes(k)+skew, y, &g.out[i])
				}
			})
		}
	})
}

// leastOf reports the shortest run of a pass over images, and the rate at which it did so many
// operations.
func leastOf(b *testing.B, name string, images, operations int, pass func()) {
	b.Run(name, func(b *testing.B) {
		least := time.Hour
		for b.Loop() {
			start := time.Now()
			pass()
			least = min(least, time.Since(start))
		}
		b.ReportMetric(least.Seconds()*1e6/float64(images), "least-µs/image")
		b.ReportMetric(float64(operations)/least.Seconds()/1e9, "most-GFLOP/s")
	})
}

// BenchmarkWinogradFilters transforms filters whose results are in no cache before, as in a step of a
// large network.
func BenchmarkWinogradFilters(b *testing.B) {
	benchLevels(b, func(b *testing.B, l Level) {
		for _, k := range []int{64, 256} {
			for _, turned := range []bool{false, true} {
				rows, cols := seq(k, 9*k), seq(k, 9)
				if turned {
					rows, cols = cols, rows
				}
				filters, size := make([]float32, 9*k*k), WinogradFilterSize(k, k)
				results, at := make([]float32, max(2*size, 16<<20)), 0
				leastOf(b, fmt.Sprintf("%d→%d/turned=%v", k, k, turned), k*k, 0, func() {
					u := results[at:][:size]
					if at += size; at+size > len(results) {
						at = 0
					}
					for q := range WinogradBlocks(k) {
						l.WinogradFilter(u, filters, rows, cols, turned, q)
					}
				})
			}
		}
	})
}
