package kernel

// inputTransform5 is Bᵀ d: the numbers of a column or row of a tile's inputs, for the points 0, ±1,
// ±2, ±½, ∞.
func inputTransform5(d *[tileIn5]float32) {
	d0, d1, d2, d3, d4, d5, d6, d7 := d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]
	d[0] = d6 - d0 + 5.25*(d2-d4)
	d[7] = d7 - d1 + 5.25*(d3-d5)
	even, odd := d6-4.25*d4+d2, d5-4.25*d3+d1
	d[1], d[2] = even+odd, even-odd
	even, odd = d6-1.25*d4+0.25*d2, d5-1.25*d3+0.25*d1
	d[3], d[4] = even+2*odd, even-2*odd
	even, odd = d6-5*d4+4*d2, d5-5*d3+4*d1
	d[5], d[6] = even+0.5*odd, even-0.5*odd
}

// inputAdjoint5 is B v, the transpose of inputTransform5.
func inputAdjoint5(v *[tileIn5]float32) {
	zero, inf := v[0], v[7]
	s1, s2, s3 := v[1]+v[2], v[3]+v[4], v[5]+v[6]
	t1, t2, t3 := v[1]-v[2], v[3]-v[4], v[5]-v[6]
	v[0] = -zero
	v[1] = t1 + 0.5*t2 + 2*t3 - inf
	v[2] = s1 + 0.25*s2 + 4*s3 + 5.25*zero
	v[3] = 5.25*inf - 4.25*t1 - 2.5*(t2+t3)
	v[4] = -5.25*zero - 4.25*s1 - 1.25*s2 - 5*s3
	v[5] = t1 + 2*t2 + 0.5*t3 - 5.25*inf
	v[6] = s1 + s2 + s3 + zero
}

// outputTransform5 is Aᵀ m.
func outputTransform5(m *[tileIn5]float32) (y [tileOut]float32) {
	s1, s2, s3 := m[1]+m[2], m[3]+m[4], m[5]+m[6]
	t1, t2, t3 := m[1]-m[2], m[3]-m[4], m[5]-m[6]
	y[0] = m[0] + s1 + (s2 + s3)
	y[1] = t1 + 2*t2 + 0.5*t3
	y[2] = s1 + 4*s2 + 0.25*s3
	y[3] = t1 + 8*t2 + (0.125*t3 + m[7])
	return y
}

// gradientTransform5 is A y, the transpose of outputTransform5.
func gradientTransform5(y0, y1, y2, y3 float32) (m [tileIn5]float32) {
	m[0], m[7] = y0, y3
	even, odd := y0+y2, y1+y3
	m[1], m[2] = even+odd, even-odd
	even, odd = y0+4*y2, y1+4*y3
	m[3], m[4] = even+2*odd, even-2*odd
	even, odd = y0+0.25*y2, y1+0.25*y3
	m[5], m[6] = even+0.5*odd, even-0.5*odd
	return m
}

// filterGradient5 is Gᵀ u, the transpose of filterTransform5.
func filterGradient5(u *[tileIn5]float32) (g [5]float32) {
	s1, s2, s3 := -2./9*(u[1]+u[2]), 1./90*(u[3]+u[4]), 32./45*(u[5]+u[6])
	t1, t2, t3 := -2./9*(u[1]-u[2]), 1./90*(u[3]-u[4]), 32./45*(u[5]-u[6])
	g[0] = s1 - u[0] + s2 + s3
	g[1] = t1 + 2*t2 + 0.5*t3
	g[2] = s1 + 4*s2 + 0.25*s3
	g[3] = t1 + 8*t2 + 0.125*t3
	g[4] = u[7] + s1 + 16*s2 + 0.0625*s3
	return g
}

