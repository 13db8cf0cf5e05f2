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

// expandChannels expands all channels of x by blocks.
func (l Level) expandChannels(g *Conv, xp, x []float32, blocks []expandBlock) {
	dstChannel, srcChannel := 4*g.KW*g.SH*g.Rows()*g.OW, 4*g.H*g.W
	to, from, list, dstStep, srcStep := first(xp), first(x), &blocks[0].to, 4*g.OW, 4*g.SH*g.W
	if l == AVX512 { // no variable for the kernel: blocks would move to the heap
		expandBlocksAVX512(to, from, list, len(blocks), g.C, dstChannel, srcChannel, dstStep, srcStep)
	} else {
		expandBlocksAVX2(to, from, list, len(blocks), g.C, dstChannel, srcChannel, dstStep, srcStep)
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

// everySecond copies every second element of rows, of at most one vector of results each, from
// src[from] on: of two vectors the lanes of low and high. Whole vectors are written. from may lie
// outside the slice as long as the lanes read do not.
func (l Level) everySecond(
	dst []float32, to int, src []float32, from, rows, dstStep, srcStep int, low, high uint32,
) {
	if l == AVX512 {
		everySecondAVX512(first(dst), to, first(src), from, rows, dstStep, srcStep, low, high)
	} else {
		everySecondAVX2(first(dst), to, first(src), from, rows, dstStep, srcStep, low, high)
	}
}

// addToEverySecond adds the lanes of read of rows of src to every second element from dst[to] on,
// and +0 to the others of two vectors.
func (l Level) addToEverySecond(
	dst []float32, to int, src []float32, from, rows, dstStep, srcStep int, read uint32,
) {
	if l == AVX512 {
		addToEverySecondAVX512(first(dst), to, first(src), from, rows, dstStep, srcStep, read)
	} else {
		addToEverySecondAVX2(first(dst), to, first(src), from, rows, dstStep, srcStep, read)
	}
}
