package kernel

import "fmt"

// Winograd5 is the geometry of convolutions F(4×4, 5×5): filters of 5×5, strides of one and any
// border of zeros. Four times four outputs are computed at a time, from 64 products a channel
// instead of 400:
//
//	Y = Aᵀ [ Σ_c U_c ⊙ V_c ] A,  U = G g Gᵀ,  V = Bᵀ d B
//
// for tiles d of 8×8 inputs that overlap by four pixels; see [Winograd], which is the same for
// filters of 3×3. The points are 0, ±1, ±2, ±½ and ∞: rounding errors are the smallest of some
// hundred sets of small fractions, and pairs of points share half of their arithmetic.
//
// The gradient with respect to x is the adjoint of the formula, so that it takes as many products
// as the convolution whatever the border; the tiles of x add up where they overlap:
//
//	dx = Σ_tiles B [ Σ_k U_k ⊙ (A dY Aᵀ)_k ] Bᵀ
//
// and so is the gradient with respect to the filters:
//
//	dg = Gᵀ [ Σ_tiles (A dY Aᵀ) ⊙ V ] G
//
// # Errors
//
// With W(X) the same computation on absolute values of everything, matrices included, the error of
// an output is at most (C + 20)·2⁻²⁴·W(Σ_c |U_c| ⊙ |V_c|), that of the gradient of an input at most
// (K + 24)·2⁻²⁴·W(…), that of a filter's gradient at most (tiles + 30)·2⁻²⁴·W(Σ_tiles …). On the way
// through one dimension of a transform a number is rounded at most four times by Bᵀ and Aᵀ, three
// times by A, five times by B, seven times by Gᵀ, factors that are no binary fractions included; U
// is rounded once, a sum of n products n times, and a pixel of dx is the sum of four tiles. A number
// that is not finite leaves no result finite that the definition makes of it, and may take all results
// of the tiles that hold it along, but none of others.
type Winograd5 struct {
	C, K, H, W, OH, OW int // channels, extents of inputs and outputs
	N                  int // images

	groups  []group5
	offsets []int32 // of channels of inputs or outputs, in V of one group
	lanes   []int32 // byte offsets of output channels, whole vectors of them
}

// The sizes of F(4×4, 5×5).
const (
	tileIn5      = 8 // rows and columns of a tile's inputs; of its outputs as of F(4×4, 3×3)
	frequencies5 = tileIn5 * tileIn5
	taps5        = 25
)

// strip is sixteen pixels of the eight rows of some tiles beside each other. Assembly reads it.
type strip struct {
	offset [tileIn5]int32  // of the first pixel in each row
	mask   [tileIn5]uint16 // of the pixels inside the map
	lanes  int32           // how many the tiles have, 0 if one is outside the map
	_      int32
}

// group5 says where sixteen tiles lie. Tile τ is in lane laneOf(τ). Assembly reads it.
type group5 struct {
	strips  [groupTiles]strip
	count   int32                                // of strips
	whole   int32                                // 1 if tiles are pairs beside each other inside the map
	piece   [groupTiles]int32                    // byte offset of a tile in a row of strips
	place   [groupTiles]int32                    // offset of its first output
	masks   [tileOut][groupTiles]uint16          // of a row of its outputs, in a quarter of a vector
	nibbles [tileOut][groupTiles]int32           // the same, times sixteen, in no quarter
	tiles   [groupTiles]struct{ rows, mask int } // its rows and columns, for gradients
}

// The buffer between the passes of a transform: eight rows of strips, of which the last one stays
// empty, for either half of a tile.
const (
	bufferRow5   = 17 * groupTiles
	bufferPiece5 = tileIn5 * bufferRow5
	buffer5      = 2 * bufferPiece5
)

// NewWinograd5 returns the geometry for n images [c, h, w] and results [k, oh, ow], with rows and
// columns of zeros above and to the left.
func NewWinograd5(n, c, k, h, w, oh, ow, top, left int) *Winograd5 {
	g := &Winograd5{C: c, K: k, H: h, W: w, OH: oh, OW: ow, N: n}
	rows, columns := (oh+tileOut-1)/tileOut, (ow+tileOut-1)/tileOut
	all := n * rows * columns
	g.groups = make([]group5, (all+groupTiles-1)/groupTiles)
	for i := range g.groups {
		first := i * groupTiles
		g.groups[i].place5(g, first, min(groupTiles, all-first), rows, columns, top, left)
	}
	for i := range roundLanes(k) {
		g.lanes = append(g.lanes, int32(4*min(i, k-1)*oh*ow))
	}
	for i := range max(c, k) {
		g.offsets = append(g.offsets, int32(i*g.tiles(1)))
	}
	return g
}