// filterTransform5 is G g: the polynomial of g at the points, each value divided by the product of
// the point's distances to the others.
func filterTransform5(g0, g1, g2, g3, g4 float64) [tileIn5]float64 {
	e1, o1 := g0+g2+g4, g1+g3
	e2, o2 := g0+4*g2+16*g4, g1+4*g3
	e3, o3 := g0+0.25*g2+0.0625*g4, g1+0.25*g3
	return [tileIn5]float64{
		-g0,
		-2. / 9 * (e1 + o1), -2. / 9 * (e1 - o1),
		1. / 90 * (e2 + 2*o2), 1. / 90 * (e2 - 2*o2),
		32. / 45 * (e3 + 0.5*o3), 32. / 45 * (e3 - 0.5*o3),
		g4,
	}
}

// tileInputs5Generic writes V of the tiles of a group, for all channels of x, which are xStep apart:
//
//	v[f·plane + c·row + lane]
func tileInputs5Generic(
	v []float32, plane, row int, x []float32, xStep, channels int, g *group5, buffer []float32,
) {
	for c := range channels {
		for i := range int(g.count) {
			s := &g.strips[i]
			for lane := range groupTiles {
				var d [tileIn5]float32
				for r := range d {
					if s.mask[r]>>lane&1 != 0 {
						d[r] = x[c*xStep+int(s.offset[r])+lane]
					}
				}
				inputTransform5(&d)
				for r, t := range d {
					buffer[r*bufferRow5+i*groupTiles+lane] = t
				}
			}
		}
		for tile, piece := range g.piece {
			at := c*row + laneOf(tile)
			for r := range tileIn5 {
				d := *(*[tileIn5]float32)(buffer[r*bufferRow5+int(piece)/4:])
				inputTransform5(&d)
				for _, t := range d {
					v[at] = t
					at += plane
				}
			}
		}
	}
}

// tileOutputs5Generic writes the outputs of the tiles of a group to channels of y, yStep apart, with
// rows of w pixels, from m[f·plane + k·row + lane].
func tileOutputs5Generic(
	y []float32, yStep, w int, m []float32, plane, row, channels int, g *group5,
) {
	for k := range channels {
		for tile, place := range g.place {
			var rows [tileOut][tileIn5]float32
			for j := range tileIn5 {
				var d [tileIn5]float32
				for i := range d {
					d[i] = m[k*row+laneOf(tile)+(tileIn5*i+j)*plane]
				}
				for i, t := range outputTransform5(&d) {
					rows[i][j] = t
				}
			}
			for i := range g.tiles[tile].rows {
				to := y[k*yStep+int(place)+i*w:]
				for j, t := range outputTransform5(&rows[i]) {
					if g.tiles[tile].mask>>j&1 != 0 {
						to[j] = t
					}
				}
			}
		}
	}
}

// deltaTile5 gives the 64 numbers of A dY Aᵀ of a tile to store.
func deltaTile5(dy []float32, w, rows, mask int, store func(f int, v float32)) {
	var t [tileIn5][tileOut]float32
	for j := range tileOut {
		var column [tileOut]float32
		for i := range rows {
			if mask>>j&1 != 0 {
				column[i] = dy[i*w+j]
			}
		}
		for i, m := range gradientTransform5(column[0], column[1], column[2], column[3]) {
			t[i][j] = m
		}
	}
	for i, r := range t {
		for j, m := range gradientTransform5(r[0], r[1], r[2], r[3]) {
			store(tileIn5*i+j, m)
		}
	}
}

// tileDeltas5Generic writes A dY Aᵀ of the tiles of a group: d[f·plane + k·row + lane].
func tileDeltas5Generic(
	d []float32, plane, row int, dy []float32, yStep, w, channels int, g *group5,
) {
	for k := range channels {
		for tile, place := range g.place {
			at := k*row + laneOf(tile)
			t := g.tiles[tile]
			deltaTile5(dy[k*yStep+int(place):], w, t.rows, t.mask, func(f int, v float32) {
				d[f*plane+at] = v
			})
		}
	}
}

