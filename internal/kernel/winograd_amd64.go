//go:build amd64 && !purego

package kernel

func (l Level) tileInputs(g *Winograd, v []float32, plane int, x []float32, at *tileGroup) {
	if l != AVX512 {
		tileInputsGeneric(v, plane, g.tiles(), x, g.H*g.W, g.C, at)
		return
	}
	kernel := tileInputsAVX512
	if g.halves == 1 {
		kernel = tileInputsHalvesAVX512
	}
	kernel(first(v), plane, g.tiles(), first(x), g.H*g.W, g.C, &at.offset[0][0])
}

func (l Level) tileOutputs(g *Winograd, y, m []float32, plane, channels int, at *tileGroup) {
	if l != AVX512 {
		tileOutputsGeneric(y, g.H*g.W, g.W, m, plane, g.tiles(), channels, at)
		return
	}
	kernel := tileOutputsAVX512
	if g.halves == 1 {
		kernel = tileOutputsHalvesAVX512
	}
	kernel(first(y), g.H*g.W, first(m), plane, g.tiles(), channels, &at.offset[0][0])
}

func (l Level) tileGradients(g *Winograd, d []float32, plane int, dy []float32, at *tileGroup) {
	if l != AVX512 {
		tileGradientsGeneric(d, plane, dy, g.W, g.lanes, at)
		return
	}
	vectors := len(g.lanes) / groupTiles
	tileGradientsAVX512(first(d), plane, first(dy), g.W, &g.lanes[0], vectors, &at.offset[0][0])
}

func (l Level) filterGradients(dw, u []float32, plane, c, k int) {
	if l != AVX512 {
		filterGradientsGeneric(dw, u, plane, c, k)
		return
	}
	for i := range c {
		filterGradientsAVX512(first(dw[9*i*k:]), first(u[i*k:]), plane, k/groupTiles)
	}
}

// outerKernel computes a tile of addOuter: see outer in the generator.
type outerKernel = func(c, a, b *float32, n, k, lda, acc int)

// The kernels by their number of rows.
var (
	outerWideAVX512 = [...]outerKernel{
		1:  addOuterAVX512_1x32,
		2:  addOuterAVX512_2x32,
		3:  addOuterAVX512_3x32,
		4:  addOuterAVX512_4x32,
		5:  addOuterAVX512_5x32,
		6:  addOuterAVX512_6x32,
		7:  addOuterAVX512_7x32,
		8:  addOuterAVX512_8x32,
		9:  addOuterAVX512_9x32,
		10: addOuterAVX512_10x32,
		11: addOuterAVX512_11x32,
		12: addOuterAVX512_12x32,
	}
	outerNarrowAVX512 = [...]outerKernel{
		1:  addOuterAVX512_1x16,
		2:  addOuterAVX512_2x16,
		3:  addOuterAVX512_3x16,
		4:  addOuterAVX512_4x16,
		5:  addOuterAVX512_5x16,
		6:  addOuterAVX512_6x16,
		7:  addOuterAVX512_7x16,
		8:  addOuterAVX512_8x16,
		9:  addOuterAVX512_9x16,
		10: addOuterAVX512_10x16,
		11: addOuterAVX512_11x16,
		12: addOuterAVX512_12x16,
	}
)

// addOuter computes c[i·n + j] (+)= Σ_{p < k} a[i·lda + p]·b[p·n + j] for i < m and j < n, with k a
// multiple of four and n of sixteen. |error| ≤ (k+2)·2⁻²⁴·Σ|a·b|.
func (l Level) addOuter(c, a, b []float32, m, n, k, lda int, acc bool) {
	if l != AVX512 {
		addOuterGeneric(c, a, b, m, n, k, lda, acc)
		return
	}
	most := len(outerWideAVX512) - 1
	parts := (m + most - 1) / most
	for j := 0; j < n; j += 32 {
		kernels := &outerWideAVX512
		if n-j < 32 {
			kernels = &outerNarrowAVX512
		}
		for q := range parts {
			i, rows := evenly(m, parts, q)
			kernels[rows](first(c[i*n+j:]), first(a[i*lda:]), first(b[j:]), n, k, lda, boolInt(acc))
		}
	}
}
