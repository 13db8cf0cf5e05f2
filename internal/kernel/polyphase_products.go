package kernel

// PolyphaseFilterSize returns the floats of transformed filters.
func (g *Polyphase) PolyphaseFilterSize(turned bool) int {
	return frequencies * (phases*g.C*g.K + g.PolyphaseBlocks(turned)*skew)
}

// PolyphaseBlocks returns into how many blocks of rows transformed filters are split: of output
// channels, or, of turned filters, of the input channels of each phase.
func (g *Polyphase) PolyphaseBlocks(turned bool) int {
	if turned {
		return phases * WinogradBlocks(g.C)
	}
	return WinogradBlocks(g.K)
}

// filterBlock returns the first row and the rows of a block of transformed filters. Those of turned
// ones are of one phase.
func (g *Polyphase) filterBlock(turned bool, q int) (first, n, phase int) {
	if !turned {
		first, n = evenly(g.K, WinogradBlocks(g.K), q)
		return first, n, 0
	}
	blocks := WinogradBlocks(g.C)
	first, n = evenly(g.C, blocks, q%blocks)
	return q/blocks*g.C + first, n, q / blocks
}

// filterDepth returns the columns of transformed filters.
func (g *Polyphase) filterDepth(turned bool) int {
	if turned {
		return g.K
	}
	return phases * g.C
}

// PolyphaseFilter transforms block q of filters w: [K, C, KH, KW]. dst holds all blocks; rows first
// … first+n−1 are
//
//	dst[36·(first·depth + 16·q):]  =  36 × panels as MulPacked has them for n rows, 16 floats apart
//
// whose columns are the input channels of all phases, or the output channels if turned.
func (l Level) PolyphaseFilter(g *Polyphase, dst, w []float32, turned bool, q int) {
	first, n, phase := g.filterBlock(turned, q)
	depth := g.filterDepth(turned)
	step := n*depth + skew
	dst = dst[frequencies*(first*depth+q*skew):][:frequencies*step]
	parts := l.panels(n)
	for part := range parts {
		i0, mr := evenly(n, parts, part)
		if turned {
			rows := g.filterInputs[first-phase*g.C+i0:][:mr]
			l.filters(dst[i0*depth:], step, w, &g.turned[phase], rows, g.filterOutputs)
			continue
		}
		for phase := range phases {
			to, rows := dst[i0*depth+phase*g.C*mr:], g.filterOutputs[first+i0:][:mr]
			l.filters(to, step, w, &g.taps[phase], rows, g.filterInputs)
		}
	}
}

// present returns the first range of phases from one on that a frequency has, empty if there is none.
func present(absent uint8, from int) (first, stop int) {
	first = from
	for first < phases && absent>>first&1 != 0 {
		first++
	}
	for stop = first; stop < phases && absent>>stop&1 == 0; {
		stop++
	}
	return first, stop
}

// PolyphaseProduct writes M of a frequency for blocks first … stop−1 of transformed filters: of the
// outputs, or of the phases of the inputs' gradient if turned, where phases without such a frequency
// are set to zero. A few columns of V stay in the first-level cache while filters pass by. If more is
// set it asks for the memory of the next frequency.
func (l Level) PolyphaseProduct(
	g *Polyphase, m, v, u []float32, turned bool, f, first, stop int, more bool,
) {
	depth, tiles, rows := g.filterDepth(turned), g.tiles(), g.K
	ranges := [2][2]int{{0, depth}}
	var gone uint8
	if turned {
		rows, gone = phases*g.C, g.absentTurned[f]
	} else {
		a, b := present(g.absent[f], 0)
		c, d := present(g.absent[f], b)
		ranges = [2][2]int{{a * g.C, b * g.C}, {c * g.C, d * g.C}}
	}
	var nextV, nextM []float32
	if more {
		nextV, nextM = v[(f+1)*g.plane(depth):][:depth*tiles], m[(f+1)*g.plane(rows):][:rows*tiles]
	}
	m, v = m[f*g.plane(rows):], v[f*g.plane(depth):]
	if ranges[0][0] == ranges[0][1] { // no filter has this frequency
		gone = 1<<phases - 1
		ranges[0] = [2]int{0, depth}
	}
	width := l.columns(tiles, innerBlock)
	blocks := (tiles + width - 1) / width
	call, calls := 0, 0
	for _, r := range ranges {
		calls += (r[1] - r[0] + innerBlock - 1) / innerBlock * blocks * (stop - first)
	}
	for j := 0; j < tiles; j += width {
		n, acc := min(width, tiles-j), false
		for _, r := range ranges {
			parts := (r[1] - r[0] + innerBlock - 1) / innerBlock
			for i := range parts {
				c, depthPart := evenly(r[1]-r[0], parts, i)
				offsets := g.channels[r[0]+c:][:depthPart]
				for q := first; q < stop; q++ {
					k, rows, phase := g.filterBlock(turned, q)
					l.prefetchPart(nextV, call, calls)
					l.prefetchPart(nextM, call, calls)
					call++
					to := m[k*tiles+j:]
					if gone>>phase&1 != 0 {
						ClearRows(to, tiles, rows, n)
						continue
					}
					step := rows*depth + skew
					filters := u[frequencies*(k*depth+q*skew)+f*step:]
					if more && !acc {
						l.prefetchPart(filters[step:][:rows*depth], j/width, blocks)
					}
					l.mulRows(to, tiles, filters, depth, r[0]+c, v[j:], offsets, rows, n, acc)
				}
				acc = true
			}
		}
	}
}

