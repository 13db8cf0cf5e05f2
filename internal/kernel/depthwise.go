package kernel

//go:generate sh -c "cd _asm && go run ./depthwise -out ../depthwise_amd64.s -stubs ../depthwise_stubs_amd64.go -pkg kernel"

// Depthwise convolutions have one filter for each channel: the C planes of an image are convolved
// with C filters KH × KW of a Conv's geometry. Nothing is summed over channels, so they are no
// products of matrices. 3×3 and 5×5 filters of strides 1 and 2 have kernels in assembly, with
// neighbouring pixels of a row in the lanes; other geometries are computed in portable Go.

// Depthwise computes a depthwise convolution of an image: y, C × OH × OW, from x, C × H × W, and
// the filters w, C × KH × KW. An element of y is a sum of n ≤ KH·KW products, so that its error is
// at most n·2⁻²⁴/(1 − n·2⁻²⁴) of the sum of their magnitudes, and likewise of DepthwiseInput.
func (l Level) Depthwise(g *Conv, y, x, w []float32) { l.DepthwiseThen(g, y, x, w, Epilogue{}) }

// DepthwiseThen is Depthwise with an epilogue, whose terms are those of the channels.
func (l Level) DepthwiseThen(g *Conv, y, x, w []float32, e Epilogue) {
	if l == Generic || !g.depthwiseVectors() {
		depthwiseGeneric(g, y, x, w)
		e.generic(y, g.OH*g.OW, g.C, g.OH*g.OW)
		return
	}
	l.depthwise(g, y, x, w, false, e)
}

// DepthwiseInput is the transpose of Depthwise in x: dx, C × H × W, from dy, C × OH × OW, and w.
func (l Level) DepthwiseInput(g *Conv, dx, dy, w []float32) {
	switch {
	case l == Generic || !g.depthwiseVectors():
		depthwiseInputGeneric(g, dx, dy, w)
	case g.SH == 1:
		// The convolution of dy with the filter turned by half a turn.
		back := *g
		back.H, back.W, back.OH, back.OW = g.OH, g.OW, g.H, g.W
		back.PT, back.PL = g.KH-1-g.PT, g.KW-1-g.PL
		l.depthwise(&back, dx, dy, w, true, Epilogue{})
	default:
		l.depthwiseInputPairs(g, dx, dy, w)
	}
}

// DepthwiseWeights is the transpose of Depthwise in w: dw, C × KH × KW, from x and dy. With acc it
// is added to dw. An element of dw is a sum of n ≤ OH·OW products, with acc of one more term; its
// error is bounded as above, and in practice smaller: what a lane or a row adds up is short.
func (l Level) DepthwiseWeights(g *Conv, dw, x, dy []float32, acc bool) {
	if !acc {
		clear(dw[:g.C*g.KH*g.KW])
	}
	if l == Generic || !g.depthwiseVectors() {
		depthwiseWeightsGeneric(g, dw, x, dy)
		return
	}
	l.depthwiseWeights(g, dw, x, dy)
}

// depthwiseVectors reports whether there are kernels in assembly for the geometry. They count on a
// first row of the output that begins no later than the first of the input.
func (g *Conv) depthwiseVectors() bool {
	return g.KH == g.KW && (g.KH == 3 || g.KH == 5) && g.SH == g.SW && g.SH <= 2 &&
		g.DH == 1 && g.DW == 1 && g.PT < g.KH
}