func (g *Winograd5) String() string {
	return fmt.Sprintf("%dx%dx%d*%dx5x5 F(4x4,5x5)", g.C, g.H, g.W, g.K)
}

// place5 notes n tiles from the given one on.
func (to *group5) place5(g *Winograd5, first, n, rows, columns, top, left int) {
	to.whole = boolInt32(n == groupTiles && columns%2 == 0 && g.OH%tileOut == 0 && g.OW%tileOut == 0)
	for tile := range groupTiles {
		if tile >= n {
			to.piece[tile] = 4 * 16 * groupTiles // where no strip is
			continue
		}
		image, row, column := (first+tile)/columns/rows, (first+tile)/columns%rows, (first+tile)%columns
		y, x := row*tileOut, column*tileOut
		if tile == 0 || column == 0 {
			beside := min(columns-column, n-tile)
			to.addStrips(g, tile, beside, image*g.C*g.H*g.W, y-top, x-left)
		}
		to.place[tile] = int32(image*g.K*g.OH*g.OW + y*g.OW + x)
		t := &to.tiles[tile]
		t.rows, t.mask = min(tileOut, g.OH-y), 1<<min(tileOut, g.OW-x)-1
		for r := range t.rows {
			to.masks[r][tile] = uint16(t.mask << (4 * (tile % 4)))
			to.nibbles[r][tile] = int32(16 * t.mask)
		}
	}
}

// addStrips notes the strips of tiles beside each other, whose inputs begin at a pixel of an image.
func (to *group5) addStrips(g *Winograd5, tile, tiles, image, y, x int) {
	for i := range tiles {
		to.piece[tile+i] = 4 * (groupTiles*to.count + tileOut*int32(i))
	}
	for width := tileOut * (tiles + 1); width > 0; width -= groupTiles {
		s := &to.strips[to.count]
		to.count++
		lanes := min(width, groupTiles)
		left, right := clamp(-x, lanes), clamp(g.W-x, lanes)
		s.lanes = int32(lanes)
		for r := range tileIn5 {
			if y+r < 0 || y+r >= g.H || left >= right {
				s.lanes = 0
				continue
			}
			s.offset[r] = int32(image + (y+r)*g.W + x)
			s.mask[r] = uint16(span(left, right))
			if right-left < lanes {
				s.lanes = 0
			}
		}
		x += groupTiles
	}
}

func boolInt32(b bool) int32 { return int32(boolInt(b)) }

// tiles returns the tiles of a block of groups.
func (g *Winograd5) tiles(groups int) int { return groupTiles * groups }

// What transforms of a group's tiles take for a channel of inputs and outputs, and what finishing
// the gradient of a filter takes, in multiply-adds of a direct convolution: as measured with
// AVX-512.
const (
	inputWork5   = 9000
	outputWork5  = 7000
	finishWork5  = 900
	productWork5 = frequencies5 * groupTiles
)

// Work returns how many multiply-adds of a direct convolution take as long as this one: those of
// the products, tiles beside the map counted, and transforms.
func (g *Winograd5) Work() int {
	return len(g.groups) * (productWork5*g.C*g.K + inputWork5*g.C + outputWork5*g.K)
}

// WeightWork is Work of the gradient of the filters.
func (g *Winograd5) WeightWork() int {
	k := roundLanes(g.K)
	return len(g.groups)*(productWork5*g.C*k+inputWork5*g.C+outputWork5*k) + finishWork5*g.C*k
}

// block5 returns how many groups are taken at a time so that floats of each fit a cache.
func (g *Winograd5) block5(floats int) int {
	const cache = 1 << 17
	limit := max(1, min(4, cache/floats))
	if limit == 3 {
		limit = 2
	}
	blocks := (len(g.groups) + limit - 1) / limit
	return (len(g.groups) + blocks - 1) / blocks
}

// plane5 returns the floats from one frequency of rows × tiles to the next.
func plane5(rows, tiles int) int { return rows*tiles + skew }

// blockOf returns the groups of a block of products from c to k channels.
func (g *Winograd5) blockOf(c int) int { return g.block5(frequencies5 * groupTiles * c) }