// mulRows multiplies the columns from the given one on of packed filters with rows of V.
func (l Level) mulRows(
	c []float32, ldc int, ap []float32, depth, from int, v []float32, offsets []int32,
	rows, n int, acc bool,
) {
	parts := l.panels(rows)
	for p := range parts {
		r, mr := evenly(rows, parts, p)
		l.mulTile(c[r*ldc:], ldc, ap[r*depth+from*mr:], v, offsets, mr, n, acc, Epilogue{}, 0)
	}
}

// ClearRows sets rows of n floats, step apart, to zero.
func ClearRows(x []float32, step, rows, n int) {
	for r := range rows {
		clear(x[r*step:][:n])
	}
}

// PolyphaseOuter adds the products of V and D for a frequency and a block of output channels to sums
// of WeightSums floats, which it sets instead if acc is false.
func (l Level) PolyphaseOuter(g *Polyphase, sums, v, d []float32, f, block int, acc bool) {
	k, columns := g.gradients.gradientBlock(block)
	tiles := g.tiles()
	sums, v = sums[f*g.sumPlane()+k*phases*g.C:], v[f*g.plane(phases*g.C):]
	d = d[f*g.gradients.gradientPlane()+k*tiles:]
	for first, stop := present(g.absent[f], 0); first < stop; first, stop = present(g.absent[f], stop) {
		c, n := first*g.C, (stop-first)*g.C
		l.addOuter(sums[c*columns:], v[c*tiles:], d, n, columns, tiles, tiles, acc)
	}
}

// GradientBlocks returns into how many blocks the output channels of D and dU are split.
func (g *Polyphase) GradientBlocks() int { return g.gradients.GradientBlocks() }

// sumPlane returns the floats from one frequency of the sums to the next.
func (g *Polyphase) sumPlane() int { return phases*g.C*roundLanes(g.K) + skew }

// WeightSums returns the floats of the sums of PolyphaseOuter.
func (g *Polyphase) WeightSums() int { return frequencies * g.sumPlane() }

// finishChannels is the number of input channels whose filters' gradients are finished at a time.
const finishChannels = 16

// FinishScratch returns the floats that PolyphaseFinish needs.
func (g *Polyphase) FinishScratch() int {
	return (9*phases+g.KH*g.KW)*finishChannels*gradientColumns + Slack
}

// PolyphaseFinish writes the part of the gradient [K, C, KH, KW] of the filters that belongs to a
// block of output channels. Sums that a phase does not have, of which anything may be there, reach
// only taps that it does not have.
func (l Level) PolyphaseFinish(g *Polyphase, dw, sums, scratch []float32, block int) {
	k, columns := g.gradients.gradientBlock(block)
	sums, dw = sums[k*phases*g.C:], dw[k*g.C*g.KH*g.KW:]
	taps := g.KH * g.KW
	ordered := scratch[9*phases*finishChannels*columns:]
	for c := 0; c < g.C; c += finishChannels {
		n := min(finishChannels, g.C-c)
		for phase := range phases {
			part := scratch[9*phase*n*columns:]
			l.filterGradients(part, sums[(phase*g.C+c)*columns:], g.sumPlane(), n, columns)
			for ch := range n {
				for tap, at := range g.taps[phase] {
					if at >= 0 {
						copy(ordered[(ch*taps+int(at))*columns:][:columns], part[(9*ch+tap)*columns:])
					}
				}
			}
		}
		l.Transpose(dw[c*taps:], g.C*taps, ordered, columns, min(columns, g.K-k), n*taps)
	}
}
