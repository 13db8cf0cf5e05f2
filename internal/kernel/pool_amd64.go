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

// sumPairs adds up some vectors of windows of two rows.
func (l Level) sumPairs(dst, upper, lower []float32, vectors int) {
	if l == AVX512 {
		sumPairsAVX512(&dst[0], &upper[0], &lower[0], vectors)
	} else {
		sumPairsAVX2(&dst[0], &upper[0], &lower[0], vectors)
	}
}

// spreadPairs copies some vectors of elements to their windows of two rows.
func (l Level) spreadPairs(upper, lower, src []float32, vectors int) {
	if l == AVX512 {
		spreadPairsAVX512(&upper[0], &lower[0], &src[0], vectors)
	} else {
		spreadPairsAVX2(&upper[0], &lower[0], &src[0], vectors)
	}
}

func (l Level) gatherPairs(dst, src []float32, index []int32, r pairRows) {
	kernel := gatherPairsAVX2
	if l == AVX512 {
		kernel = gatherPairsAVX512
	}
	kernel(
		first(dst), first(src), firstOffset(index), r.whole, r.masked, r.rows, r.width, r.step, r.first,
		r.low, r.high, r.store,
	)
}

func (l Level) scatterPairs(dst, src []float32, index []int32, r pairRows) {
	kernel := scatterPairsAVX2
	if l == AVX512 {
		kernel = scatterPairsAVX512
	}
	kernel(
		first(dst), first(src), firstOffset(index), r.whole, r.masked, r.rows, r.width, r.step, r.first,
		r.low, r.high, r.store,
	)
}
