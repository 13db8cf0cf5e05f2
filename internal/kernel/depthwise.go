package kernel

// Depthwise convolutions have one filter for each channel: of a Conv, the C planes of an image are
// convolved with C filters KH × KW. Nothing is summed over channels, so there is no product of
// matrices in them; they are bound by loads and, for planes that no cache holds, by memory.

// Depthwise computes a depthwise convolution of an image: y, C × OH × OW, from x, C × H × W, and
// the filters w, C × KH × KW.
func (l Level) Depthwise(g *Conv, y, x, w []float32) {
	depthwiseGeneric(g, y, x, w)
}

// DepthwiseInput is the transpose of Depthwise in x: dx, C × H × W, from dy, C × OH × OW, and w.
func (l Level) DepthwiseInput(g *Conv, dx, dy, w []float32) {
	depthwiseInputGeneric(g, dx, dy, w)
}

// DepthwiseWeights is the transpose of Depthwise in w: dw, C × KH × KW, from x and dy. With acc it
// is added to dw.
func (l Level) DepthwiseWeights(g *Conv, dw, x, dy []float32, acc bool) {
	if !acc {
		clear(dw[:g.C*g.KH*g.KW])
	}
	depthwiseWeightsGeneric(g, dw, x, dy)
}
