package kernel

//go:generate sh -c "cd _asm && go run ./pool -out ../pool_amd64.s -stubs ../pool_stubs_amd64.go -pkg kernel"

// MaxIndexPairs finds the largest element of every 2×2 window, stride 2, of a plane of the given
// width: dst[i·cols + j] is its index in src, the first in row-major order where several are equal,
// and NaN is larger than nothing. src holds at least 2·rows·width elements, 2·cols ≤ width.
func (l Level) MaxIndexPairs(dst []int32, src []float32, rows, cols, width int) {
	if l == Generic {
		maxIndexPairsGeneric(dst, src, rows, cols, width)
		return
	}
	lanes := l.lanes()
	// Blocks go from right to left: what a vector of the last one leaves beyond its row, the others
	// overwrite.
	for j := (cols - 1) / lanes * lanes; j >= 0; j -= lanes {
		n := min(cols-j, lanes)
		low, high := uint32(1)<<min(2*n, lanes)-1, uint32(1)<<max(2*n-lanes, 0)-1
		// Masked stores are slow, so only rows whose vectors would reach past the end take them.
		whole := 0
		if last := rows*cols - j - lanes; last >= 0 {
			whole = min(last/cols+1, rows-1)
		}
		l.maxIndexPairs(dst[j:], src[2*j:], whole, rows-whole, cols, width, int32(2*j), low, high, uint32(1)<<n-1)
	}
}

// SumPairs adds up every 2×2 window, stride 2, of a plane of the given width, row by row from the
// left. src holds at least 2·rows·width elements, 2·cols ≤ width.
func (l Level) SumPairs(dst, src []float32, rows, cols, width int) {
	for i := range rows {
		to, upper, lower := dst[i*cols:][:cols], src[2*i*width:][:2*cols], src[(2*i+1)*width:][:2*cols]
		done := 0
		if l != Generic {
			lanes := l.lanes()
			if done = cols / lanes * lanes; done > 0 {
				l.sumPairs(to, upper, lower, done/lanes)
			}
		}
		for j := done; j < cols; j++ {
			var s float32 // not −0
			s += upper[2*j]
			s += upper[2*j+1]
			s += lower[2*j]
			to[j] = s + lower[2*j+1]
		}
	}
}

// SpreadPairs is the transpose of SumPairs for a plane that windows cover: each element of src goes
// to the four of its window. dst holds 2·rows rows of 2·cols elements.
func (l Level) SpreadPairs(dst, src []float32, rows, cols int) {
	for i := range rows {
		from, upper := src[i*cols:][:cols], dst[4*i*cols:][:2*cols]
		lower := dst[(4*i+2)*cols:][:2*cols]
		done := 0
		if l != Generic {
			lanes := l.lanes()
			if done = cols / lanes * lanes; done > 0 {
				l.spreadPairs(upper, lower, from, done/lanes)
			}
		}
		for j := done; j < cols; j++ {
			var s float32 // not −0
			s += from[j]
			upper[2*j], upper[2*j+1] = s, s
			lower[2*j], lower[2*j+1] = s, s
		}
	}
}

// maxIndexPairsGeneric is MaxIndexPairs in portable Go.
func maxIndexPairsGeneric(dst []int32, src []float32, rows, cols, width int) {
	for i := range rows {
		upper, lower := src[2*i*width:][:2*cols], src[(2*i+1)*width:][:2*cols]
		row := dst[i*cols:][:cols]
		first := int32(2 * i * width)
		for j := range row {
			best, at := upper[2*j], first+int32(2*j)
			if v := upper[2*j+1]; v > best {
				best, at = v, first+int32(2*j+1)
			}
			if v := lower[2*j]; v > best {
				best, at = v, first+int32(width+2*j)
			}
			if v := lower[2*j+1]; v > best {
				at = first + int32(width+2*j+1)
			}
			row[j] = at
		}
	}
}
