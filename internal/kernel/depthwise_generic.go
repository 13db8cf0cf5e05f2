package kernel

// Depthwise convolutions in portable Go, for any geometry. Each tap of a filter goes through the
// part of a plane where its inputs lie inside the image.

// depthwiseTap is the part of the output for which a tap's input lies inside the image, and the
// offset in x of the first one.
type depthwiseTap struct {
	first, last, left, right int // rows and columns of the output
	from                     int // offset in x of the first of them
}

func (g *Conv) depthwiseTap(kh, kw int) depthwiseTap {
	var t depthwiseTap
	t.first, t.last = inside(g.SH, kh*g.DH-g.PT, g.H, g.OH)
	t.left, t.right = inside(g.SW, kw*g.DW-g.PL, g.W, g.OW)
	t.from = (t.first*g.SH+kh*g.DH-g.PT)*g.W + t.left*g.SW + kw*g.DW - g.PL
	return t
}

// depthwiseRows calls f for each output row of a channel that a tap reaches, with the part of y
// and the inputs, g.SW apart, that belong to it.
func (g *Conv) depthwiseRows(kh, kw, c int, x, y []float32, f func(x, y []float32)) {
	t := g.depthwiseTap(kh, kw)
	if t.left >= t.right {
		return
	}
	x, y = x[c*g.H*g.W:(c+1)*g.H*g.W], y[c*g.OH*g.OW:(c+1)*g.OH*g.OW]
	for i := t.first; i < t.last; i++ {
		f(x[t.from+(i-t.first)*g.SH*g.W:], y[i*g.OW+t.left:i*g.OW+t.right])
	}
}

func depthwiseGeneric(g *Conv, y, x, w []float32) {
	clear(y[:g.C*g.OH*g.OW])
	g.eachDepthwiseTap(func(c, kh, kw, at int) {
		by := w[at]
		g.depthwiseRows(kh, kw, c, x, y, func(x, y []float32) {
			for j := range y {
				y[j] += by * x[j*g.SW]
			}
		})
	})
}

func depthwiseInputGeneric(g *Conv, dx, dy, w []float32) {
	clear(dx[:g.C*g.H*g.W])
	g.eachDepthwiseTap(func(c, kh, kw, at int) {
		by := w[at]
		g.depthwiseRows(kh, kw, c, dx, dy, func(dx, dy []float32) {
			for j, v := range dy {
				dx[j*g.SW] += by * v
			}
		})
	})
}

// depthwiseWeightsGeneric adds the weight gradient to dw.
func depthwiseWeightsGeneric(g *Conv, dw, x, dy []float32) {
	g.eachDepthwiseTap(func(c, kh, kw, at int) {
		var total float32
		g.depthwiseRows(kh, kw, c, x, dy, func(x, dy []float32) {
			var sum float32 // of a row: shorter sums round less
			for j, v := range dy {
				sum += x[j*g.SW] * v
			}
			total += sum
		})
		dw[at] += total
	})
}

// eachDepthwiseTap calls f for every tap of every channel's filter, with its place among all.
func (g *Conv) eachDepthwiseTap(f func(c, kh, kw, at int)) {
	at := 0
	for c := range g.C {
		for kh := range g.KH {
			for kw := range g.KW {
				f(c, kh, kw, at)
				at++
			}
		}
	}
}
