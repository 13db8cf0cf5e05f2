package kernel

// inputTransform is Bᵀ d: the numbers of a column or row of a tile's inputs.
func inputTransform(d0, d1, d2, d3, d4, d5 float32) (v0, v1, v2, v3, v4, v5 float32) {
	s, u := d3-d1, d4-d2
	v0 = d0 + d4 - 2*d2 + 1.5*s
	v1 = d4 - d1 + 0.5*d2 + 2.5*d3
	v2 = d4 + d1 - 2.5*d2 + 0.5*d3
	v3 = u + 2*s
	v4 = u - 0.5*s
	v5 = d5 + d1 - 2*d3 + 1.5*u
	return
}

// outputTransform is Aᵀ m.
func outputTransform(m0, m1, m2, m3, m4, m5 float32) (y0, y1, y2, y3 float32) {
	a, b := m1+m2, m1-m2
	y0 = m0 + a + (m3 + m4)
	y1 = b + 0.5*m3 - 2*m4
	y2 = a + 0.25*m3 + 4*m4
	y3 = b + m5 + 0.125*m3 - 8*m4
	return
}

// gradientTransform is A y, the transpose of outputTransform.
func gradientTransform(y0, y1, y2, y3 float32) (m0, m1, m2, m3, m4, m5 float32) {
	even, odd := y0+y2, y1+y3
	m1 = even + odd
	m2 = even - odd
	m3 = y0 + 0.5*y1 + 0.25*y2 + 0.125*y3
	m4 = y0 - 2*y1 + 4*y2 - 8*y3
	return y0, m1, m2, m3, m4, y3
}

// filterGradient is Gᵀ u, the transpose of filterTransform.
func filterGradient(u0, u1, u2, u3, u4, u5 float32) (g0, g1, g2 float32) {
	sum, difference := u1+u2, u1-u2
	g0 = u0 + 1./3*difference - 16./15*u3 + 1./15*u4
	g1 = 1./3*sum - 8./15*u3 - 2./15*u4
	g2 = u5 + 1./3*difference - 4./15*u3 + 4./15*u4
	return
}

// tileInputsGeneric writes V of the tiles of a group, for all channels of x, which are xStep apart:
//
//	v[f·plane + c·row + lane]
func tileInputsGeneric(
	v []float32, plane, row int, x []float32, xStep, channels int, g *tileGroup,
) {
	var rows [tileIn][66]float32 // the pixels of the group's halves, with one to each side
	for c := range channels {
		for r := range rows {
			to := (*[64]float32)(rows[r][1:])
			for half, at := range g.offset[r] {
				from := x[c*xStep+int(at):]
				for i := range 8 {
					to[8*half+i] = 0
					if g.mask[r]>>(8*half+i)&1 != 0 {
						to[8*half+i] = from[i]
					}
				}
			}
			for side, at := range g.edge[r] {
				rows[r][65*side] = 0
				if g.edgeMask[r][side] != 0 {
					rows[r][65*side] = x[c*xStep+int(at)]
				}
			}
		}
		for i := range 66 {
			rows[0][i], rows[1][i], rows[2][i], rows[3][i], rows[4][i], rows[5][i] =
				inputTransform(rows[0][i], rows[1][i], rows[2][i], rows[3][i], rows[4][i], rows[5][i])
		}
		for tile := range groupTiles {
			lane := laneOf(tile)
			at := c*row + lane
			for r := range rows {
				p := (*[6]float32)(rows[r][4*tile:])
				p0, p5 := p[0], p[5]
				if tile > 0 && g.left>>lane&1 == 0 {
					p0 = 0
				}
				if tile < groupTiles-1 && g.right>>lane&1 == 0 {
					p5 = 0
				}
				v[at], v[at+plane], v[at+2*plane], v[at+3*plane], v[at+4*plane], v[at+5*plane] =
					inputTransform(p0, p[1], p[2], p[3], p[4], p5)
				at += tileIn * plane
			}
		}
	}
}

