package kernel

import "fmt"

//go:generate sh -c "cd _asm && go run ./winograd -out ../winograd_amd64.s -stubs ../winograd_stubs_amd64.go -pkg kernel"

// Winograd is the geometry of convolutions F(4×4, 3×3): filters of 3×3, strides of one and a border
// of one pixel of zeros, so that maps keep their size. Four times four outputs are computed at a
// time, from 36 products a channel instead of 144:
//
//	Y = Aᵀ [ Σ_c U_c ⊙ V_c ] A,  U = G g Gᵀ,  V = Bᵀ d B
//
// for tiles d of 6×6 inputs that overlap by two pixels (Winograd, Arithmetic Complexity of
// Computations, 1980; Lavin and Gray, arXiv 1509.09308). Bᵀ, G and Aᵀ, of 6×6, 6×3 and 4×6,
// evaluate polynomials at the points 0, 1, −1, ½, −2 and ∞, whose rounding errors are the smallest
// of six points that we measured. The sums over channels are 36 matrix products over the tiles, one
// for each frequency f:
//
//	x ── Bᵀ·B ──▶ V[f][c][tile] ── M[f] = U[f]·V[f] ──▶ M[f][k][tile] ── Aᵀ·A ──▶ y
//
// Tiles lie in the lanes of vectors, pixels outside, so that tensors keep their layout. Tiles are
// taken by blocks of which V fits a second-level cache. The gradient with respect to x is the
// convolution of the output's gradient with turned filters. The gradient with respect to the
// filters is the adjoint of the same formula:
//
//	dg = Gᵀ [ Σ_tiles (A dY Aᵀ) ⊙ V ] G
//
// # Errors
//
// With W(X) the same computation on absolute values of everything, matrices included, the error of
// an output is at most (C + 26)·2⁻²⁴·W(Σ_c |U_c| ⊙ |V_c|), that of a filter's gradient at most
// (tiles + 30)·2⁻²⁴·W(Σ_tiles …): a one-dimensional transform rounds at most six times on the way
// from an input to an output, U once, a sum of n products n times. A number that is not finite leaves
// no output finite that the definition makes of it, and may take all outputs of the tiles that hold it
// along, but none of others.
type Winograd struct {
	C, K, H, W int // input and output channels, rows and columns of a map
	N          int // images

	halves  int // pieces of eight pixels of a row of tiles
	groups  int // groups of sixteen tiles
	block   int // groups of a block
	in, out []tileGroup
	offsets []int32 // of the channels of V
	lanes   []int32 // byte offsets of output channels, whole vectors of them
}

// The sizes of F(4×4, 3×3).
const (
	tileOut     = 4 // rows and columns of a tile's outputs
	tileIn      = 6 // of its inputs
	frequencies = tileIn * tileIn
)

// groupTiles is the number of tiles of a group: one vector of the widest level.
const groupTiles = 16

// skew is added to the distance between frequencies: without it 36 stores meet in one set of the
// first-level cache.
const skew = 16

// tileGroup says where the sixteen tiles of a group lie. A group is eight halves: a half is two
// tiles beside each other, eight pixels of a row. Tile τ = 2·half, 2·half+1 is in lane 4·(τ mod 4)
// + τ div 4, which is what transposing four vectors of four tiles each within their quarters gives.
// Assembly reads it.
type tileGroup struct {
	offset      [tileIn][8]int32 // of a half's pixels in each row of the tiles' inputs
	mask        [tileIn]uint64   // of the pixels of the eight halves inside the map
	left, right uint64           // the lanes of tiles that have a tile to their left, right
	tile        [groupTiles]tilePlace
	edge        [tileIn][2]int32  // of the pixels to the left and right of the group, in each row
	edgeMask    [tileIn][2]uint16 // the lane that they belong to, 0 and 15, if they are inside the map
}

// tilePlace says where the outputs of the tile in a lane lie. Assembly reads it.
type tilePlace struct {
	offset int32 // of the first
	rows   int32 // inside the map, 0 where there is no tile
	mask   int32 // of the columns inside the map
	_      int32
}

