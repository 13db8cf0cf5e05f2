package score

import (
	"math"

	"github.com/gradreg/gradreg/internal/kernel"
)

// Squared distances are found in two steps. A product of float32 matrices gives
//
//	‖x−y‖² ≈ ‖x̃‖² + ‖ỹ‖² − 2·x̃·ỹ,   x̃ = (x − c)/s rounded,
//
// with a bound for its error. Where the bound leaves a comparison open, the distance is computed
// from the differences in float64. So every comparison is that of the distances in float64: copies
// have distance 0, and results have the same bits on every kernel level.

// Rows and columns of a block of products: what a core's caches hold.
const (
	blockRows    = 112
	blockColumns = 512
)

// frame is the origin and the unit in which products are computed. The origin makes norms small
// beside distances; the unit, a power of two, keeps products from overflow.
type frame struct {
	origin []float64 // c
	unit   float64   // s: no number of x̃ exceeds 1
	level  kernel.Level
}

// newFrame returns the frame for matrices of equal D ≥ 1, of which the first has a row.
func newFrame(ms ...Matrix) (*frame, error) {
	level, err := kernel.Active()
	if err != nil {
		return nil, err
	}
	f := &frame{origin: make([]float64, ms[0].D), level: level}
	for i := range ms[0].N {
		for j, v := range ms[0].Row(i) {
			f.origin[j] += float64(v) / float64(ms[0].N)
		}
	}
	largest := 0.0
	for _, m := range ms {
		for i := range m.N {
			for j, v := range m.Row(i) {
				largest = max(largest, math.Abs(float64(v)-f.origin[j]))
			}
		}
	}
	_, exponent := math.Frexp(largest)
	f.unit = math.Ldexp(1, exponent)
	return f, nil
}

// relative returns the bound for the error of an approximate squared distance as a part of
// ‖x̃‖² + ‖ỹ‖²: (d+2)·2⁻²⁴ for the product, see [kernel.Level.MulPacked], 4·2⁻²⁴ for the rounding
// of x̃ and ỹ, and a rest for terms of second order and float64.
func (f *frame) relative() float64 { return float64(len(f.origin)+8) * 0x1p-24 }

// underflow bounds what is lost where products of numbers of x̃ are below float32's range.
func (f *frame) underflow() float64 { return float64(len(f.origin)) * 0x1p-120 }

// framed is a matrix in a frame.
type framed struct {
	*frame
	Matrix
	scaled []float32 // x̃ [N, D]
	norms  []float64 // ‖x̃‖²
}

// in returns the matrix in a frame.
func (m Matrix) in(f *frame) framed {
	a := framed{f, m, make([]float32, len(m.Values)), make([]float64, m.N)}
	each((m.N+blockRows-1)/blockRows, func(block int) {
		for i := block * blockRows; i < min((block+1)*blockRows, m.N); i++ {
			to := a.scaled[i*m.D:]
			for j, v := range m.Row(i) {
				w := float32((float64(v) - f.origin[j]) / f.unit)
				to[j] = w
				a.norms[i] += float64(w) * float64(w)
			}
		}
	})
	return a
}

// distance2 returns the squared distance of row i of a to row j of b in float64.
func distance2(a Matrix, i int, b Matrix, j int) float64 {
	x, y := a.Row(i), b.Row(j)
	y = y[:len(x)]
	sum := 0.0
	for p, v := range x {
		d := float64(v) - float64(y[p])
		sum += d * d
	}
	return sum
}

// rowsVisitor gets the products of row i of a with rows first … of b. The calls of one i come from
// one goroutine, in order of first; different i come from several goroutines.
type rowsVisitor func(i, first int, products []float32)

