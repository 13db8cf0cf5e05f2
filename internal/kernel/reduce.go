package kernel

// A reduction's order depends on the level and the length only. At AVX-512 and AVX2 vector i of four goes to
// accumulator i, the one to three vectors that are left to the first, the tail to the second; the result is
// (0 + 1) + (2 + 3), its lanes added halves onto halves. Generic has four scalar accumulators.

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

// Dot returns Σ a[i]·b[i], n = len(a), b at least as long; |error| ≤ (n+1)·2⁻²⁴·Σ|a·b| unless a product is
// denormal. Products are not rounded at AVX2 and AVX512.
func (l Level) Dot(a, b []float32) float32 {
	n := len(a)
	switch l {
	case AVX512:
		return innerAVX512(at(a, n), at(b, n), n)
	case AVX2:
		return innerAVX2(at(a, n), at(b, n), n)
	}
	return innerGeneric(a, b)
}

// SumSquares returns Σ x[i]², with the error of Dot.
func (l Level) SumSquares(x []float32) float32 { return l.Dot(x, x) }

// MaxOf returns the largest element, −∞ of none, and NaN if an element is NaN. The sign of a zero is open.
func (l Level) MaxOf(x []float32) float32 {
	switch l {
	case AVX512:
		return maxOfAVX512(first(x), len(x))
	case AVX2:
		return maxOfAVX2(first(x), len(x))
	}
	return maxOfGeneric(x)
}

// ArgMax returns the index of the first largest element, of the first NaN if there is one, and −1 of none.
func (l Level) ArgMax(x []float32) int {
	best := -1
	for i, v := range x {
		if v != v {
			return i
		}
		if best < 0 || v > x[best] {
			best = i
		}
	}
	return best
}
