//go:build amd64 && !purego

package kernel

// copyRows copies rows of at most one vector from src[from] on to dst[to] on: the lanes of read,
// zeros in the others. Whole vectors are written. from may lie outside the slice as long as the
// lanes read do not.
func (l Level) copyRows(dst []float32, to int, src []float32, from, rows, dstStep, srcStep int, read uint32) {
	if l == AVX512 {
		copyRowsAVX512(first(dst), to, first(src), from, rows, dstStep, srcStep, read)
	} else {
		copyRowsAVX2(first(dst), to, first(src), from, rows, dstStep, srcStep, read)
	}
}

// sumRows adds up rows of several planes, which are planeStep apart: of plane i the lanes of
// read[i]. Whole vectors are written.
func (l Level) sumRows(
	dst []float32, to int, src []float32, from, rows, dstStep, srcStep, planeStep int,
	read []uint32,
) {
	if l == AVX512 {
		sumRowsAVX512(first(dst), to, first(src), from, rows, dstStep, srcStep, len(read), planeStep, &read[0])
	} else {
		sumRowsAVX2(first(dst), to, first(src), from, rows, dstStep, srcStep, len(read), planeStep, &read[0])
	}
}

// everySecondVectors copies every second element of some vectors.
func (l Level) everySecondVectors(dst, src []float32, vectors int) {
	if l == AVX512 {
		everySecondAVX512(&dst[0], &src[0], vectors)
	} else {
		everySecondAVX2(&dst[0], &src[0], vectors)
	}
}

// addToEverySecondVectors adds some vectors to every second element.
func (l Level) addToEverySecondVectors(dst, src []float32, vectors int) {
	if l == AVX512 {
		addToEverySecondAVX512(&dst[0], &src[0], vectors)
	} else {
		addToEverySecondAVX2(&dst[0], &src[0], vectors)
	}
}
