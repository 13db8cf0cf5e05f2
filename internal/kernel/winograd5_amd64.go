//go:build amd64 && !purego

package kernel

func (l Level) inputs5(
	v []float32, plane, row int, x []float32, xStep, channels int, g *group5, buffer []float32,
) {
	kernel := tileInputs5AVX512
	switch l {
	case Generic:
		tileInputs5Generic(v, plane, row, x, xStep, channels, g, buffer)
		return
	case AVX2:
		kernel = tileInputs5AVX2
	}
	kernel(first(v), 4*plane, 4*row, first(x), 4*xStep, channels, &g.strips[0].offset[0], first(buffer))
}

func (l Level) outputs5(
	y []float32, yStep, w int, m []float32, plane, row, channels int, g *group5, buffer []float32,
) {
	group := &g.strips[0].offset[0]
	switch l {
	case Generic:
		tileOutputs5Generic(y, yStep, w, m, plane, row, channels, g)
	case AVX2:
		tileOutputs5AVX2(first(y), 4*yStep, 4*w, first(m), 4*plane, 4*row, channels, group, first(buffer))
	default:
		tileOutputs5AVX512(first(y), 4*yStep, 4*w, first(m), 4*plane, 4*row, channels, group)
	}
}

func (l Level) deltas5(
	d []float32, plane, row int, dy []float32, yStep, w, channels int, g *group5, buffer []float32,
) {
	group := &g.strips[0].offset[0]
	switch l {
	case Generic:
		tileDeltas5Generic(d, plane, row, dy, yStep, w, channels, g)
	case AVX2:
		tileDeltas5AVX2(first(d), 4*plane, 4*row, first(dy), 4*yStep, 4*w, channels, group, first(buffer))
	default:
		tileDeltas5AVX512(first(d), 4*plane, 4*row, first(dy), 4*yStep, 4*w, channels, group)
	}
}

func (l Level) gradient5(
	d []float32, plane int, dy []float32, w int, channels []int32, rows, mask int, buffer []float32,
) {
	n := len(channels)
	switch l {
	case Generic:
		tileGradient5Generic(d, plane, dy, w, channels, rows, mask)
	case AVX2:
		tileGradient5AVX2(first(d), 4*plane, first(dy), 4*w, &channels[0], n/8, rows, mask, first(buffer))
	default:
		tileGradient5AVX512(first(d), 4*plane, first(dy), 4*w, &channels[0], n/16, rows, mask)
	}
}

func (l Level) scatter5(
	x []float32, xStep int, e []float32, plane, row, channels int, g *group5, buffer []float32,
) {
	kernel := tileScatter5AVX512
	switch l {
	case Generic:
		tileScatter5Generic(x, xStep, e, plane, row, channels, g, buffer)
		return
	case AVX2:
		kernel = tileScatter5AVX2
	}
	kernel(first(x), 4*xStep, first(e), 4*plane, 4*row, channels, &g.strips[0].offset[0], first(buffer))
}

func (l Level) filters5(dst []float32, step int, w []float32, rows, cols []int32) {
	if l == Generic {
		filters5Generic(dst, step, w, rows, cols)
		return
	}
	var buffer [(tileIn5*5 + taps5) * 16]float32
	to, from, n, k := first(dst), first(w), len(rows), len(cols)
	if l == AVX512 { // no variable for the kernel: the buffer would move to the heap
		filters5AVX512(to, step, from, &allTaps5[0], &rows[0], n, &cols[0], k, &buffer[0])
	} else {
		filters5AVX2(to, step, from, &allTaps5[0], &rows[0], n, &cols[0], k, &buffer[0])
	}
}

// allTaps5 says where the taps of a filter of 5×5 lie.
var allTaps5 = func() (taps [taps5]int32) {
	for i := range taps {
		taps[i] = int32(i)
	}
	return taps
}()

func (l Level) filterGradients5(dw, u []float32, plane, c, k int, buffer []float32) {
	if l == Generic {
		filterGradients5Generic(dw, u, plane, c, k)
		return
	}
	kernel := filterGradients5AVX2
	if l == AVX512 {
		kernel = filterGradients5AVX512
	}
	for i := range c {
		kernel(first(dw[taps5*i*k:]), first(u[i*k:]), 4*plane, k/l.lanes(), first(buffer))
	}
}

// productKernel computes products of a panel of filters: see products in the generator.
type productKernel = func(
	c *float32, cPlane, ldc int, a *float32, aPlane int, b *float32, bPlane, ldb, k, n int,
)

// The kernels by their number of rows.
var (
	productsWideAVX512 = [...]productKernel{
		1:  productsAVX512_1x32,
		2:  productsAVX512_2x32,
		3:  productsAVX512_3x32,
		4:  productsAVX512_4x32,
		5:  productsAVX512_5x32,
		6:  productsAVX512_6x32,
		7:  productsAVX512_7x32,
		8:  productsAVX512_8x32,
		9:  productsAVX512_9x32,
		10: productsAVX512_10x32,
		11: productsAVX512_11x32,
		12: productsAVX512_12x32,
		13: productsAVX512_13x32,
		14: productsAVX512_14x32,
	}
	productsNarrowAVX512 = [...]productKernel{
		1:  productsAVX512_1x16,
		2:  productsAVX512_2x16,
		3:  productsAVX512_3x16,
		4:  productsAVX512_4x16,
		5:  productsAVX512_5x16,
		6:  productsAVX512_6x16,
		7:  productsAVX512_7x16,
		8:  productsAVX512_8x16,
		9:  productsAVX512_9x16,
		10: productsAVX512_10x16,
		11: productsAVX512_11x16,
		12: productsAVX512_12x16,
		13: productsAVX512_13x16,
		14: productsAVX512_14x16,
	}
	productsAVX2 = [...]productKernel{
		1: productsAVX2_1x16,
		2: productsAVX2_2x16,
		3: productsAVX2_3x16,
		4: productsAVX2_4x16,
		5: productsAVX2_5x16,
		6: productsAVX2_6x16,
	}
)

// products5 multiplies a panel of filters of some rows with p, for all frequencies.
func (l Level) products5(
	p *products5, c []float32, cPlane int, a []float32, aPlane, bPlane, rows int,
) {
	if l == Generic {
		products5Generic(p, c, cPlane, a, aPlane, bPlane, rows)
		return
	}
	for j := 0; j < p.n; {
		kernel, width := productsAVX2[min(rows, len(productsAVX2)-1)], groupTiles
		switch {
		case l == AVX512 && p.n-j >= 2*groupTiles:
			kernel, width = productsWideAVX512[rows], 2*groupTiles
		case l == AVX512:
			kernel = productsNarrowAVX512[rows]
		}
		kernel(
			first(c[j:]), 4*cPlane, 4*p.tiles, first(a), 4*aPlane, first(p.v[j:]), 4*bPlane, 4*p.tiles,
			p.depth, frequencies5,
		)
		j += width
	}
}
