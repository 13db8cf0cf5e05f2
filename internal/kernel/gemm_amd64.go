//go:build amd64 && !purego

package kernel

// mulKernel computes a tile of C: see wide and narrow in the generator. size is the number of tiles
// of a wide kernel, of columns of a narrow one.
type mulKernel = func(
	c *float32, ldc int, a, b *float32, boff *int32, k, size, acc int, terms, clamp *float32,
	ahead int,
)

// The kernels by their number of rows.
var (
	wideAVX512 = [...]mulKernel{
		1:  mulAVX512_1x32,
		2:  mulAVX512_2x32,
		3:  mulAVX512_3x32,
		4:  mulAVX512_4x32,
		5:  mulAVX512_5x32,
		6:  mulAVX512_6x32,
		7:  mulAVX512_7x32,
		8:  mulAVX512_8x32,
		9:  mulAVX512_9x32,
		10: mulAVX512_10x32,
		11: mulAVX512_11x32,
		12: mulAVX512_12x32,
		13: mulAVX512_13x32,
		14: mulAVX512_14x32,
	}
	narrowAVX512 = [...]mulKernel{
		1:  mulAVX512_1x16,
		2:  mulAVX512_2x16,
		3:  mulAVX512_3x16,
		4:  mulAVX512_4x16,
		5:  mulAVX512_5x16,
		6:  mulAVX512_6x16,
		7:  mulAVX512_7x16,
		8:  mulAVX512_8x16,
		9:  mulAVX512_9x16,
		10: mulAVX512_10x16,
		11: mulAVX512_11x16,
		12: mulAVX512_12x16,
		13: mulAVX512_13x16,
		14: mulAVX512_14x16,
	}
	halfAVX512 = [...]mulKernel{
		1:  mulAVX512_1x8,
		2:  mulAVX512_2x8,
		3:  mulAVX512_3x8,
		4:  mulAVX512_4x8,
		5:  mulAVX512_5x8,
		6:  mulAVX512_6x8,
		7:  mulAVX512_7x8,
		8:  mulAVX512_8x8,
		9:  mulAVX512_9x8,
		10: mulAVX512_10x8,
		11: mulAVX512_11x8,
		12: mulAVX512_12x8,
		13: mulAVX512_13x8,
		14: mulAVX512_14x8,
	}
	wideAVX2 = [...]mulKernel{
		1: mulAVX2_1x16,
		2: mulAVX2_2x16,
		3: mulAVX2_3x16,
		4: mulAVX2_4x16,
		5: mulAVX2_5x16,
		6: mulAVX2_6x16,
	}
	narrowAVX2 = [...]mulKernel{
		1: mulAVX2_1x8,
		2: mulAVX2_2x8,
		3: mulAVX2_3x8,
		4: mulAVX2_4x8,
		5: mulAVX2_5x8,
		6: mulAVX2_6x8,
	}
)

// mulTile computes mr rows and n columns: whole tiles of two vectors, or at most one vector.
// e is its last step. With ahead it asks for the columns of B so many elements further on.
func (l Level) mulTile(
	c []float32, ldc int, ap, b []float32, boff []int32, mr, n int, acc bool, e Epilogue, ahead int,
) {
	if l == Generic {
		mulGeneric(c, ldc, ap, b, boff, mr, n, acc)
		e.generic(c, ldc, mr, n)
		return
	}
	kernel, size := l.mulKernel(mr, n)
	kernel(
		first(c), ldc, first(ap), first(b), firstOffset(boff), len(boff), size, boolInt(acc),
		first(e.Terms), e.Clamp.bounds(), 4*ahead,
	)
}

func (l Level) mulKernel(mr, n int) (kernel mulKernel, size int) {
	switch wide := 2 * l.lanes(); {
	case l == AVX512 && n >= wide:
		return wideAVX512[mr], n / wide
	case l == AVX512 && n > 8:
		return narrowAVX512[mr], n
	case l == AVX512: // Zen 4 takes two steps for a vector of 16, one for a vector of 8
		return halfAVX512[mr], n
	case n >= wide:
		return wideAVX2[mr], n / wide
	}
	return narrowAVX2[mr], n
}

// manyKernel computes products one after the other: see many in the generator.
type manyKernel = func(
	c *float32, ldc, cStep int, a *float32, aStep int, b *float32, ldb, bStep, k, tiles, count int,
	ahead *float32, lines int,
)

// The kernels by their number of rows.
var (
	manyAVX512 = [...]manyKernel{
		1:  mulManyAVX512_1,
		2:  mulManyAVX512_2,
		3:  mulManyAVX512_3,
		4:  mulManyAVX512_4,
		5:  mulManyAVX512_5,
		6:  mulManyAVX512_6,
		7:  mulManyAVX512_7,
		8:  mulManyAVX512_8,
		9:  mulManyAVX512_9,
		10: mulManyAVX512_10,
		11: mulManyAVX512_11,
		12: mulManyAVX512_12,
		13: mulManyAVX512_13,
		14: mulManyAVX512_14,
	}
	manyAVX2 = [...]manyKernel{
		1: mulManyAVX2_1,
		2: mulManyAVX2_2,
		3: mulManyAVX2_3,
		4: mulManyAVX2_4,
		5: mulManyAVX2_5,
		6: mulManyAVX2_6,
	}
)

