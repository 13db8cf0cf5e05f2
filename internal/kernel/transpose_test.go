package kernel

import (
	"slices"
	"testing"
)

// TestTranspose moves matrices of every size around whole blocks, with steps beyond their rows, and checks that
// nothing else is written.
func TestTranspose(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		for m := 0; m <= 19; m++ {
			for n := 0; n <= 19; n++ {
				const fromStep, toStep = 23, 21
				from, to := make([]float32, max(n-1, 0)*fromStep+m), make([]float32, max(m-1, 0)*toStep+n+Slack)
				want := make([]float32, len(to))
				for i := range from {
					from[i] = float32(i + 1)
				}
				for i := range m {
					for j := range n {
						want[i*toStep+j] = from[j*fromStep+i]
					}
				}
				l.Transpose(to, toStep, from, fromStep, m, n)
				if !slices.Equal(to, want) {
					t.Fatalf("%d×%d: %v, want %v", m, n, to, want)
				}
			}
		}
	})
}

func BenchmarkTranspose(b *testing.B) {
	benchLevels(b, func(b *testing.B, l Level) {
		from, to := make([]float32, 196*64), make([]float32, 196*64)
		b.SetBytes(4 * 196 * 64)
		for b.Loop() {
			l.Transpose(to, 64, from, 196, 196, 64)
		}
	})
}
