//go:build amd64 && !purego

package kernel

// maxIndexPairs does a block of columns, one vector of windows wide.
func (l Level) maxIndexPairs(
	dst []int32, src []float32, whole, masked, step, width int, at int32, low, high, store uint32,
) {
	if l == AVX512 {
		maxIndexPairsAVX512(firstOffset(dst), first(src), whole, masked, step, width, at, low, high, store)
	} else {
		maxIndexPairsAVX2(firstOffset(dst), first(src), whole, masked, step, width, at, low, high, store)
	}
}
