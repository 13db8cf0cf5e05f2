//go:build !amd64 || purego

package kernel

func (l Level) inputs5(
	v []float32, plane, row int, x []float32, xStep, channels int, g *group5, buffer []float32,
) {
	tileInputs5Generic(v, plane, row, x, xStep, channels, g, buffer)
}

func (l Level) outputs5(
	y []float32, yStep, w int, m []float32, plane, row, channels int, g *group5, _ []float32,
) {
	tileOutputs5Generic(y, yStep, w, m, plane, row, channels, g)
}

func (l Level) deltas5(
	d []float32, plane, row int, dy []float32, yStep, w, channels int, g *group5, _ []float32,
) {
	tileDeltas5Generic(d, plane, row, dy, yStep, w, channels, g)
}

func (l Level) gradient5(
	d []float32, plane int, dy []float32, w int, channels []int32, rows, mask int, _ []float32,
) {
	tileGradient5Generic(d, plane, dy, w, channels, rows, mask)
}

func (l Level) scatter5(
	x []float32, xStep int, e []float32, plane, row, channels int, g *group5, buffer []float32,
) {
	tileScatter5Generic(x, xStep, e, plane, row, channels, g, buffer)
}

func (l Level) filters5(dst []float32, step int, w []float32, rows, cols []int32) {
	filters5Generic(dst, step, w, rows, cols)
}

func (l Level) filterGradients5(dw, u []float32, plane, c, k int, _ []float32) {
	filterGradients5Generic(dw, u, plane, c, k)
}

func (l Level) products5(
	p *products5, c []float32, cPlane int, a []float32, aPlane, bPlane, rows int,
) {
	products5Generic(p, c, cPlane, a, aPlane, bPlane, rows)
}