// tileOutputsGeneric writes the outputs of the tiles of a group to channels of y, yStep apart, with
// rows of w pixels, from m[f·plane + k·row + lane].
func tileOutputsGeneric(
	y []float32, yStep, w int, m []float32, plane, row, channels int, g *tileGroup,
) {
	for k := range channels {
		for lane, place := range g.tile {
			if place.rows == 0 {
				continue
			}
			var rows [tileOut][tileIn]float32
			for j := range tileIn {
				at := k*row + lane + j*plane
				rows[0][j], rows[1][j], rows[2][j], rows[3][j] = outputTransform(
					m[at], m[at+6*plane], m[at+12*plane], m[at+18*plane], m[at+24*plane],
					m[at+30*plane],
				)
			}
			for i := range int(place.rows) {
				var q [tileOut]float32
				c := &rows[i]
				q[0], q[1], q[2], q[3] = outputTransform(c[0], c[1], c[2], c[3], c[4], c[5])
				to := y[k*yStep+int(place.offset)+i*w:]
				for j, v := range q {
					if place.mask>>j&1 != 0 {
						to[j] = v
					}
				}
			}
		}
	}
}

// tileGradientsGeneric writes A dY Aᵀ of the tiles of a group with channels in the lanes, from
// channels of dy at byte offsets:
//
//	d[f·plane + lane·len(channels) + k]
func tileGradientsGeneric(
	d []float32, plane int, dy []float32, w int, channels []int32, g *tileGroup,
) {
	for lane, place := range g.tile {
		for k, offset := range channels {
			var rows [tileIn][tileOut]float32
			for i := range int(place.rows) {
				from := dy[int(offset)/4+int(place.offset)+i*w:]
				for j := range tileOut {
					if place.mask>>j&1 != 0 {
						rows[i][j] = from[j]
					}
				}
			}
			for j := range tileOut {
				rows[0][j], rows[1][j], rows[2][j], rows[3][j], rows[4][j], rows[5][j] =
					gradientTransform(rows[0][j], rows[1][j], rows[2][j], rows[3][j])
			}
			at := lane*len(channels) + k
			for i := range rows {
				r := &rows[i]
				d[at], d[at+plane], d[at+2*plane], d[at+3*plane], d[at+4*plane], d[at+5*plane] =
					gradientTransform(r[0], r[1], r[2], r[3])
				at += tileIn * plane
			}
		}
	}
}

// filterGradientsGeneric writes Gᵀ u G for c·k pairs of channels, k in the lanes:
//
//	dw[(c·9 + tap)·k + lane]  from  u[f·plane + c·k + lane]
func filterGradientsGeneric(dw, u []float32, plane, c, k int) {
	for pair := range c * k {
		var rows [3][tileIn]float32
		for j := range tileIn {
			at := pair + j*plane
			rows[0][j], rows[1][j], rows[2][j] = filterGradient(
				u[at], u[at+6*plane], u[at+12*plane], u[at+18*plane], u[at+24*plane],
				u[at+30*plane],
			)
		}
		to := dw[pair/k*9*k+pair%k:]
		for i := range rows {
			r := &rows[i]
			to[3*i*k], to[(3*i+1)*k], to[(3*i+2)*k] = filterGradient(r[0], r[1], r[2], r[3], r[4], r[5])
		}
	}
}

// addOuterGeneric is addOuter in portable Go.
func addOuterGeneric(c, a, b []float32, m, n, k, lda int, acc bool) {
	for i := range m {
		to := c[i*n:][:n]
		if !acc {
			clear(to)
		}
		for j := 0; j < n; j += 4 {
			t := to[j:][:4:4]
			s0, s1, s2, s3 := t[0], t[1], t[2], t[3]
			for p, x := range a[i*lda:][:k] {
				y := b[p*n+j:][:4:4]
				s0 += x * y[0]
				s1 += x * y[1]
				s2 += x * y[2]
				s3 += x * y[3]
			}
			t[0], t[1], t[2], t[3] = s0, s1, s2, s3
		}
	}
}