// NewWinograd returns the geometry for n images [c, h, w] and results [k, h, w].
func NewWinograd(n, c, k, h, w int) *Winograd {
	g := &Winograd{C: c, K: k, H: h, W: w, N: n, halves: (w + 7) / 8}
	all := n * g.tileRows() * g.halves
	g.groups = (all + 7) / 8
	// V of a block takes about a second-level cache of a megabyte, if it can.
	const fewest, most, cache = 2, 4, 5 << 18
	limit := max(fewest, min(most, cache/(4*frequencies*groupTiles*c)))
	blocks := (g.groups + limit - 1) / limit
	g.block = (g.groups + blocks - 1) / blocks
	g.in, g.out = make([]tileGroup, g.groups), make([]tileGroup, g.groups)
	for i := range all {
		g.place(&g.in[i/8], i, c)
		g.place(&g.out[i/8], i, k)
	}
	for i := range c {
		g.offsets = append(g.offsets, int32(i*g.tiles()))
	}
	for i := range roundLanes(k) {
		g.lanes = append(g.lanes, int32(4*min(i, k-1)*h*w))
	}
	return g
}

// roundLanes rounds a number of channels up to whole vectors.
func roundLanes(n int) int { return (n + groupTiles - 1) / groupTiles * groupTiles }

func (g *Winograd) String() string {
	return fmt.Sprintf("%dx%dx%d*%dx3x3 F(4x4,3x3)", g.C, g.H, g.W, g.K)
}

func (g *Winograd) tileRows() int { return (g.H + tileOut - 1) / tileOut }

// whole reports whether two halves beside each other always are sixteen pixels of one row.
func (g *Winograd) whole() bool { return g.halves%2 == 0 }

// straddles reports whether there are rows of tiles that begin in one group and end in another, so
// that tiles at a group's ends have neighbors in others.
func (g *Winograd) straddles() bool { return 8%g.halves != 0 }

// tiles returns the tiles of a block.
func (g *Winograd) tiles() int { return groupTiles * g.block }

// pixels says how the maps of images lie that tiles cover: of h rows and w columns, some floats from
// one to the next.
type pixels struct {
	image, row, column int // steps
	h, w               int
	first              int // of the first pixel
}

// at returns where a pixel of an image lies, or the nearest one inside the map.
func (p *pixels) at(image, y, x int) int32 {
	y, x = max(0, min(y, p.h-1)), max(0, min(x, p.w-1))
	return int32(p.first + image*p.image + y*p.row + x*p.column)
}

// place notes half i of all in its group, for images of the given number of channels. Rows outside
// the map get the offset of a row inside, and an empty mask.
func (g *Winograd) place(to *tileGroup, i, channels int) {
	g.placePixels(to, i, g.tileRows(), &pixels{image: channels * g.H * g.W, row: g.W, column: 1, h: g.H, w: g.W})
}

// placePixels is place for maps that lie otherwise, covered by so many rows of tiles.
func (g *Winograd) placePixels(to *tileGroup, i, rows int, p *pixels) {
	slot, column := i%8, i%g.halves
	image, row := i/g.halves/rows, i/g.halves%rows*tileOut
	columns := min(8, max(0, p.w-8*column))
	for r := range tileIn {
		y := row + r - 1
		to.offset[r][slot] = p.at(image, y, 8*column)
		if y >= 0 && y < p.h {
			to.mask[r] |= (1<<columns - 1) << (8 * slot)
		}
		left, right := 8*column-1, 8*column+8
		if slot == 0 {
			to.edge[r][0] = p.at(image, y, left)
			to.edgeMask[r][0] = uint16(boolInt(y >= 0 && y < p.h && left >= 0 && left < p.w))
		}
		if slot == 7 {
			to.edge[r][1] = p.at(image, y, right)
			to.edgeMask[r][1] = uint16(boolInt(y >= 0 && y < p.h && right < p.w)) << 15
		}
	}
	for e := range 2 {
		at := laneOf(2*slot + e)
		if column > 0 || e > 0 {
			to.left |= 1 << at
		}
		if column < g.halves-1 || e < 1 {
			to.right |= 1 << at
		}
		if width := min(tileOut, columns-tileOut*e); width > 0 {
			to.tile[at] = tilePlace{
				offset: p.at(image, row, 8*column) + int32(tileOut*e*p.column),
				rows:   int32(max(0, min(tileOut, p.h-row))),
				mask:   1<<width - 1,
			}
		}
	}
}

// laneOf returns the lane of a tile of a group.
func laneOf(tile int) int { return 4*(tile%4) + tile/4 }

