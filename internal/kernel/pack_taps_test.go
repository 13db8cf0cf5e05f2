package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestPackTaps compares with PackA for the columns that PackTaps stands for.
func TestPackTaps(t *testing.T) {
	r := rand.New(rand.NewPCG(49, 50))
	for _, s := range [][3]int{{1, 1, 1}, {3, 5, 9}, {64, 20, 9}, {29, 7, 4}, {15, 33, 1}, {8, 3, 9}, {13, 2, 9}, {27, 9, 9}, {90, 33, 9}} {
		m, n, taps := s[0], s[1], s[2]
		w := normals(r, m*n*taps, 1)
		for _, turned := range []bool{false, true} {
			rows, channels := seq(m, n*taps), seq(n, taps)
			if turned {
				rows, channels = seq(m, taps), seq(n, m*taps)
			}
			var cols []int32
			for tap := range taps {
				for _, c := range channels {
					cols = append(cols, c+int32(tap))
				}
			}
			allLevels(t, func(t *testing.T, l Level) {
				want, got := make([]float32, l.PackedSize(m, n*taps)), canaries(l.PackedSize(m, n*taps))
				l.PackA(want, w, rows, cols)
				l.PackTaps(got, w, rows, channels, taps)
				untouched(t, "panels", got[len(want):])
				for i := range want {
					if got[i] != want[i] {
						t.Fatalf("%v, turned %v: element %d is %v, want %v", s, turned, i, got[i], want[i])
					}
				}
			})
		}
	}
}

// BenchmarkPackTaps packs the filters of ResNet-18's last stage, forth and back.
func BenchmarkPackTaps(b *testing.B) {
	const m, n, taps = 512, 512, 9
	w := normals(rand.New(rand.NewPCG(51, 52)), m*n*taps, 1)
	for _, l := range Supported() {
		for _, turned := range []bool{false, true} {
			b.Run(fmt.Sprintf("%v/turned=%v", l, turned), func(b *testing.B) {
				rows, channels := seq(m, n*taps), seq(n, taps)
				if turned {
					rows, channels = seq(m, taps), seq(n, m*taps)
				}
				dst := make([]float32, l.PackedSize(m, n*taps))
				for b.Loop() {
					l.PackTaps(dst, w, rows, channels, taps)
				}
				b.SetBytes(8 * int64(len(w)))
			})
		}
	}
}
