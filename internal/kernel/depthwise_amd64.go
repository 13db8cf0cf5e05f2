//go:build amd64 && !purego

package kernel

import "unsafe"

// depthwiseArgs are the arguments of the kernels in assembly, in the order that the generator
// knows. Offsets and steps are in bytes.
type depthwiseArgs struct {
	x, y, w                *float32
	planes                 int
	xPlane, yPlane, wPlane int
	xRow, yRow             int
	xRows, yRows           int
	first, odd             int // where the rows begin, see the generator
	wStep                  int // from one tap to the next
	blockCount             int
	exact                  int // 1 if nothing beyond the rows of y may be written
	steps                  int
	terms                  *float32 // of the planes
	adds, clamps           int      // 1 if there are terms, and bounds
	clamp                  Clamp
	// blocks go from right to left: what a vector of the last block leaves beyond its row, those that
	// follow overwrite.
	blocks [16]depthwiseBlock
	spread [25 * 8]float32 // the kernels', where registers are too few
}

// depthwiseBlock is a block of columns: where its first lane is in the rows of x and y, and which
// lanes lie in the images.
type depthwiseBlock struct {
	x, y  int
	masks [8]uint32
}

// depthwiseLanes returns the lanes of the vectors that go over rows of n elements.
func (l Level) depthwiseLanes(n int) int {
	if l == AVX512 && n > 8 {
		return 16
	}
	return 8
}

// newDepthwiseArgs returns the arguments of C planes.
func (g *Conv) newDepthwiseArgs(x, y, w []float32) depthwiseArgs {
	return depthwiseArgs{
		x: first(x), y: first(y), w: first(w), planes: g.C,
		xPlane: 4 * g.H * g.W, yPlane: 4 * g.OH * g.OW, wPlane: 4 * g.KH * g.KW,
		xRow: 4 * g.W, yRow: 4 * g.OW, xRows: g.H, yRows: g.OH, wStep: 4,
	}
}

// turn makes the kernel take the filters from their last tap to their first.
func (a *depthwiseArgs) turn(w []float32, taps int) {
	a.w, a.wStep = &w[taps-1], -4
}

// transpose exchanges the input's geometry with the output's.
func (a *depthwiseArgs) transpose() {
	a.xPlane, a.yPlane = a.yPlane, a.xPlane
	a.xRow, a.yRow = a.yRow, a.xRow
	a.xRows, a.yRows = a.yRows, a.xRows
}

// depthwiseMask returns the lanes l with 0 ≤ at + l < n.
func depthwiseMask(at, n, lanes int) uint32 {
	return span(clamp(-at, lanes), clamp(n-at, lanes))
}

// forwardBlock returns block b of a convolution.
func (g *Conv) forwardBlock(b, lanes int) depthwiseBlock {
	at := b * lanes
	out := depthwiseBlock{x: 4 * (at*g.SW - g.PL), y: 4 * at}
	n := 0
	add := func(from, limit int) {
		out.masks[n] = depthwiseMask(from, limit, lanes)
		n++
	}
	if g.SW == 1 {
		for kw := range g.KW {
			add(at-g.PL+kw, g.W)
		}
	} else {
		for kw := 0; kw < g.KW; kw += 2 {
			add(2*at-g.PL+kw, g.W)
			add(2*at-g.PL+kw+lanes, g.W)
		}
	}
	add(at, g.OW)
	return out
}

// inputBlock returns block b of an input gradient of stride 2: two vectors of dx.
func (g *Conv) inputBlock(b, lanes int) depthwiseBlock {
	from := b*lanes + (g.PL+1)/2 // the last column of dy that the first of the block needs
	out := depthwiseBlock{x: 4 * from, y: 8 * b * lanes}
	n := (g.KW + 1) / 2
	for m := range n {
		out.masks[m] = depthwiseMask(from-m, g.OW, lanes)
	}
	out.masks[n] = depthwiseMask(2*b*lanes, g.W, lanes)
	out.masks[n+1] = depthwiseMask((2*b+1)*lanes, g.W, lanes)
	return out
}