// ConvScratch returns the floats that Winograd5Conv and Winograd5InputGradient need.
func (g *Winograd5) ConvScratch() int {
	size := func(c int) int {
		tiles := g.tiles(g.blockOf(c))
		return frequencies5 * (plane5(c, tiles) + plane5(winogradRows, tiles))
	}
	return buffer5 + max(size(g.C), size(g.K))
}

// Winograd5Conv computes y, [N, K, OH, OW], from x, [N, C, H, W], and filters that Winograd5Filter
// has transformed, with K rows.
func (l Level) Winograd5Conv(g *Winograd5, y, x, u, scratch []float32) {
	block := g.blockOf(g.C)
	buffer, v := scratch[:buffer5], scratch[buffer5:]
	p := products5{v: v, depth: g.C, tiles: g.tiles(block)}
	m := v[frequencies5*plane5(g.C, p.tiles):]
	area := g.OH * g.OW
	for first := 0; first < len(g.groups); first += block {
		groups := g.groups[first:min(first+block, len(g.groups))]
		for i := range groups {
			l.tileInputs5(g, v[groupTiles*i:], p.tiles, x, &groups[i], buffer)
		}
		p.n = g.tiles(len(groups))
		l.multiply5(&p, m, u, g.K, func(k, rows int) {
			for i := range groups {
				l.tileOutputs5(g, y[k*area:], m[groupTiles*i:], p.tiles, rows, &groups[i], buffer)
			}
		})
	}
}

// Winograd5InputGradient computes dx, [N, C, H, W], from dy, [N, K, OH, OW], and filters that
// Winograd5Filter has transformed, with C rows.
func (l Level) Winograd5InputGradient(g *Winograd5, dx, dy, u, scratch []float32) {
	block := g.blockOf(g.K)
	buffer, d := scratch[:buffer5], scratch[buffer5:]
	p := products5{v: d, depth: g.K, tiles: g.tiles(block)}
	e := d[frequencies5*plane5(g.K, p.tiles):]
	area := g.H * g.W
	clear(dx[:g.N*g.C*area])
	for first := 0; first < len(g.groups); first += block {
		groups := g.groups[first:min(first+block, len(g.groups))]
		for i := range groups {
			l.tileDeltas5(g, d[groupTiles*i:], p.tiles, dy, &groups[i], buffer)
		}
		p.n = g.tiles(len(groups))
		l.multiply5(&p, e, u, g.C, func(c, rows int) {
			for i := range groups {
				clear(buffer)
				l.tileScatter5(g, dx[c*area:], e[groupTiles*i:], p.tiles, rows, &groups[i], buffer)
			}
		})
	}
}

// products5 are the 64 products of a block of tiles.
type products5 struct {
	v        []float32 // depth × tiles for each frequency
	depth    int
	tiles, n int // floats from one row to the next, and how many of them are in use
}

// multiply5 computes products of filters u with p to m, some rows at a time, and calls done with the
// rows.
func (l Level) multiply5(p *products5, m, u []float32, rows int, done func(first, n int)) {
	blocks := WinogradBlocks(rows)
	vPlane := plane5(p.depth, p.tiles)
	for q := range blocks {
		first, n := evenly(rows, blocks, q)
		mPlane := plane5(n, p.tiles)
		filters := u[frequencies5*first*p.depth:]
		parts := l.panels(n)
		for part := range parts {
			i, mr := evenly(n, parts, part)
			l.products5(p, m[i*p.tiles:], mPlane, filters[i*p.depth:], n*p.depth, vPlane, mr)
		}
		done(first, n)
	}
}

// tileInputs5 writes V of a group: v[f·plane + c·tiles + lane].
func (l Level) tileInputs5(
	g *Winograd5, v []float32, tiles int, x []float32, at *group5, buffer []float32,
) {
	if at.tiles[groupTiles-1].rows == 0 { // the group is not full: other lanes get zeros
		for r := range tileIn5 {
			clear(buffer[r*bufferRow5+16*groupTiles:][:groupTiles])
		}
	}
	l.inputs5(v, plane5(g.C, tiles), tiles, x, g.H*g.W, g.C, at, buffer)
}

// tileOutputs5 writes outputs of a group from m[f·plane + k·tiles + lane].
func (l Level) tileOutputs5(
	g *Winograd5, y, m []float32, tiles, rows int, at *group5, buffer []float32,
) {
	l.outputs5(y, g.OH*g.OW, g.OW, m, plane5(rows, tiles), tiles, rows, at, buffer)
}