// plane returns the floats from one frequency of rows × tiles of a block to the next.
func (g *Winograd) plane(rows int) int { return rows*g.tiles() + skew }

// What transforms of a group's tiles take for a channel in and a channel out, and what moving the
// numbers of transformed filters takes each time, in multiply-adds of a direct convolution: as
// measured with AVX-512, where a second-level cache has a megabyte and a third-level cache 32.
const (
	transformWork   = 3600
	secondCache     = 8192 // filters whose transforms fit
	thirdCache      = 1 << 17
	readWork        = 400 // of a filter that is beyond the second-level cache, once a block
	addWork         = 250 // of a sum that is read and written, once a block
	distantAddWork  = 2300
	filterWork      = 400 // of a filter's gradient, at the end
	distantFilter   = 900
	tileProductWork = frequencies * groupTiles
)

func (g *Winograd) blocks() int { return (g.groups + g.block - 1) / g.block }

// Work returns how many multiply-adds of a direct convolution take as long as this one: those of
// the products, tiles beside the map counted, transforms, and reading filters.
func (g *Winograd) Work() int {
	work := g.groups * (tileProductWork*g.C*g.K + transformWork*(g.C+g.K))
	if g.C*g.K > secondCache {
		work += g.blocks() * readWork * g.C * g.K
	}
	return work
}

// WeightWork is Work of the gradient of the filters.
func (g *Winograd) WeightWork() int {
	k, add, finish := roundLanes(g.K), addWork, filterWork
	if g.C*k > thirdCache {
		add, finish = distantAddWork, distantFilter
	}
	return g.groups*(tileProductWork*g.C*k+transformWork*(g.C+k)) + g.C*k*(g.blocks()*add+finish)
}

// ConvScratch returns the floats that WinogradConv needs.
func (g *Winograd) ConvScratch() int {
	return frequencies * (g.plane(g.C) + g.plane(winogradRows))
}

// WinogradConv computes y, [N, K, H, W], from x, [N, C, H, W], and filters that WinogradFilter has
// transformed.
func (l Level) WinogradConv(g *Winograd, y, x, u, scratch []float32) {
	v, vPlane := scratch, g.plane(g.C)
	m, area := scratch[frequencies*vPlane:], g.H*g.W
	blocks := WinogradBlocks(g.K)
	l.prefetchPart(g.coming(x, g.C, 0), 0, 1)
	for first := 0; first < g.groups; first += g.block {
		n := min(g.block, g.groups-first)
		l.transformInputs(g, v, vPlane, x, first, n)
		next := g.coming(x, g.C, first+n)
		for q := range blocks {
			k, rows := evenly(g.K, blocks, q)
			mPlane := g.plane(rows)
			at, part := evenly(len(next), blocks, q)
			l.mulFrequencies(g, m, mPlane, u[frequencies*k*g.C:], v, vPlane, rows, n, next[at:][:part])
			for i := range n {
				l.tileOutputs(g, y[k*area:], m[groupTiles*i:], mPlane, rows, &g.out[first+i])
			}
		}
	}
}

// mostPrefetched is how many floats are asked for ahead: a part of a second-level cache that leaves
// room for V.
const mostPrefetched = 1 << 16

// coming returns the images of x, of so many channels, that begin in the block from this group on.
// They are asked for while the products of the block before are computed: those take no memory, and
// what a transform reads, some rows of every channel, the processor does not foresee.
func (g *Winograd) coming(x []float32, channels, first int) []float32 {
	each := g.tileRows() * g.halves // halves of an image
	from := min((8*first+each-1)/each, g.N)
	to := min((8*(first+g.block)+each-1)/each, g.N)
	image := channels * g.H * g.W
	return x[from*image : min(to*image, from*image+mostPrefetched)]
}

// transformInputs writes V of n groups: v[f·plane + c·tiles + tile].
func (l Level) transformInputs(g *Winograd, v []float32, plane int, x []float32, first, n int) {
	for i := range n {
		l.tileInputs(g, v[groupTiles*i:], plane, x, &g.in[first+i])
	}
}

