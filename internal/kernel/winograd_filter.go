package kernel

// tapTable says where the taps of a filter of 3×3 lie among its numbers, row by row; a negative
// number stands for a tap of zero. Assembly reads it.
type tapTable [9]int32

// The filters as they are, and with both of their axes backwards.
var (
	allTaps    = tapTable{0, 1, 2, 3, 4, 5, 6, 7, 8}
	turnedTaps = tapTable{8, 7, 6, 5, 4, 3, 2, 1, 0}
)

// WinogradFilterSize returns the floats of transformed filters of rows outputs and cols inputs.
func WinogradFilterSize(rows, cols int) int { return frequencies * rows * cols }

// winogradRows is the number of outputs whose products are made at a time: a panel of the widest
// level, so that M of a block of tiles is small.
const winogradRows = 14

// WinogradBlocks returns into how many blocks WinogradFilter splits rows.
func WinogradBlocks(rows int) int { return (rows + winogradRows - 1) / winogradRows }

// WinogradFilter transforms block q of filters for WinogradConv: U = G g Gᵀ for the filters g at
// w[rows[i] + cols[p]], of 3×3 numbers each, both of their axes backwards if turned. dst holds all
// blocks; rows first … first+n−1 are
//
//	dst[36·first·len(cols):]  =  36 × panels as MulPacked has them for n rows
//
// Numbers are rounded once, from float64, and the same on every level.
func (l Level) WinogradFilter(dst, w []float32, rows, cols []int32, turned bool, q int) {
	taps := &allTaps
	if turned {
		taps = &turnedTaps
	}
	first, n := evenly(len(rows), WinogradBlocks(len(rows)), q)
	dst = dst[frequencies*first*len(cols):][:frequencies*n*len(cols)]
	parts := l.panels(n)
	for q := range parts {
		i0, mr := evenly(n, parts, q)
		l.filters(dst[i0*len(cols):], n*len(cols), w, taps, rows[first+i0:][:mr], cols)
	}
}

// filtersGeneric writes G g Gᵀ for a panel of filters: dst[f·step + p·len(rows) + i] of the one at
// w[rows[i] + cols[p]], whose taps lie as the table says.
func filtersGeneric(dst []float32, step int, w []float32, taps *tapTable, rows, cols []int32) {
	for p, c := range cols {
		for i, r := range rows {
			var g [9]float32
			for tap, at := range taps {
				if at >= 0 {
					g[tap] = w[r+c+at]
				}
			}
			transformFilter(dst[p*len(rows)+i:], step, &g)
		}
	}
}

// transformFilter writes the 36 numbers G g Gᵀ, step apart.
func transformFilter(u []float32, step int, g *[9]float32) {
	var rows [tileIn][3]float64
	for j := range 3 {
		column := filterTransform(float64(g[j]), float64(g[3+j]), float64(g[6+j]))
		for i, v := range column {
			rows[i][j] = v
		}
	}
	at := 0
	for i := range rows {
		for _, v := range filterTransform(rows[i][0], rows[i][1], rows[i][2]) {
			u[at] = float32(v)
			at += step
		}
	}
}

// filterTransform is G g: the polynomial g0 + g1·x + g2·x² at the points, each value divided by the
// product of the point's distances to the others.
func filterTransform(g0, g1, g2 float64) [tileIn]float64 {
	even, odd := 1./3*(g0+g2), 1./3*g1
	return [tileIn]float64{
		g0,
		even + odd,
		odd - even,
		-16. / 15 * (g0 + g1/2 + g2/4),
		1. / 15 * (g0 - 2*g1 + 4*g2),
		g2,
	}
}
