//go:build amd64 && !purego

package kernel

// mulTile computes a tile of mr rows and at most two vectors of columns.
func (l Level) mulTile(c []float32, ldc int, ap, b []float32, boff []int32, mr, n int, acc bool) {
	switch l {
	case AVX512:
		mulTileAVX512(c, ldc, ap, b, boff, mr, n, acc)
	case AVX2:
		mulTileAVX2(c, ldc, ap, b, boff, mr, n, acc)
	default:
		mulGeneric(c, ldc, ap, b, boff, mr, n, acc)
	}
}

func mulTileAVX512(c []float32, ldc int, a, b []float32, boff []int32, mr, n int, acc bool) {
	mask, k, add := uint32(1)<<n-1, len(boff), boolInt(acc)
	if n > 16 {
		switch mr {
		case 1:
			mulAVX512_1x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 2:
			mulAVX512_2x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 3:
			mulAVX512_3x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 4:
			mulAVX512_4x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 5:
			mulAVX512_5x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 6:
			mulAVX512_6x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 7:
			mulAVX512_7x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 8:
			mulAVX512_8x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 9:
			mulAVX512_9x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 10:
			mulAVX512_10x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 11:
			mulAVX512_11x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 12:
			mulAVX512_12x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 13:
			mulAVX512_13x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 14:
			mulAVX512_14x32(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		}
		return
	}
	switch mr {
	case 1:
		mulAVX512_1x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 2:
		mulAVX512_2x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 3:
		mulAVX512_3x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 4:
		mulAVX512_4x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 5:
		mulAVX512_5x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 6:
		mulAVX512_6x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 7:
		mulAVX512_7x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 8:
		mulAVX512_8x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 9:
		mulAVX512_9x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 10:
		mulAVX512_10x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 11:
		mulAVX512_11x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 12:
		mulAVX512_12x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 13:
		mulAVX512_13x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 14:
		mulAVX512_14x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	}
}

func mulTileAVX2(c []float32, ldc int, a, b []float32, boff []int32, mr, n int, acc bool) {
	mask, k, add := uint32(1)<<n-1, len(boff), boolInt(acc)
	if n > 8 {
		switch mr {
		case 1:
			mulAVX2_1x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 2:
			mulAVX2_2x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 3:
			mulAVX2_3x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 4:
			mulAVX2_4x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 5:
			mulAVX2_5x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		case 6:
			mulAVX2_6x16(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
		}
		return
	}
	switch mr {
	case 1:
		mulAVX2_1x8(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 2:
		mulAVX2_2x8(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 3:
		mulAVX2_3x8(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 4:
		mulAVX2_4x8(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 5:
		mulAVX2_5x8(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	case 6:
		mulAVX2_6x8(first(c), ldc, first(a), first(b), firstOffset(boff), k, mask, add)
	}
}

// mulDot splits the rows of both operands evenly into tiles.
func (l Level) mulDot(c []float32, ldc int, a []float32, aoff []int32, as int, b []float32, boff []int32, bs, k, segments int, acc bool) {
	most := 5
	if l == AVX2 {
		most = 3
	}
	mParts, nParts := (len(aoff)+most-1)/most, (len(boff)+most-1)/most
	vectors, tail := k/l.lanes(), uint32(1)<<(k%l.lanes())-1
	add := boolInt(acc)
	for i := range mParts {
		i0, mr := evenly(len(aoff), mParts, i)
		for j := range nParts {
			j0, nr := evenly(len(boff), nParts, j)
			to, rows, cols := first(c[i0*ldc+j0:]), &aoff[i0], &boff[j0]
			if l == AVX512 {
				dotAVX512(to, ldc, first(a), rows, as, first(b), cols, bs, vectors, tail, segments, add, mr, nr)
			} else {
				dotAVX2(to, ldc, first(a), rows, as, first(b), cols, bs, vectors, tail, segments, add, mr, nr)
			}
		}
	}
}

func dotAVX512(c *float32, ldc int, a *float32, aoff *int32, as int, b *float32, boff *int32, bs, vectors int, tail uint32, segments, acc, mr, nr int) {
	switch 5*mr + nr {
	case 5*1 + 1:
		dotAVX512_1x1(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*1 + 2:
		dotAVX512_1x2(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*1 + 3:
		dotAVX512_1x3(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*1 + 4:
		dotAVX512_1x4(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*1 + 5:
		dotAVX512_1x5(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*2 + 1:
		dotAVX512_2x1(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*2 + 2:
		dotAVX512_2x2(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*2 + 3:
		dotAVX512_2x3(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*2 + 4:
		dotAVX512_2x4(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*2 + 5:
		dotAVX512_2x5(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*3 + 1:
		dotAVX512_3x1(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*3 + 2:
		dotAVX512_3x2(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*3 + 3:
		dotAVX512_3x3(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*3 + 4:
		dotAVX512_3x4(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*3 + 5:
		dotAVX512_3x5(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*4 + 1:
		dotAVX512_4x1(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*4 + 2:
		dotAVX512_4x2(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*4 + 3:
		dotAVX512_4x3(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*4 + 4:
		dotAVX512_4x4(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*4 + 5:
		dotAVX512_4x5(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*5 + 1:
		dotAVX512_5x1(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*5 + 2:
		dotAVX512_5x2(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*5 + 3:
		dotAVX512_5x3(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*5 + 4:
		dotAVX512_5x4(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 5*5 + 5:
		dotAVX512_5x5(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	}
}

func dotAVX2(c *float32, ldc int, a *float32, aoff *int32, as int, b *float32, boff *int32, bs, vectors int, tail uint32, segments, acc, mr, nr int) {
	switch 3*mr + nr {
	case 3*1 + 1:
		dotAVX2_1x1(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 3*1 + 2:
		dotAVX2_1x2(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 3*1 + 3:
		dotAVX2_1x3(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 3*2 + 1:
		dotAVX2_2x1(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 3*2 + 2:
		dotAVX2_2x2(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 3*2 + 3:
		dotAVX2_2x3(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 3*3 + 1:
		dotAVX2_3x1(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 3*3 + 2:
		dotAVX2_3x2(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	case 3*3 + 3:
		dotAVX2_3x3(c, ldc, a, aoff, as, b, boff, bs, vectors, tail, segments, acc)
	}
}

// PeakFLOPs runs independent multiply-adds in registers and returns how many operations they were; the
// caller measures the time.
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
