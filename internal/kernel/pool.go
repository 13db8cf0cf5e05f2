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

// whole returns how many of n elements are in whole vectors.
func (l Level) whole(n int) int {
	if l == Generic {
		return 0
	}
	return n / l.lanes() * l.lanes()
}

// SumPairs adds up every 2×2 window, stride 2, of a plane of the given width, row by row from the
// left. src holds at least 2·rows·width elements, 2·cols ≤ width.
func (l Level) SumPairs(dst, src []float32, rows, cols, width int) {
	for i := range rows {
		to, upper, lower := dst[i*cols:][:cols], src[2*i*width:][:2*cols], src[(2*i+1)*width:][:2*cols]
		done := l.whole(cols)
		if done > 0 {
			l.sumPairs(to, upper, lower, done/l.lanes())
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
		done := l.whole(cols)
		if done > 0 {
			l.spreadPairs(upper, lower, from, done/l.lanes())
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

// PairWindows are windows of 2×2 and stride 2 that cover planes exactly: rows × cols windows each.
type PairWindows struct{ Rows, Cols int }

// enough reports whether a vector has enough windows to do for the level's kernels.
func (w PairWindows) enough(l Level) bool { return l != Generic && w.Cols >= 8 }

// Gather takes the element that index names of every window of planes of src: dst[p, i, j] =
// src[p, index[p, i, j]], where index is what MaxIndexPairs found, or another of the four elements.
func (w PairWindows) Gather(l Level, dst, src []float32, index []int32) {
	if !w.enough(l) {
		for p, size := 0, w.Rows*w.Cols; p < len(dst); p += size {
			plane := src[4*p:]
			for i, k := range index[p:][:size] {
				dst[p+i] = plane[k]
			}
		}
		return
	}
	w.columns(l, len(dst), w.Cols, func(j int, r pairRows) {
		l.gatherPairs(dst[j:], src[2*j:], index[j:], r)
	})
}

// Scatter is the transpose of Gather: dst[p, index[p, i, j]] = src[p, i, j] + 0, zero elsewhere.
func (w PairWindows) Scatter(l Level, dst, src []float32, index []int32) {
	if !w.enough(l) {
		clear(dst[:4*len(src)])
		for p, size := 0, w.Rows*w.Cols; p < len(src); p += size {
			plane := dst[4*p:]
			for i, k := range index[p:][:size] {
				plane[k] += src[p+i]
			}
		}
		return
	}
	w.columns(l, len(src), 2*w.Cols, func(j int, r pairRows) {
		l.scatterPairs(dst[2*j:], src[j:], index[j:], r)
	})
}

// pairRows is what a kernel is told of rows of windows, one vector wide: how many are stored whole
// and how many masked after them, and the masks.
type pairRows struct {
	whole, masked, rows, width, step int
	first                            int32
	low, high, store                 uint32
}

// columns calls f with blocks of columns of windows, from right to left: what a vector of the last
// one leaves beyond its row, the others overwrite. Rows whose vectors would reach past the end are
// masked; room is how many windows' vectors fit the numbers that a row of windows adds.
func (w PairWindows) columns(l Level, windows, room int, f func(j int, r pairRows)) {
	lanes, all := l.lanes(), windows/w.Cols
	for j := (w.Cols - 1) / lanes * lanes; j >= 0; j -= lanes {
		n := min(w.Cols-j, lanes)
		masked := min(all, (lanes-n+room-1)/room)
		f(j, pairRows{
			whole: all - masked, masked: masked,
			rows: w.Rows, width: 2 * w.Cols, step: w.Cols, first: int32(2 * j),
			low: uint32(1)<<min(2*n, lanes) - 1, high: uint32(1)<<max(2*n-lanes, 0) - 1,
			store: uint32(1)<<n - 1,
		})
	}
}
