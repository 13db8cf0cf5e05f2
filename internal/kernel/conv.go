package kernel

// Conv is the geometry of a convolution of one image: input C × H × W, filter KH × KW, output OH ×
// OW pixels, strides, top and left padding, dilations. All fields are set; strides and dilations
// are at least one.
//
// The kernels see an image expanded KW-fold, not KH·KW-fold:
//
//	xp[c][kw][phase][row][ow] = x[c][ih][ow·SW + kw·DW − PL],  ih + PT = row·SH + phase
//
// with zeros outside the image. The inputs of filter tap (c, kh, kw) for all output pixels are then
// contiguous: OH·OW floats from row (kh·DH) div SH of phase (kh·DH) mod SH.
type Conv struct{ C, H, W, KH, KW, OH, OW, SH, SW, PT, PL, DH, DW int }

// Rows returns the number of rows of a phase: as many as the last output row needs of the last tap.
func (g *Conv) Rows() int { return g.OH + (g.KH-1)*g.DH/g.SH }

// ExpandedSize returns the number of floats of an expanded image.
func (g *Conv) ExpandedSize() int { return g.C * g.KW * g.SH * g.Rows() * g.OW }

// TapOffsets returns, for every filter tap in the order (c, kh, kw), the offset of its inputs in
// the expanded image.
func (g *Conv) TapOffsets() []int32 {
	offsets := make([]int32, 0, g.C*g.KH*g.KW)
	for c := range g.C {
		for kh := range g.KH {
			phase, row := kh*g.DH%g.SH, kh*g.DH/g.SH
			for kw := range g.KW {
				offsets = append(offsets, int32((((c*g.KW+kw)*g.SH+phase)*g.Rows()+row)*g.OW))
			}
		}
	}
	return offsets
}

// patch is the part of a plane of the expanded image, for one tap column and phase, that lies
// inside the image: rows first … last−1, columns left … right−1 of OW.
type patch struct {
	first, last, left, right int
	ih, iw                   int // image row and column of the patch's first element
}

// patch returns the part for tap column kw and a phase; it is empty if first ≥ last or left ≥
// right.
func (g *Conv) patch(kw, phase int) patch {
	var p patch
	// Row r holds image row r·SH + phase − PT, column o image column o·SW + kw·DW − PL.
	p.first, p.last = inside(g.SH, phase-g.PT, g.H, g.Rows())
	p.left, p.right = inside(g.SW, kw*g.DW-g.PL, g.W, g.OW)
	p.ih, p.iw = p.first*g.SH+phase-g.PT, p.left*g.SW+kw*g.DW-g.PL
	return p
}

// inside returns the range of i in 0 … n−1 with 0 ≤ i·stride + offset < extent.
func inside(stride, offset, extent, n int) (first, last int) {
	if stride == 1 { // without divisions
		return min(max(-offset, 0), n), min(max(extent-offset, 0), n)
	}
	if offset < 0 {
		first = (-offset + stride - 1) / stride
	}
	if extent > offset {
		last = (extent-offset-1)/stride + 1
	}
	return min(first, n), min(last, n)
}

// patches are those of every tap column and phase, kw·SH + phase, found once for all channels.
type patches [16]patch

// patches finds them if there is room; else patch has to be asked for each.
func (g *Conv) patches(list *patches) (known bool) {
	if g.KW*g.SH > len(list) {
		return false
	}
	for i := range g.KW * g.SH {
		list[i] = g.patch(i/g.SH, i%g.SH)
	}
	return true
}

// Expand writes the expanded form of the image x to xp, which has room for Slack floats behind it:
// vectors are stored whole.
func (l Level) Expand(g *Conv, xp, x []float32) {
	vectors := g.SW <= 2 && l != Generic
	if vectors && g.SW == 1 && l.expandBlocks(g, xp, x) {
		return
	}
	var list patches
	known := g.patches(&list)
	size, planes := g.Rows()*g.OW, g.KW*g.SH
	for c := range g.C {
		image := x[c*g.H*g.W : (c+1)*g.H*g.W]
		for i := range planes {
			plane := xp[(c*planes+i)*size:][:size]
			p := &list[i%len(list)]
			if !known {
				list[0] = g.patch(i/g.SH, i%g.SH)
				p = &list[0]
			}
			if p.first >= p.last || p.left >= p.right {
				clear(plane)
				continue
			}
			clear(plane[:p.first*g.OW])
			if vectors {
				l.expandRows(g, plane, image, p)
			} else {
				expandGeneric(g, plane, image, p)
			}
			clear(plane[p.last*g.OW:])
		}
	}
}

