//go:build !amd64 || purego

package kernel

func (l Level) tileInputs(g *Winograd, v []float32, plane int, x []float32, at *tileGroup) {
	tileInputsGeneric(v, plane, g.tiles(), x, g.H*g.W, g.C, at)
}

func (l Level) tileOutputs(g *Winograd, y, m []float32, plane, channels int, at *tileGroup) {
	tileOutputsGeneric(y, g.H*g.W, g.W, m, plane, g.tiles(), channels, at)
}

func (l Level) tileGradients(g *Winograd, d []float32, plane int, dy []float32, at *tileGroup) {
	tileGradientsGeneric(d, plane, dy, g.W, g.lanes, at)
}

func (l Level) filterGradients(dw, u []float32, plane, c, k int) {
	filterGradientsGeneric(dw, u, plane, c, k)
}

func (l Level) addOuter(c, a, b []float32, m, n, k, lda int, acc bool) {
	addOuterGeneric(c, a, b, m, n, k, lda, acc)
}

func (l Level) filters(dst []float32, step int, w []float32, taps *tapTable, rows, cols []int32) {
	filtersGeneric(dst, step, w, taps, rows, cols)
}

func (l Level) readsPhases() bool { return false }

func (l Level) tileInputsOfPhase(*Winograd, []float32, int, []float32, *tileGroup) {}

func (l Level) tileOutputsOfPhases(*phaseTiles, int, []float32, []float32, int, int, int) {}