// mulMany computes, for every frequency f, mr rows and n columns, whole tiles of two vectors, of the
// product of packed rows a + f·aStep, k numbers deep, and b + f·bStep, whose rows are ldc apart like
// those of the result c + f·cStep. Meanwhile it asks for ahead.
func (l Level) mulMany(
	c []float32, ldc, cStep int, a []float32, aStep int, b []float32, bStep, mr, k, n int, ahead []float32,
) {
	kernels := manyAVX2[:]
	if l == AVX512 {
		kernels = manyAVX512[:]
	}
	lines := (len(ahead) + frequencies*cacheLine - 1) / (frequencies * cacheLine)
	kernels[mr](
		first(c), ldc, cStep, first(a), aStep, first(b), ldc, bStep, k, n/(2*l.lanes()), frequencies,
		first(ahead), lines,
	)
}

// dotKernel computes a tile of dot products: see dot in the generator.
type dotKernel = func(
	c *float32, ldc int, a *float32, aoff *int32, as int, b *float32, boff *int32, bs, vectors int,
	tail uint32, segments, acc int,
)

// The kernels by their numbers of rows of A and B.
var (
	dotsAVX512 = [...][6]dotKernel{
		1: {1: dotAVX512_1x1, 2: dotAVX512_1x2, 3: dotAVX512_1x3, 4: dotAVX512_1x4, 5: dotAVX512_1x5},
		2: {1: dotAVX512_2x1, 2: dotAVX512_2x2, 3: dotAVX512_2x3, 4: dotAVX512_2x4, 5: dotAVX512_2x5},
		3: {1: dotAVX512_3x1, 2: dotAVX512_3x2, 3: dotAVX512_3x3, 4: dotAVX512_3x4, 5: dotAVX512_3x5},
		4: {1: dotAVX512_4x1, 2: dotAVX512_4x2, 3: dotAVX512_4x3, 4: dotAVX512_4x4, 5: dotAVX512_4x5},
		5: {1: dotAVX512_5x1, 2: dotAVX512_5x2, 3: dotAVX512_5x3, 4: dotAVX512_5x4, 5: dotAVX512_5x5},
	}
	dotsAVX2 = [...][4]dotKernel{
		1: {1: dotAVX2_1x1, 2: dotAVX2_1x2, 3: dotAVX2_1x3},
		2: {1: dotAVX2_2x1, 2: dotAVX2_2x2, 3: dotAVX2_2x3},
		3: {1: dotAVX2_3x1, 2: dotAVX2_3x2, 3: dotAVX2_3x3},
		4: {1: dotAVX2_4x1, 2: dotAVX2_4x2, 3: dotAVX2_4x3},
	}
)

// dotTile returns the largest numbers of rows of A and B that a kernel takes.
func (l Level) dotTile() (mr, nr int) {
	if l == AVX512 {
		return len(dotsAVX512) - 1, len(dotsAVX512[0]) - 1
	}
	return len(dotsAVX2) - 1, len(dotsAVX2[0]) - 1
}

// dotBlock is how many floats of one operand mulDot keeps in a first-level cache of 32 KiB: half of
// it.
const dotBlock = 4096

// mulDot splits the rows of both operands evenly into tiles. Tiles of the operand with more rows
// come in blocks that stay in the cache while the other operand passes by.
func (l Level) mulDot(
	c []float32, ldc int, a []float32, aoff []int32, as int, b []float32, boff []int32,
	bs, k, segments int, acc bool,
) {
	maxRows, maxCols := l.dotTile()
	mParts, nParts := (len(aoff)+maxRows-1)/maxRows, (len(boff)+maxCols-1)/maxCols
	vectors, tail := k/l.lanes(), uint32(1)<<(k%l.lanes())-1
	iBlock, jBlock := mParts, max(1, dotBlock/(maxCols*k*segments))
	if mParts > nParts {
		iBlock, jBlock = max(1, dotBlock/(maxRows*k*segments)), nParts
	}
	for i, j := 0, 0; j < nParts; {
		for ii := i; ii < min(i+iBlock, mParts); ii++ {
			i0, mr := evenly(len(aoff), mParts, ii)
			for jj := j; jj < min(j+jBlock, nParts); jj++ {
				j0, nr := evenly(len(boff), nParts, jj)
				l.dotKernel(mr, nr)(
					first(c[i0*ldc+j0:]), ldc, first(a), &aoff[i0], as, first(b), &boff[j0], bs,
					vectors, tail, segments, boolInt(acc),
				)
			}
		}
		if i += iBlock; i >= mParts {
			i, j = 0, j+jBlock
		}
	}
}

func (l Level) dotKernel(mr, nr int) dotKernel {
	if l == AVX512 {
		return dotsAVX512[mr][nr]
	}
	return dotsAVX2[mr][nr]
}

// PeakFLOPs runs independent multiply-adds in registers and returns how many operations they were;
// the caller measures the time.
func (l Level) PeakFLOPs(iterations int) int {
	switch l {
	case AVX512:
		peakAVX512(iterations)
		return iterations * 28 * 2 * 16
	case AVX2:
		peakAVX2(iterations)
		return iterations * 12 * 2 * 8
	}
	return peakGeneric(iterations)
}
