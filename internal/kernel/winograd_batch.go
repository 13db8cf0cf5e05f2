package kernel

// The passes of a convolution of a whole batch, each of which divides among many tasks: transforms
// by groups of tiles, products by frequencies and blocks of channels. U, of which there are 36 for
// every filter, is read once for the batch, and a gradient of filters is one sum over all its tiles:
//
//	x ── by groups ──▶ V[f][c][tile] ── by f and blocks of k ──▶ M[f][k][tile] ── by groups ──▶ y
//	dy ── by groups ──▶ D[f][tile][k] ── by f and blocks of k ──▶ dU[f][c][k] ── by blocks of k ──▶ dw
//
// The numbers are those of Winograd, and so are their errors.

// NewBatchWinograd returns the geometry for n images [c, h, w] and results [k, h, w] as one block of
// tiles.
func NewBatchWinograd(n, c, k, h, w int) *Winograd {
	g := NewWinograd(n, c, k, h, w)
	g.block = g.groups
	for i := range g.offsets {
		g.offsets[i] = int32(i * g.tiles())
	}
	return g
}

// Groups returns the groups of sixteen tiles of all images.
func (g *Winograd) Groups() int { return g.groups }

// Products returns the multiply-adds of the products of all frequencies.
func (g *Winograd) Products() int { return g.groups * tileProductWork * g.C * g.K }

// InputSize, ProductSize and GradientSize return the floats of V, M and D.
func (g *Winograd) InputSize() int { return frequencies * g.plane(g.C) }

func (g *Winograd) ProductSize() int { return frequencies * g.plane(g.K) }

func (g *Winograd) GradientSize() int { return frequencies * g.gradientPlane() }

func (g *Winograd) gradientPlane() int { return g.tiles()*roundLanes(g.K) + skew }

// gradientColumns is the number of output channels that lie beside each other in D and dU, so that
// those of all tiles stay in a first-level cache while input channels pass by.
const gradientColumns = 32

// GradientBlocks returns into how many blocks the output channels of D and dU are split.
func (g *Winograd) GradientBlocks() int {
	return (roundLanes(g.K) + gradientColumns - 1) / gradientColumns
}

// gradientBlock returns the first output channel and the channels of a block.
func (g *Winograd) gradientBlock(block int) (first, columns int) {
	first = block * gradientColumns
	return first, min(gradientColumns, roundLanes(g.K)-first)
}

// BatchWork returns how many multiply-adds of a direct convolution take as long as this one:
// products, tiles beside the map counted, transforms, also of the filters for one use.
func (g *Winograd) BatchWork() int {
	return g.groups*(tileProductWork*g.C*g.K+transformWork*(g.C+g.K)) + g.C*g.K*batchFilterWork
}

// batchFilterWork is that of transforming a filter, as transformWork is measured.
const batchFilterWork = 3200

// BatchWeightWork is BatchWork of the gradient of the filters.
func (g *Winograd) BatchWeightWork() int {
	k := roundLanes(g.K)
	return g.groups*(tileProductWork*g.C*k+transformWork*(g.C+k)) + g.C*k*distantFilter
}

// WinogradInputs writes V of a group of x: [N, C, H, W].
func (l Level) WinogradInputs(g *Winograd, v, x []float32, group int) {
	l.tileInputs(g, v[groupTiles*group:], g.plane(g.C), x, &g.in[group])
}

// WinogradProduct writes M of a frequency for blocks first … stop−1 of filters that WinogradFilter
// has transformed, of WinogradBlocks(K). A few columns of V stay in the first-level cache while the
// filters pass by. If more is set it asks for what the next frequency needs.
func (l Level) WinogradProduct(
	g *Winograd, m, v, u []float32, frequency, first, stop int, more bool,
) {
	depth, tiles := (g.C+innerBlock-1)/innerBlock, g.tiles()
	width := l.columns(tiles, innerBlock)
	blocks := (tiles + width - 1) / width
	call, calls := 0, depth*blocks*(stop-first)
	var nextV, nextM []float32
	if more {
		nextV = v[(frequency+1)*g.plane(g.C):][:g.C*tiles]
		nextM = m[(frequency+1)*g.plane(g.K):][:g.K*tiles]
	}
	m, v = m[frequency*g.plane(g.K):], v[frequency*g.plane(g.C):]
	for i := range depth {
		c, n := evenly(g.C, depth, i)
		for j := 0; j < tiles; j += width {
			for q := first; q < stop; q++ {
				k, rows := evenly(g.K, WinogradBlocks(g.K), q)
				filters := u[(frequencies*k+frequency*rows)*g.C:]
				l.prefetchPart(nextV, call, calls)
				l.prefetchPart(nextM, call, calls)
				call++
				if more && i == 0 {
					l.prefetchPart(filters[rows*g.C:][:rows*g.C], j/width, blocks)
				}
				to := m[k*tiles+j:]
				l.mulRows(
					to, tiles, filters, g.C, c, v[j:], g.offsets[c:c+n], rows, min(width, tiles-j), i > 0,
				)
			}
		}
	}
}

// WinogradOutputs writes the outputs of a group of tiles to y: [N, K, H, W].
func (l Level) WinogradOutputs(g *Winograd, y, m []float32, group int) {
	l.tileOutputs(g, y, m[groupTiles*group:], g.plane(g.K), g.K, &g.out[group])
}

// WinogradGradients writes D of a group of gradients dy: [N, K, H, W].
func (l Level) WinogradGradients(g *Winograd, d, dy []float32, group int) {
	part := *g
	for block := range g.GradientBlocks() {
		k, columns := g.gradientBlock(block)
		part.lanes = g.lanes[k : k+columns]
		to := d[k*g.tiles()+groupTiles*group*columns:]
		l.tileGradients(&part, to, g.gradientPlane(), dy, &g.out[group])
	}
}

// WinogradOuter adds the products of V and D for a frequency and a block of output channels to sums
// of WeightSums floats, which it sets instead if acc is false.
func (l Level) WinogradOuter(g *Winograd, sums, v, d []float32, frequency, block int, acc bool) {
	k, columns := g.gradientBlock(block)
	sums, v = sums[frequency*g.sumPlane()+k*g.C:], v[frequency*g.plane(g.C):]
	d = d[frequency*g.gradientPlane()+k*g.tiles():]
	l.addOuter(sums, v, d, g.C, columns, g.tiles(), g.tiles(), acc)
}

// FinishScratch returns the floats that WinogradFinishPart needs.
func (g *Winograd) FinishScratch() int { return 9*g.C*gradientColumns + Slack }

// WinogradFinishPart writes the part of the gradient [K, C, 3, 3] of the filters that belongs to a
// block of output channels.
func (l Level) WinogradFinishPart(g *Winograd, dw, sums, scratch []float32, block int) {
	k, columns := g.gradientBlock(block)
	l.filterGradients(scratch, sums[k*g.C:], g.sumPlane(), g.C, columns)
	l.Transpose(dw[9*g.C*k:], 9*g.C, scratch, columns, min(columns, g.K-k), 9*g.C)
}