// run calls a kernel for all blocks of count and for all planes. width is what a block writes of a
// row of n elements; the last planes, where that would reach beyond the slice, are exact.
func (a *depthwiseArgs) run(
	kind depthwiseKind, kernel, count, width, n int, block func(b int) depthwiseBlock,
) {
	planes, exact := a.planes, 0
	if over := 4 * (count*width - n); over > 0 {
		exact = min((over+a.yPlane-1)/a.yPlane, planes)
	}
	for right := count; right > 0; right -= a.blockCount {
		a.blockCount = min(right, len(a.blocks))
		for i := range a.blocks[:a.blockCount] {
			a.blocks[i] = block(right - 1 - i)
		}
		if a.planes, a.exact = planes-exact, 0; a.planes > 0 {
			kind.call(kernel, (*uintptr)(unsafe.Pointer(a)))
		}
		if exact > 0 {
			a.skip(planes - exact)
			a.planes, a.exact = exact, 1
			kind.call(kernel, (*uintptr)(unsafe.Pointer(a)))
			a.skip(exact - planes)
		}
	}
}

// skip moves the arguments on by some planes.
func (a *depthwiseArgs) skip(planes int) {
	move := func(p **float32, bytes int) { *p = (*float32)(unsafe.Add(unsafe.Pointer(*p), bytes)) }
	move(&a.x, planes*a.xPlane)
	move(&a.y, planes*a.yPlane)
	move(&a.w, planes*a.wPlane)
	if a.adds > 0 {
		move(&a.terms, 4*planes)
	}
}

// depthwise is DepthwiseThen, with turned filters if turned is set.
func (l Level) depthwise(g *Conv, y, x, w []float32, turned bool, e Epilogue) {
	a, lanes := g.newDepthwiseArgs(x, y, w), l.depthwiseLanes(g.OW)
	if e.Terms != nil {
		a.terms, a.adds = first(e.Terms), 1
	}
	if e.Clamp != nil {
		a.clamp, a.clamps = *e.Clamp, 1
	}
	if turned {
		a.turn(w, g.KH*g.KW)
	}
	a.first = g.PT - (g.KH - 1)
	if g.SH == 2 {
		a.first, a.odd = (g.PT+1)/2-(g.KH-1)/2, g.PT%2
	}
	kernel := l.depthwiseKernel(g, lanes)
	a.run(
		depthwiseForward, kernel, (g.OW+lanes-1)/lanes, lanes, g.OW,
		func(b int) depthwiseBlock { return g.forwardBlock(b, lanes) },
	)
}

// depthwiseInputPairs is DepthwiseInput of stride 2.
func (l Level) depthwiseInputPairs(g *Conv, dx, dy, w []float32) {
	a, lanes := g.newDepthwiseArgs(dy, dx, w), l.depthwiseLanes((g.W+1)/2)
	a.transpose()
	a.first = -g.PT
	kernel := l.depthwiseKernel(g, lanes)&^1 + g.PL%2
	a.run(
		depthwiseInput, kernel, (g.W+2*lanes-1)/(2*lanes), 2*lanes, g.W,
		func(b int) depthwiseBlock { return g.inputBlock(b, lanes) },
	)
}

// depthwiseWeights adds the weight gradient to dw.
func (l Level) depthwiseWeights(g *Conv, dw, x, dy []float32) {
	a, lanes := g.newDepthwiseArgs(x, dy, dw), l.depthwiseLanes(g.OW)
	a.first, a.steps = -g.PT, min(g.H+g.PT, g.OH+g.KH-1)
	if g.SH == 2 {
		a.steps = min((g.H+g.PT+1)/2, g.OH+(g.KH-1)/2)
	}
	kernel := l.depthwiseKernel(g, lanes)
	n := (g.OW + lanes - 1) / lanes
	a.run( // y is not written, so nothing is beyond its rows
		depthwiseWeight, kernel, n, lanes, n*lanes,
		func(b int) depthwiseBlock { return g.forwardBlock(b, lanes) },
	)
}