// expandBlock is a block of columns of a plane of the expanded image, one vector wide. Assembly reads
// it.
type expandBlock struct {
	to, from           int32 // offsets of its first row and of the first row that is copied
	above, rows, below int32 // rows of zeros, copied rows, rows of zeros
	read               uint32
}

// expandBlocks is Expand for columns of stride one, unless there are too many blocks: one call of a
// kernel for all channels. The order of blocks and rows is that of expandRows.
func (l Level) expandBlocks(g *Conv, xp, x []float32) bool {
	var list [32]expandBlock
	lanes, rows := l.lanes(), g.Rows()
	columns := (g.OW + lanes - 1) / lanes
	if g.KW*g.SH*columns > len(list) {
		return false
	}
	n := 0
	for i := range g.KW * g.SH {
		p := g.patch(i/g.SH, i%g.SH)
		if p.first >= p.last || p.left >= p.right {
			p.first, p.last = rows, rows
		}
		from := p.ih*g.W + p.iw - p.left
		for o := (columns - 1) * lanes; o >= 0; o -= lanes {
			list[n] = expandBlock{
				to: int32(i*rows*g.OW + o), from: int32(from + o),
				above: int32(p.first), rows: int32(p.last - p.first), below: int32(rows - p.last),
				read: span(clamp(p.left-o, lanes), clamp(p.right-o, lanes)),
			}
			n++
		}
	}
	l.expandChannels(g, xp, x, list[:n])
	return true
}

// expandRows fills the rows of a patch with vectors, for columns of stride one or two. Blocks of columns
// go from right to left, rows from top to bottom: what a vector of the last block leaves beyond its
// row, the blocks that follow overwrite.
func (l Level) expandRows(g *Conv, plane, image []float32, p *patch) {
	lanes := l.lanes()
	from := p.ih*g.W + p.iw - g.SW*p.left
	for o := (g.OW - 1) / lanes * lanes; o >= 0; o -= lanes {
		inner := span(clamp(p.left-o, lanes), clamp(p.right-o, lanes))
		to, rows := p.first*g.OW+o, p.last-p.first
		if g.SW == 1 {
			l.copyRows(plane, to, image, from+o, rows, g.OW, g.SH*g.W, inner)
			continue
		}
		low, high := apart(inner, lanes)
		l.everySecond(plane, to, image, from+2*o, rows, g.OW, g.SH*g.W, low, high)
	}
}

// span returns the mask of lanes lo … hi−1.
func span(lo, hi int) uint32 { return uint32(1)<<hi - uint32(1)<<lo }

// apart returns the masks of the lanes of two vectors that hold, at every second place, those of a
// mask of one.
func apart(mask uint32, lanes int) (low, high uint32) {
	var wide uint64
	for i := range lanes {
		wide |= uint64(mask>>i&1) << (2 * i)
	}
	return uint32(wide & (1<<lanes - 1)), uint32(wide >> lanes)
}

// clamp limits i to 0 … n.
func clamp(i, n int) int { return min(max(i, 0), n) }

// expandGeneric is expandRows in portable Go, for any stride.
func expandGeneric(g *Conv, plane, image []float32, p *patch) {
	for r := p.first; r < p.last; r++ {
		row := plane[r*g.OW : (r+1)*g.OW]
		from := image[(p.ih+(r-p.first)*g.SH)*g.W+p.iw:]
		clear(row[:p.left])
		clear(row[p.right:])
		row = row[p.left:p.right]
		if g.SW == 1 {
			copy(row, from)
			continue
		}
		for i, at := 0, 0; i < len(row); i, at = i+1, at+g.SW {
			row[i] = from[at]
		}
	}
}

