package kernel

// Fill sets every element to s.
func (l Level) Fill(dst []float32, s float32) {
	n := len(dst)
	switch l {
	case AVX512:
		fillAVX512(at(dst, n), s, n)
	case AVX2:
		fillAVX2(at(dst, n), s, n)
	default:
		fillGeneric(dst, s)
	}
}

// AddTo computes dst[i] += x[i].
func (l Level) AddTo(dst, x []float32) {
	n := len(dst)
	switch l {
	case AVX512:
		addToAVX512(at(dst, n), at(x, n), n)
	case AVX2:
		addToAVX2(at(dst, n), at(x, n), n)
	default:
		addToGeneric(dst, x)
	}
}