// depthwiseKernel numbers the kernels by lanes and instruction set, filter, and stride.
func (l Level) depthwiseKernel(g *Conv, lanes int) int {
	set := 0
	switch {
	case l == AVX2:
		set = 2
	case lanes == 8:
		set = 1
	}
	return 4*set + (g.KH - 3) + g.SH - 1
}

// depthwiseKind is one of the kinds of kernels.
type depthwiseKind uint8

const (
	depthwiseForward depthwiseKind = iota
	depthwiseInput
	depthwiseWeight
	maxIndexes
)

// call calls the kernel of a number. Functions in a table would let the arguments escape to the
// heap.
func (kind depthwiseKind) call(number int, a *uintptr) {
	switch kind {
	case depthwiseForward:
		forwardKernel(number, a)
	case depthwiseInput:
		inputKernel(number, a)
	case depthwiseWeight:
		weightsKernel(number, a)
	case maxIndexes:
		maxIndexKernel(number, a)
	}
}

// forwardKernel calls a convolution.
func forwardKernel(number int, a *uintptr) {
	switch number {
	case 0:
		depthwiseAVX512_16x3x1(a)
	case 1:
		depthwiseAVX512_16x3x2(a)
	case 2:
		depthwiseAVX512_16x5x1(a)
	case 3:
		depthwiseAVX512_16x5x2(a)
	case 4:
		depthwiseAVX512_8x3x1(a)
	case 5:
		depthwiseAVX512_8x3x2(a)
	case 6:
		depthwiseAVX512_8x5x1(a)
	case 7:
		depthwiseAVX512_8x5x2(a)
	case 8:
		depthwiseAVX2_8x3x1(a)
	case 9:
		depthwiseAVX2_8x3x2(a)
	case 10:
		depthwiseAVX2_8x5x1(a)
	case 11:
		depthwiseAVX2_8x5x2(a)
	}
}

// inputKernel calls an input gradient of stride 2; numbers are odd where the padding on
// the left is.
func inputKernel(number int, a *uintptr) {
	switch number {
	case 0:
		depthwiseInputAVX512_16x3x2(a)
	case 1:
		depthwiseInputAVX512_16x3x2odd(a)
	case 2:
		depthwiseInputAVX512_16x5x2(a)
	case 3:
		depthwiseInputAVX512_16x5x2odd(a)
	case 4:
		depthwiseInputAVX512_8x3x2(a)
	case 5:
		depthwiseInputAVX512_8x3x2odd(a)
	case 6:
		depthwiseInputAVX512_8x5x2(a)
	case 7:
		depthwiseInputAVX512_8x5x2odd(a)
	case 8:
		depthwiseInputAVX2_8x3x2(a)
	case 9:
		depthwiseInputAVX2_8x3x2odd(a)
	case 10:
		depthwiseInputAVX2_8x5x2(a)
	case 11:
		depthwiseInputAVX2_8x5x2odd(a)
	}
}

// weightsKernel calls a weight gradient.
func weightsKernel(number int, a *uintptr) {
	switch number {
	case 0:
		depthwiseWeightsAVX512_16x3x1(a)
	case 1:
		depthwiseWeightsAVX512_16x3x2(a)
	case 2:
		depthwiseWeightsAVX512_16x5x1(a)
	case 3:
		depthwiseWeightsAVX512_16x5x2(a)
	case 4:
		depthwiseWeightsAVX512_8x3x1(a)
	case 5:
		depthwiseWeightsAVX512_8x3x2(a)
	case 6:
		depthwiseWeightsAVX512_8x5x1(a)
	case 7:
		depthwiseWeightsAVX512_8x5x2(a)
	case 8:
		depthwiseWeightsAVX2_8x3x1(a)
	case 9:
		depthwiseWeightsAVX2_8x3x2(a)
	case 10:
		depthwiseWeightsAVX2_8x5x1(a)
	case 11:
		depthwiseWeightsAVX2_8x5x2(a)
	}
}
