//go:build amd64 && !purego

package kernel

// winogradBuffer is what kernels keep between two transforms. The most is that of AVX2's inputs:
// the columns of a group's tiles, the masks of their pixels and of lanes, and the pixels beside it.
type winogradBuffer [(2*tileIn*8 + 4 + 3*tileIn) * 8]float32

// tileInputs writes V of a group: see inputs and inputsInMemory in the generator. Kernels are called
// by their names: through a variable, buffers would move to the heap.
func (l Level) tileInputs(g *Winograd, v []float32, plane int, x []float32, at *tileGroup) {
	row, step, to, from, group := g.tiles(), g.H*g.W, first(v), first(x), &at.offset[0][0]
	switch {
	case l == Generic:
		tileInputsGeneric(v, plane, row, x, step, g.C, at)
	case l == AVX2:
		var buffer winogradBuffer
		if g.straddles() {
			tileInputsStraddlingAVX2(to, plane, row, from, step, g.C, group, &buffer[0])
		} else {
			tileInputsAVX2(to, plane, row, from, step, g.C, group, &buffer[0])
		}
	case g.straddles():
		var buffer [16 * tileIn]float32
		if g.whole() {
			tileInputsStraddlingAVX512(to, plane, row, from, step, g.C, group, &buffer[0])
		} else {
			tileInputsHalvesStraddlingAVX512(to, plane, row, from, step, g.C, group, &buffer[0])
		}
	case g.whole():
		tileInputsAVX512(to, plane, row, from, step, g.C, group, nil)
	default:
		tileInputsHalvesAVX512(to, plane, row, from, step, g.C, group, nil)
	}
}

// readsPhases reports whether there are kernels that read and write phases in tensors.
func (l Level) readsPhases() bool { return l == AVX512 }

// tileInputsOfPhase is tileInputs of a phase.
func (l Level) tileInputsOfPhase(g *Winograd, v []float32, plane int, x []float32, at *tileGroup) {
	row, step, to, from, group := g.tiles(), g.H*g.W, first(v), first(x), &at.offset[0][0]
	if !g.straddles() {
		tileInputsOfPhaseAVX512(to, plane, row, from, step, g.C, group, nil)
		return
	}
	var buffer [16 * tileIn]float32
	tileInputsOfPhaseStraddlingAVX512(to, plane, row, from, step, g.C, group, &buffer[0])
}

// tileOutputsOfPhases is tileOutputs of two phases, those of even rows or of odd rows, whose m are some
// floats apart.
func (l Level) tileOutputsOfPhases(
	t *phaseTiles, half int, y, m []float32, apart, plane, group int,
) {
	var buffer [16 * groupTiles]float32
	g := t.grids[2*half]
	tileOutputsOfPhasesAVX512(
		first(y), g.H*g.W, first(m), apart, plane, g.tiles(), g.C, &g.in[group].offset[0][0],
		&t.inside[half][group][0][0], &buffer[0],
	)
}

func (l Level) tileOutputs(g *Winograd, y, m []float32, plane, channels int, at *tileGroup) {
	tiles, area, group := g.tiles(), g.H*g.W, &at.offset[0][0]
	switch {
	case l == Generic:
		tileOutputsGeneric(y, area, g.W, m, plane, tiles, channels, at)
	case l == AVX2:
		var buffer winogradBuffer
		tileOutputsAVX2(first(y), area, first(m), plane, tiles, channels, group, &buffer[0])
	case g.whole():
		tileOutputsAVX512(first(y), area, first(m), plane, tiles, channels, group)
	default:
		tileOutputsHalvesAVX512(first(y), area, first(m), plane, tiles, channels, group)
	}
}

func (l Level) tileGradients(g *Winograd, d []float32, plane int, dy []float32, at *tileGroup) {
	channels, group := &g.lanes[0], &at.offset[0][0]
	switch l {
	case Generic:
		tileGradientsGeneric(d, plane, dy, g.W, g.lanes, at)
	case AVX2:
		var buffer winogradBuffer
		tileGradientsAVX2(first(d), plane, first(dy), g.W, channels, len(g.lanes)/8, group, &buffer[0])
	default:
		tileGradientsAVX512(first(d), plane, first(dy), g.W, channels, len(g.lanes)/16, group)
	}
}

func (l Level) filters(dst []float32, step int, w []float32, taps *tapTable, rows, cols []int32) {
	if l == Generic {
		filtersGeneric(dst, step, w, taps, rows, cols)
		return
	}
	var buffer winogradBuffer
	to, from, n, k := first(dst), first(w), len(rows), len(cols)
	if l == AVX512 {
		filtersAVX512(to, step, from, &taps[0], &rows[0], n, &cols[0], k, &buffer[0])
	} else {
		filtersAVX2(to, step, from, &taps[0], &rows[0], n, &cols[0], k, &buffer[0])
	}
}

func (l Level) filterGradients(dw, u []float32, plane, c, k int) {
	if l == Generic {
		filterGradientsGeneric(dw, u, plane, c, k)
		return
	}
	var buffer winogradBuffer
	for i := range c {
		to, from := first(dw[9*i*k:]), first(u[i*k:])
		if l == AVX2 {
			filterGradientsAVX2(to, from, plane, k/8, &buffer[0])
		} else {
			filterGradientsAVX512(to, from, plane, k/16)
		}
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
		13: addOuterAVX512_13x16,
		14: addOuterAVX512_14x16,
		15: addOuterAVX512_15x16,
		16: addOuterAVX512_16x16,
	}
	outerAVX2 = [...]outerKernel{
		1: addOuterAVX2_1x16,
		2: addOuterAVX2_2x16,
		3: addOuterAVX2_3x16,
		4: addOuterAVX2_4x16,
		5: addOuterAVX2_5x16,
		6: addOuterAVX2_6x16,
	}
)

// addOuter computes c[i·n + j] (+)= Σ_{p < k} a[i·lda + p]·b[p·n + j] for i < m and j < n, with k a
// multiple of four and n of sixteen. |error| ≤ (k+2)·2⁻²⁴·Σ|a·b|.
func (l Level) addOuter(c, a, b []float32, m, n, k, lda int, acc bool) {
	if l == Generic {
		addOuterGeneric(c, a, b, m, n, k, lda, acc)
		return
	}
	for j := 0; j < n; {
		kernels, width := outerAVX2[:], 16
		if l == AVX512 && n-j >= 32 {
			kernels, width = outerWideAVX512[:], 32
		} else if l == AVX512 {
			kernels = outerNarrowAVX512[:]
		}
		most := len(kernels) - 1
		parts := (m + most - 1) / most
		for q := range parts {
			i, rows := evenly(m, parts, q)
			kernel := kernels[rows]
			kernel(first(c[i*n+j:]), first(a[i*lda:]), first(b[j:]), n, k, lda, boolInt(acc))
		}
		j += width
	}
}
