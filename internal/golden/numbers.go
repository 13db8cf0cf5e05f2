package golden

import (
	"fmt"
	"math"
)

// Numbers returns the n numbers in [-1, 1) of a name, which are float32: `numbers` of
// tools/golden/models.py.
func Numbers(name string, n int) []float64 {
	state := uint64(0xCBF29CE484222325)
	for _, b := range []byte(name) {
		state = (state ^ uint64(b)) * 0x100000001B3
	}
	out := make([]float64, n)
	for i := range out {
		state ^= state >> 12
		state ^= state << 25
		state ^= state >> 27
		out[i] = float64(state*0x2545F4914F6CDD1D>>40)/(1<<23) - 1
	}
	return out
}

// Counted returns the n numbers in [-1, 1) of a name, which are float32: `numbers` of
// tools/golden/photo.py, SplitMix64.
func Counted(name string, n int) []float64 {
	state := uint64(0xCBF29CE484222325)
	for _, b := range []byte(name) {
		state = (state ^ uint64(b)) * 0x100000001B3
	}
	out := make([]float64, n)
	for i := range out {
		state += 0x9E3779B97F4A7C15
		z := (state ^ state>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
		out[i] = float64(z>>40)/(1<<23) - 1
	}
	return out
}

// Fingerprint returns a gradient's norm and its products with two patterns of signs: `fingerprint` of
// tools/golden/models.py.
func Fingerprint(name string, gradient []float64) []float64 {
	return fingerprint(Numbers, name, gradient)
}

// CountedFingerprint is Fingerprint with the numbers of Counted: `fingerprint` of
// tools/golden/photo.py.
func CountedFingerprint(name string, gradient []float64) []float64 {
	return fingerprint(Counted, name, gradient)
}

func fingerprint(
	numbers func(string, int) []float64, name string, gradient []float64,
) []float64 {
	out := make([]float64, 3)
	for _, v := range gradient {
		out[0] += v * v
	}
	out[0] = math.Sqrt(out[0])
	for i := range 2 {
		for j, u := range numbers(fmt.Sprintf("%s/%d", name, i), len(gradient)) {
			if u < 0 {
				out[1+i] -= gradient[j]
			} else {
				out[1+i] += gradient[j]
			}
		}
	}
	return out
}
