package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// perElement reports what a call on n elements that moves the given bytes costs.
func perElement(b *testing.B, n, bytes int) {
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(seconds*1e9/float64(n), "ns/elem")
	b.ReportMetric(float64(bytes)/seconds/1e9, "GB/s")
}

// benchN is the block of the interpreter that calls these kernels.
const benchN = 512

func BenchmarkUnary(b *testing.B) {
	x := normals(rand.New(rand.NewPCG(5, 6)), benchN, 2)
	dst := make([]float32, benchN)
	for op := range unaryCount {
		b.Run("op="+op.String(), func(b *testing.B) {
			benchLevels(b, func(b *testing.B, l Level) {
				b.Run(fmt.Sprintf("n=%d", benchN), func(b *testing.B) {
					for b.Loop() {
						l.Unary(op, dst, x)
					}
					perElement(b, benchN, 8*benchN)
				})
			})
		})
	}
}

func BenchmarkBinary(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	x, y, dst := normals(r, benchN, 2), normals(r, benchN, 2), make([]float32, benchN)
	for op := range binaryCount {
		b.Run("op="+op.String(), func(b *testing.B) {
			benchLevels(b, func(b *testing.B, l Level) {
				b.Run(fmt.Sprintf("n=%d", benchN), func(b *testing.B) {
					for b.Loop() {
						l.Binary(op, dst, x, y)
					}
					perElement(b, benchN, 12*benchN)
				})
			})
		})
	}
}

// BenchmarkCall measures what a call costs beside its work.
func BenchmarkCall(b *testing.B) {
	x, y := make([]float32, 1), make([]float32, 1)
	benchLevels(b, func(b *testing.B, l Level) {
		b.Run("n=1", func(b *testing.B) {
			for b.Loop() {
				l.Binary(Add, x, x, y)
			}
		})
	})
}

func BenchmarkReduce(b *testing.B) {
	x := normals(rand.New(rand.NewPCG(9, 10)), benchN, 2)
	var sink float32
	for _, op := range []struct {
		name string
		f    func(l Level) float32
	}{
		{"sum", func(l Level) float32 { return l.Sum(x) }},
	} {
		b.Run("op="+op.name, func(b *testing.B) {
			benchLevels(b, func(b *testing.B, l Level) {
				b.Run(fmt.Sprintf("n=%d", benchN), func(b *testing.B) {
					for b.Loop() {
						sink += op.f(l)
					}
					perElement(b, benchN, 4*benchN)
				})
			})
		})
	}
}
