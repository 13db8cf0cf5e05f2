package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// BenchmarkDepthwise measures depthwise convolutions and both gradients at the shapes of MobileNetV2
// and EfficientNet-Lite0, µs for an image: of eight images, which no cache holds where they are
// large, the shortest of the repetitions.
func BenchmarkDepthwise(b *testing.B) {
	for _, s := range [][4]int{ // channels, extent, kernel, stride
		{32, 112, 3, 1}, {96, 112, 3, 2}, {144, 56, 3, 1}, {144, 56, 5, 2}, {240, 28, 5, 1},
		{240, 28, 3, 2}, {480, 14, 3, 1}, {480, 14, 5, 1}, {672, 14, 5, 1}, {1152, 7, 5, 1},
		{1152, 7, 3, 1}, {192, 28, 3, 1}, {384, 14, 3, 1}, {960, 7, 3, 1}, {672, 14, 5, 2},
	} {
		b.Run(fmt.Sprintf("%d,%d,%d,%d", s[0], s[1], s[2], s[3]), func(b *testing.B) {
			benchLevels(b, func(b *testing.B, l Level) {
				if l == Generic {
					b.SkipNow()
				}
				benchmarkDepthwise(b, l, s[0], s[1], s[2], s[3])
			})
		})
	}
}

func benchmarkDepthwise(b *testing.B, l Level, channels, extent, k, stride int) {
	out := (extent + stride - 1) / stride
	before := max((out-1)*stride+k-extent, 0) / 2
	g := Conv{
		C: channels, H: extent, W: extent, KH: k, KW: k, OH: out, OW: out, SH: stride, SW: stride,
		PT: before, PL: before, DH: 1, DW: 1,
	}
	const images = 8
	r := rand.New(rand.NewPCG(1, 1))
	nx, ny := channels*extent*extent, channels*out*out
	x, y, w := normals(r, images*nx, 1), normals(r, images*ny, 1), normals(r, channels*k*k, 1)
	dw := slices.Clone(w)
	var best [3]time.Duration
	for b.Loop() {
		for i, call := range []func(x, y []float32){
			func(x, y []float32) { l.Depthwise(&g, y, x, w) },
			func(x, y []float32) { l.DepthwiseInput(&g, x, y, w) },
			func(x, y []float32) { l.DepthwiseWeights(&g, dw, x, y, true) },
		} {
			start := time.Now()
			for n := range images {
				call(x[n*nx:(n+1)*nx], y[n*ny:(n+1)*ny])
			}
			if t := time.Since(start); best[i] == 0 || t < best[i] {
				best[i] = t
			}
		}
	}
	for i, unit := range []string{"fwd-µs", "input-µs", "weights-µs"} {
		b.ReportMetric(float64(best[i].Nanoseconds())/1e3/images, unit)
	}
}