// Fold is the transpose of Expand: x is the sum of all entries of xp that Expand takes from it.
// scratch holds FoldScratch floats.
func (l Level) Fold(g *Conv, x, xp, scratch []float32) {
	rows := g.Rows()
	size := g.H * g.W
	for c := range g.C {
		image := x[c*size : (c+1)*size]
		planes := xp[c*g.KW*g.SH*rows*g.OW:]
		if g.SH == 1 && g.SW == 1 && g.DW == 1 && l != Generic && g.KW <= maxFoldColumns {
			l.foldRows(g, scratch, planes)
			copy(image, scratch)
			continue
		}
		vectors := g.SW == 2 && l != Generic
		if vectors { // whole vectors of which are read and written
			clear(scratch[:g.FoldScratch()])
		} else {
			clear(image)
		}
		for kw := range g.KW {
			for phase := range g.SH {
				p, plane := g.patch(kw, phase), planes[(kw*g.SH+phase)*rows*g.OW:]
				switch {
				case p.first >= p.last || p.left >= p.right:
				case vectors:
					l.foldSecond(g, scratch, plane, p)
				default:
					foldGeneric(g, image, plane, p)
				}
			}
		}
		if vectors {
			copy(image, scratch[g.foldMargin():])
		}
	}
}

// FoldScratch returns the floats of scratch that Fold needs: a channel, with room for what whole
// vectors reach before it and behind it.
func (g *Conv) FoldScratch() int {
	return g.foldMargin() + g.H*g.W + 2*roundLanes(g.OW) + (g.KW-1)*g.DW + Slack
}

// foldMargin is the room before it: rows begin up to PL columns to the left of the image.
func (g *Conv) foldMargin() int { return g.PL }

// maxFoldColumns is the widest filter that foldRows has masks for.
const maxFoldColumns = 16

// foldRows adds up a channel of the image from its KW planes, a vector of image columns at a time.
// Column j gets column j + PL − kw of plane kw. Blocks go from right to left, as in expandRows.
func (l Level) foldRows(g *Conv, image, planes []float32) {
	var read [maxFoldColumns]uint32
	rows, lanes := g.Rows(), l.lanes()
	top, bottom := min(g.PT, rows), min(g.PT+g.H, rows) // rows of a plane that lie in the image
	for j := (g.W - 1) / lanes * lanes; j >= 0; j -= lanes {
		for kw := range g.KW {
			shift := j + g.PL - kw // plane column of the first lane
			read[kw] = span(clamp(-shift, lanes), clamp(g.OW-shift, lanes))
		}
		from := top*g.OW + j + g.PL
		l.sumRows(image, j, planes, from, bottom-top, g.W, g.OW, rows*g.OW-1, read[:g.KW])
	}
	clear(image[(bottom-top)*g.W : g.H*g.W])
}

// foldSecond adds the rows of a patch, for columns of stride two, to the image in scratch, which has no
// negative zeros. The elements between and around them get +0.
func (l Level) foldSecond(g *Conv, scratch, plane []float32, p patch) {
	lanes := l.lanes()
	to := g.foldMargin() + p.ih*g.W + p.iw - 2*p.left
	for o := 0; o < g.OW; o += lanes {
		read := span(clamp(p.left-o, lanes), clamp(p.right-o, lanes))
		l.addToEverySecond(scratch, to+2*o, plane, p.first*g.OW+o, p.last-p.first, g.SH*g.W, g.OW, read)
	}
}

// foldGeneric adds the rows of a patch to the image, for any stride.
func foldGeneric(g *Conv, image, plane []float32, p patch) {
	for r := p.first; r < p.last; r++ {
		row := plane[r*g.OW+p.left : r*g.OW+p.right]
		to := image[(p.ih+(r-p.first)*g.SH)*g.W+p.iw:]
		for i, at := 0, 0; i < len(row); i, at = i+1, at+g.SW {
			to[at] += row[i]
		}
	}
}