// products computes x̃·ỹ for all rows x of a and y of b.
func products(a, b framed, visit rowsVisitor) {
	if a.N == 0 || b.N == 0 {
		return
	}
	d := b.D
	columns := make([]int32, d) // of A: neighbours
	for p := range columns {
		columns[p] = int32(p)
	}
	// b transposed, a block of columns after the other: block k has its number p of row j at
	// k·blockColumns·D + p·blockColumns + j.
	blocks := (b.N + blockColumns - 1) / blockColumns
	transposed := make([]float32, blocks*blockColumns*d+kernel.Slack)
	each(blocks, func(k int) {
		to := transposed[k*blockColumns*d:]
		for j := range min(blockColumns, b.N-k*blockColumns) {
			for p, v := range b.scaled[(k*blockColumns+j)*d:][:d] {
				to[p*blockColumns+j] = v
			}
		}
	})
	offsets := make([]int32, d) // of rows of a block
	for p := range offsets {
		offsets[p] = int32(p * blockColumns)
	}
	each((a.N+blockRows-1)/blockRows, func(block int) {
		from := block * blockRows
		n := min(blockRows, a.N-from)
		rows := make([]int32, n)
		for i := range rows {
			rows[i] = int32(i * d)
		}
		packed := make([]float32, a.level.PackedSize(n, d)+kernel.Slack)
		a.level.PackA(packed, a.scaled[from*d:(from+n)*d], rows, columns)
		out := make([]float32, n*blockColumns)
		for k := range blocks {
			width := min(blockColumns, b.N-k*blockColumns)
			rows := transposed[k*blockColumns*d:]
			a.level.MulPacked(out, blockColumns, packed, rows, offsets, n, width, false)
			for i := range n {
				visit(from+i, k*blockColumns, out[i*blockColumns:][:width])
			}
		}
	})
}

// Neighbour is a sample near another one.
type Neighbour struct {
	Index    int     `json:"index"`    // its row
	Distance float64 `json:"distance"` // Euclidean
}

// nearer orders neighbours by distance, and by index where distances are equal.
func nearer(a, b Neighbour) bool {
	return a.Distance < b.Distance || a.Distance == b.Distance && a.Index < b.Index
}

// nearest returns for each row of a the k nearest rows of b, nearest first, all of them if there
// are fewer. If self, a is b, and no row is its own neighbour; a copy in another row is one.
func nearest(a, b framed, k int, self bool) [][]Neighbour {
	found := make([][]Neighbour, a.N) // with squared distances until the end
	backing := make([]Neighbour, a.N*k)
	loss := a.relative()
	square := a.unit * a.unit
	products(a, b, func(i, first int, dots []float32) {
		near := found[i]
		if near == nil {
			near = backing[i*k : i*k : (i+1)*k]
		}
		own := a.norms[i] * (1 - loss)
		limit := math.Inf(1)
		if len(near) == k {
			limit = near[k-1].Distance/square + a.underflow() - own
		}
		norms := b.norms[first:][:len(dots)]
		for j, dot := range dots {
			if norms[j]*(1-loss)-2*float64(dot) > limit || self && first+j == i {
				continue
			}
			near = insert(near, k, Neighbour{first + j, distance2(a.Matrix, i, b.Matrix, first+j)})
			if len(near) == k {
				limit = near[k-1].Distance/square + a.underflow() - own
			}
		}
		found[i] = near
	})
	for _, near := range found {
		for j := range near {
			near[j].Distance = math.Sqrt(near[j].Distance)
		}
	}
	return found
}

// insert puts n into a sorted list of at most k neighbours.
func insert(near []Neighbour, k int, n Neighbour) []Neighbour {
	if len(near) == k {
		if !nearer(n, near[k-1]) {
			return near
		}
		near = near[:k-1]
	}
	near = append(near, n)
	for j := len(near) - 1; j > 0 && nearer(near[j], near[j-1]); j-- {
		near[j], near[j-1] = near[j-1], near[j]
	}
	return near
}

// within reports whether ‖x−y‖² ≤ limit for row i of a and row j of b with the product dot.
func within(a, b framed, i, j int, dot float32, limit float64) bool {
	norms := a.norms[i] + b.norms[j]
	about := norms - 2*float64(dot)
	loss := a.relative()*norms + a.underflow()
	scaled := limit / (a.unit * a.unit)
	switch {
	case about+loss < scaled:
		return true
	case about-loss > scaled:
		return false
	}
	return distance2(a.Matrix, i, b.Matrix, j) <= limit
}
