package kernel

//go:generate sh -c "cd _asm && go run ./gemm -out ../gemm_amd64.s -stubs ../gemm_stubs_amd64.go -pkg kernel"

import "unsafe"

// The matrix product keeps a tile of C in registers and walks the inner axis: for every p it takes
// a few numbers of A, which is packed so that they are neighbours, and one or two vectors of row p
// of B, which is not packed. Rows of B may start anywhere: the caller's table of offsets makes the
// same kernel a convolution.
//
//	        j, j+1, …            panel of A: mr rows
//	      ┌───────────┐          ┌──┬──┬──┬──┐
//	  p → │ b[boff[p]]│          │p0│p1│p2│… │   each column mr numbers
//	      └───────────┘          └──┴──┴──┴──┘

// panelRows is the largest number of rows of a panel at each level: what leaves registers for a row
// of B.
var panelRows = [...]int{Generic: 4, AVX2: 6, AVX512: 14}

// innerBlock is how much of the inner axis is walked at a time, so that the rows of B for one tile
// stay in a first-level cache of 32 KiB: 192 rows of 32 floats are 24 KiB.
const innerBlock = 192

// panels returns into how many panels m rows are split, as evenly as possible.
func (l Level) panels(m int) int { return (m + panelRows[l] - 1) / panelRows[l] }

// evenly returns the first element and the length of part i of n elements in the given number of
// parts.
func evenly(n, parts, i int) (first, length int) {
	base, more := n/parts, n%parts
	return i*base + min(i, more), base + boolInt(i < more)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// PackedSize returns the number of floats that PackA writes for m rows and k columns.
func (l Level) PackedSize(m, k int) int { return m * k }

// PackA packs the matrix A[i, p] = a[rows[i]+cols[p]] for MulPacked. dst holds PackedSize floats.
func (l Level) PackA(dst, a []float32, rows, cols []int32) {
	k := len(cols)
	parts := l.panels(len(rows))
	for q := range parts {
		first, mr := evenly(len(rows), parts, q)
		panel := dst[first*k : (first+mr)*k]
		for i, r := range rows[first : first+mr] {
			from := a[r:]
			if at := i; consecutive(cols) {
				for _, v := range from[cols[0]:][:k] {
					panel[at] = v
					at += mr
				}
			} else {
				for _, c := range cols {
					panel[at] = from[c]
					at += mr
				}
			}
		}
	}
}

// consecutive reports whether offsets are neighbours, as far as the ends tell; tables are made by
// multiples.
func consecutive(offsets []int32) bool {
	n := len(offsets)
	return offsets[n-1]-offsets[0] == int32(n-1) && (n < 3 || offsets[1] == offsets[0]+1)
}

// MulPacked computes C = A·B, or C += A·B if acc, for a packed A:
//
//	c[i·ldc + j] (+)= Σ_p A[i, p]·b[boff[p] + j],  0 ≤ i < m, 0 ≤ j < n
//
// It may read up to Slack floats past b[boff[p]+n−1]. At AVX-512 and AVX2 products are fused with
// the addition; |error| ≤ (k+2)·2⁻²⁴·Σ|A·B|.
func (l Level) MulPacked(c []float32, ldc int, ap, b []float32, boff []int32, m, n int, acc bool) {
	l.MulPackedPart(c, ldc, ap, len(boff), 0, b, boff, m, n, acc)
}

// MulPackedThen computes C = e(A·B) for a packed A.
func (l Level) MulPackedThen(
	c []float32, ldc int, ap, b []float32, boff []int32, m, n int, e Epilogue,
) {
	l.MulPackedPartThen(c, ldc, ap, len(boff), 0, b, boff, m, n, false, e)
}

// MulPackedPart computes the product with columns from … from+len(boff)−1 of a packed A of k
// columns:
//
//	c[i·ldc + j] (+)= Σ_p A[i, from+p]·b[boff[p] + j],  0 ≤ i < m, 0 ≤ j < n
func (l Level) MulPackedPart(
	c []float32, ldc int, ap []float32, k, from int, b []float32, boff []int32, m, n int, acc bool,
) {
	l.MulPackedPartThen(c, ldc, ap, k, from, b, boff, m, n, acc, Epilogue{})
}

// MulPackedPartThen is MulPackedPart with an epilogue.
func (l Level) MulPackedPartThen(
	c []float32, ldc int, ap []float32, k, from int, b []float32, boff []int32, m, n int, acc bool,
	e Epilogue,
) {
	parts := l.panels(m)
	blocks := (len(boff) + innerBlock - 1) / innerBlock
	for block := range blocks {
		p0, kc := evenly(len(boff), blocks, block)
		add, last := acc || block > 0, Epilogue{}
		if block == blocks-1 {
			last = e
		}
		for j := 0; j < n; {
			width := l.columns(n-j, kc)
			for q := range parts {
				first, mr := evenly(m, parts, q)
				ahead := 0 // of all panels the last asks for the next columns
				if q == parts-1 && j+width < n {
					ahead = width
				}
				l.mulTile(
					c[first*ldc+j:], ldc, ap[first*k+(from+p0)*mr:], b[j:], boff[p0:p0+kc], mr, width, add,
					last.Rows(first, mr), ahead,
				)
			}
			j += width
		}
	}
}

// columns returns how many of the columns that are left one call computes: whole tiles of two
// vectors as long as k rows of them stay in the first-level cache, then single vectors.
func (l Level) columns(left, k int) int {
	if l == Generic {
		return left
	}
	wide := 2 * l.lanes()
	if left < wide {
		return min(left, wide/2)
	}
	return min(left/wide, max(1, innerBlock/k)) * wide
}

// lanes returns the number of floats of a vector.
func (l Level) lanes() int {
	switch l {
	case AVX512:
		return 16
	case AVX2:
		return 8
	}
	return 1
}

// MulDot computes C = A·Bᵀ, or C += A·Bᵀ if acc, as dot products of rows, summed over segments:
//
//	c[i·ldc + j] (+)= Σ_{s < segments} Σ_{p < k} a[aoff[i] + s·as + p]·b[boff[j] + s·bs + p]
//
// The lanes of a vector are summed at the end. |error| ≤ (segments·k+2)·2⁻²⁴·Σ|a·b|.
func (l Level) MulDot(
	c []float32, ldc int, a []float32, aoff []int32, as int, b []float32, boff []int32,
	bs, k, segments int, acc bool,
) {
	if l == Generic {
		dotGeneric(c, ldc, a, aoff, as, b, boff, bs, k, segments, acc)
		return
	}
	l.mulDot(c, ldc, a, aoff, as, b, boff, bs, k, segments, acc)
}

// first returns the address of the first element.
func first(x []float32) *float32 { return unsafe.SliceData(x) }

func firstOffset(x []int32) *int32 { return unsafe.SliceData(x) }
