package kernel

// The order of a sum depends on the level and the length only. At AVX-512 and AVX2 vector i of four
// goes to accumulator i, the one to three vectors that are left to the first, the tail to the
// second; the result is (0 + 1) + (2 + 3), its lanes added halves onto halves. Generic has four
// scalar accumulators.

// Sum returns Σ x[i]; |error| ≤ n·2⁻²⁴·Σ|x|.
func (l Level) Sum(x []float32) float32 {
	switch l {
	case AVX512:
		return sumAVX512(first(x), len(x))
	case AVX2:
		return sumAVX2(first(x), len(x))
	}
	return sumGeneric(x)
}