// mulFrequencies computes M[f] = U[f]·V[f] of some rows and n groups for all frequencies. Meanwhile
// it asks for ahead.
func (l Level) mulFrequencies(
	g *Winograd, m []float32, mPlane int, u, v []float32, vPlane, rows, n int, ahead []float32,
) {
	step, columns, parts := rows*g.C, groupTiles*n, l.panels(rows)
	wide := 0
	if l != Generic && g.C <= innerBlock {
		wide = columns / (2 * l.lanes()) * (2 * l.lanes())
	}
	if wide > 0 {
		for q := range parts {
			i, mr := evenly(rows, parts, q)
			at, part := evenly(len(ahead), parts, q)
			l.mulMany(m[i*g.tiles():], g.tiles(), mPlane, u[i*g.C:], step, v, vPlane, mr, g.C, wide, ahead[at:][:part])
		}
	}
	if wide == columns {
		return
	}
	for f := range frequencies {
		to, from := m[f*mPlane+wide:], v[f*vPlane+wide:]
		l.mulPanels(to, g.tiles(), u[f*step:][:step], from, g.offsets, rows, columns-wide)
		if wide == 0 {
			l.prefetchPart(ahead, f, frequencies)
		}
	}
}

// mulPanels multiplies packed rows with n columns of B, a multiple of a group's. Other than
// MulPacked it computes all columns in one call: V is not in the first-level cache anyway.
func (l Level) mulPanels(c []float32, ldc int, ap, b []float32, boff []int32, rows, n int) {
	k := len(boff)
	parts, blocks := l.panels(rows), (k+innerBlock-1)/innerBlock
	wide := n
	if l != Generic {
		wide = n / (2 * l.lanes()) * (2 * l.lanes())
	}
	for q := range parts {
		first, mr := evenly(rows, parts, q)
		for i := range blocks {
			p, kc := evenly(k, blocks, i)
			panel, offsets, to := ap[first*k+p*mr:], boff[p:p+kc], c[first*ldc:]
			if wide > 0 {
				l.mulTile(to, ldc, panel, b, offsets, mr, wide, i > 0, Epilogue{}, 0)
			}
			if wide < n {
				l.mulTile(to[wide:], ldc, panel, b[wide:], offsets, mr, n-wide, i > 0, Epilogue{}, 0)
			}
		}
	}
}

// WeightScratch returns the floats that WinogradWeights needs beside its sums.
func (g *Winograd) WeightScratch() int {
	return max(
		frequencies*(g.plane(g.C)+g.tiles()*roundLanes(g.K)+skew),
		9*g.C*roundLanes(g.K),
	)
}

// sumPlane returns the floats from one frequency of the sums to the next.
func (g *Winograd) sumPlane() int { return g.C*roundLanes(g.K) + skew }

// WeightSums returns the floats of the sums of WinogradWeights.
func (g *Winograd) WeightSums() int { return frequencies * g.sumPlane() }

// WinogradWeights adds the products of N images x with gradients dy of their outputs to sums, which
// it sets instead if acc is false. WinogradFinish makes the filters' gradient of them.
func (l Level) WinogradWeights(g *Winograd, sums, x, dy, scratch []float32, acc bool) {
	vPlane, k := g.plane(g.C), roundLanes(g.K)
	v, d, dPlane := scratch, scratch[frequencies*vPlane:], g.tiles()*k+skew
	l.prefetchPart(g.coming(x, g.C, 0), 0, 1)
	l.prefetchPart(g.coming(dy, g.K, 0), 0, 1)
	for first := 0; first < g.groups; first += g.block {
		n := min(g.block, g.groups-first)
		l.transformInputs(g, v, vPlane, x, first, n)
		for i := range n {
			l.tileGradients(g, d[groupTiles*i*k:], dPlane, dy, &g.out[first+i])
		}
		next, nextGradients := g.coming(x, g.C, first+n), g.coming(dy, g.K, first+n)
		for f := range frequencies {
			to, add := sums[f*g.sumPlane():], acc || first > 0
			l.addOuter(to, v[f*vPlane:], d[f*dPlane:], g.C, k, groupTiles*n, g.tiles(), add)
			l.prefetchPart(next, f, frequencies)
			l.prefetchPart(nextGradients, f, frequencies)
		}
	}
}

// WinogradFinish writes the gradient [K, C, 3, 3] of the filters that the sums stand for.
func (l Level) WinogradFinish(g *Winograd, dw, sums, scratch []float32) {
	k := roundLanes(g.K)
	l.filterGradients(scratch, sums, g.sumPlane(), g.C, k)
	l.Transpose(dw, 9*g.C, scratch, k, g.K, 9*g.C)
}