// tileGradient5Generic writes A dY Aᵀ of a tile with channels in the lanes, from channels of dy at
// byte offsets: d[f·plane + k].
func tileGradient5Generic(
	d []float32, plane int, dy []float32, w int, channels []int32, rows, mask int,
) {
	for k, offset := range channels {
		deltaTile5(dy[offset/4:], w, rows, mask, func(f int, v float32) { d[f*plane+k] = v })
	}
}

// tileScatter5Generic adds B e Bᵀ of the tiles of a group to channels of x, xStep apart, from
// e[f·plane + c·row + lane]. The buffer holds zeros.
func tileScatter5Generic(
	x []float32, xStep int, e []float32, plane, row, channels int, g *group5, buffer []float32,
) {
	for c := range channels {
		for tile, piece := range g.piece {
			at := c*row + laneOf(tile)
			for r := range tileIn5 {
				var d [tileIn5]float32
				for j := range d {
					d[j] = e[at]
					at += plane
				}
				inputAdjoint5(&d)
				to := r*bufferRow5 + int(piece)/4
				copy(buffer[to:], d[:4])
				copy(buffer[to+4+bufferPiece5:], d[4:])
			}
		}
		for i := range int(g.count) {
			s := &g.strips[i]
			for lane := range groupTiles {
				var d [tileIn5]float32
				for r := range d {
					at := r*bufferRow5 + i*groupTiles + lane
					d[r] = buffer[at] + buffer[at+bufferPiece5]
				}
				inputAdjoint5(&d)
				for r, v := range d {
					if s.mask[r]>>lane&1 != 0 {
						x[c*xStep+int(s.offset[r])+lane] += v
					}
				}
			}
		}
	}
}

// filters5Generic writes G g Gᵀ for a panel of filters: dst[f·step + p·len(rows) + i] of the one at
// w[rows[i] + cols[p]].
func filters5Generic(dst []float32, step int, w []float32, rows, cols []int32) {
	for p, c := range cols {
		for i, r := range rows {
			g := (*[taps5]float32)(w[r+c:])
			var t [tileIn5][5]float64
			for j := range 5 {
				column := filterTransform5(
					float64(g[j]), float64(g[5+j]), float64(g[10+j]), float64(g[15+j]), float64(g[20+j]),
				)
				for i, v := range column {
					t[i][j] = v
				}
			}
			at := p*len(rows) + i
			for _, q := range t {
				for _, v := range filterTransform5(q[0], q[1], q[2], q[3], q[4]) {
					dst[at] = float32(v)
					at += step
				}
			}
		}
	}
}

// filterGradients5Generic writes Gᵀ u G for c·k pairs of channels, k in the lanes:
//
//	dw[(c·25 + tap)·k + lane]  from  u[f·plane + c·k + lane]
func filterGradients5Generic(dw, u []float32, plane, c, k int) {
	for pair := range c * k {
		var rows [5][tileIn5]float32
		for j := range tileIn5 {
			var column [tileIn5]float32
			for i := range column {
				column[i] = u[pair+(tileIn5*i+j)*plane]
			}
			for i, v := range filterGradient5(&column) {
				rows[i][j] = v
			}
		}
		at := pair/k*taps5*k + pair%k
		for i := range rows {
			for _, v := range filterGradient5(&rows[i]) {
				dw[at] = v
				at += k
			}
		}
	}
}

// products5Generic multiplies a panel of filters of some rows with p, for all frequencies.
func products5Generic(p *products5, c []float32, cPlane int, a []float32, aPlane, bPlane, rows int) {
	for f := range frequencies5 {
		for i := range rows {
			to := c[f*cPlane+i*p.tiles:][:p.n]
			clear(to)
			for k := range p.depth {
				x, row := a[f*aPlane+k*rows+i], p.v[f*bPlane+k*p.tiles:][:p.n]
				for j, v := range row {
					to[j] += x * v
				}
			}
		}
	}
}