// tileDeltas5 writes A dY Aᵀ of a group: d[f·plane + k·tiles + lane].
func (l Level) tileDeltas5(
	g *Winograd5, d []float32, tiles int, dy []float32, at *group5, buffer []float32,
) {
	l.deltas5(d, plane5(g.K, tiles), tiles, dy, g.OH*g.OW, g.OW, g.K, at, buffer)
}

// tileScatter5 adds B e Bᵀ of a group to dx, from e[f·plane + c·tiles + lane].
func (l Level) tileScatter5(
	g *Winograd5, dx, e []float32, tiles, rows int, at *group5, buffer []float32,
) {
	l.scatter5(dx, g.H*g.W, e, plane5(rows, tiles), tiles, rows, at, buffer)
}

// weightBlock returns the groups of a block for Winograd5Weights.
func (g *Winograd5) weightBlock() int {
	return g.block5(frequencies5 * groupTiles * (g.C + roundLanes(g.K)))
}

// WeightScratch returns the floats that Winograd5Weights and Winograd5Finish need beside sums.
func (g *Winograd5) WeightScratch() int {
	tiles, k := g.tiles(g.weightBlock()), roundLanes(g.K)
	return max(buffer5+frequencies5*(plane5(g.C, tiles)+plane5(k, tiles)), buffer5+taps5*g.C*k)
}

// sumPlane returns the floats from one frequency of the sums to the next.
func (g *Winograd5) sumPlane() int { return g.C*roundLanes(g.K) + skew }

// WeightSums returns the floats of the sums of Winograd5Weights.
func (g *Winograd5) WeightSums() int { return frequencies5 * g.sumPlane() }

// Winograd5Weights adds the products of N images x with gradients dy of their outputs to sums, which
// it sets instead if acc is false. Winograd5Finish makes the filters' gradient of them.
func (l Level) Winograd5Weights(g *Winograd5, sums, x, dy, scratch []float32, acc bool) {
	block, k := g.weightBlock(), roundLanes(g.K)
	tiles := g.tiles(block)
	buffer, v := scratch[:buffer5], scratch[buffer5:]
	vPlane, dPlane := plane5(g.C, tiles), plane5(k, tiles)
	d := v[frequencies5*vPlane:]
	for first := 0; first < len(g.groups); first += block {
		groups := g.groups[first:min(first+block, len(g.groups))]
		for i := range groups {
			l.tileInputs5(g, v[groupTiles*i:], tiles, x, &groups[i], buffer)
			for t := range groupTiles {
				at := &groups[i]
				l.gradient5(
					d[(groupTiles*i+laneOf(t))*k:], dPlane, dy[at.place[t]:], g.OW, g.lanes,
					at.tiles[t].rows, at.tiles[t].mask, buffer,
				)
			}
		}
		for f := range frequencies5 {
			to, add := sums[f*g.sumPlane():], acc || first > 0
			l.addOuter(to, v[f*vPlane:], d[f*dPlane:], g.C, k, g.tiles(len(groups)), tiles, add)
		}
	}
}

// Winograd5Finish writes the gradient [K, C, 5, 5] of the filters that the sums stand for.
func (l Level) Winograd5Finish(g *Winograd5, dw, sums, scratch []float32) {
	k := roundLanes(g.K)
	buffer, wide := scratch[:buffer5], scratch[buffer5:]
	l.filterGradients5(wide, sums, g.sumPlane(), g.C, k, buffer)
	l.Transpose(dw, taps5*g.C, wide, k, g.K, taps5*g.C)
}

// Winograd5FilterSize returns the floats of transformed filters of rows × cols channels.
func Winograd5FilterSize(rows, cols int) int { return frequencies5 * rows * cols }

// Winograd5Filter transforms block q of the [WinogradBlocks] of filters for Winograd5Conv, whose
// rows are outputs, or for Winograd5InputGradient, whose rows are inputs: U = G g Gᵀ for the filters
// g at w[rows[i] + cols[p]], of 5×5 numbers each. dst is laid out as by WinogradFilter. Numbers are
// rounded once, from float64, and the same on every level.
func (l Level) Winograd5Filter(dst, w []float32, rows, cols []int32, q int) {
	first, n := evenly(len(rows), WinogradBlocks(len(rows)), q)
	dst = dst[frequencies5*first*len(cols):][:frequencies5*n*len(cols)]
	parts := l.panels(n)
	for q := range parts {
		i0, mr := evenly(n, parts, q)
		l.filters5(dst[i0*len(cols):], n*len(cols), w, rows[first+i0:][:mr], cols)
	}
}
