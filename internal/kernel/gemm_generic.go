package kernel

// mulGeneric is mulTile in portable Go, on panels of at most four rows.
func mulGeneric(c []float32, ldc int, ap, b []float32, boff []int32, mr, n int, acc bool) {
	if mr == 4 {
		mulGeneric4(c, ldc, ap, b, boff, n, acc)
		return
	}
	for i := range mr {
		mulGeneric1(c[i*ldc:], ap[i:], mr, b, boff, n, acc)
	}
}

// mulGeneric1 computes one row, four columns at a time in registers. The elements of A are step
// apart.
func mulGeneric1(c, a []float32, step int, b []float32, boff []int32, n int, acc bool) {
	j := 0
	for ; j+4 <= n; j += 4 {
		var s0, s1, s2, s3 float32
		for p, off := range boff {
			x, y := a[p*step], b[int(off)+j:][:4:4]
			s0 += x * y[0]
			s1 += x * y[1]
			s2 += x * y[2]
			s3 += x * y[3]
		}
		put2(c[j:], s0, s1, acc)
		put2(c[j+2:], s2, s3, acc)
	}
	for ; j < n; j++ {
		var s float32
		for p, off := range boff {
			s += a[p*step] * b[int(off)+j]
		}
		put1(c, j, s, acc)
	}
}

// mulGeneric4 keeps tiles of four rows and two columns in registers.
func mulGeneric4(c []float32, ldc int, ap, b []float32, boff []int32, n int, acc bool) {
	j := 0
	for ; j+2 <= n; j += 2 {
		var s00, s01, s10, s11, s20, s21, s30, s31 float32
		a := ap
		for _, off := range boff {
			x := a[:4:4]
			y := b[int(off)+j:][:2:2]
			y0, y1 := y[0], y[1]
			s00 += x[0] * y0
			s01 += x[0] * y1
			s10 += x[1] * y0
			s11 += x[1] * y1
			s20 += x[2] * y0
			s21 += x[2] * y1
			s30 += x[3] * y0
			s31 += x[3] * y1
			a = a[4:]
		}
		put2(c[j:], s00, s01, acc)
		put2(c[ldc+j:], s10, s11, acc)
		put2(c[2*ldc+j:], s20, s21, acc)
		put2(c[3*ldc+j:], s30, s31, acc)
	}
	if j == n {
		return
	}
	for i := range 4 {
		var s float32
		for p, off := range boff {
			s += ap[4*p+i] * b[int(off)+j]
		}
		put1(c, i*ldc+j, s, acc)
	}
}

// put2 stores two sums, adding what is there if acc.
func put2(c []float32, s0, s1 float32, acc bool) {
	c = c[:2]
	if acc {
		s0 += c[0]
		s1 += c[1]
	}
	c[0], c[1] = s0, s1
}

// dotGeneric is MulDot in portable Go, on tiles of two by two rows.
func dotGeneric(
	c []float32, ldc int, a []float32, aoff []int32, as int, b []float32, boff []int32,
	bs, k, segments int, acc bool,
) {
	for i := 0; i < len(aoff); i += 2 {
		i1 := min(i+1, len(aoff)-1)
		for j := 0; j < len(boff); j += 2 {
			j1 := min(j+1, len(boff)-1)
			var s00, s01, s10, s11 float32
			for s := range segments {
				a0 := a[int(aoff[i])+s*as:][:k]
				a1 := a[int(aoff[i1])+s*as:][:k]
				b0 := b[int(boff[j])+s*bs:][:k]
				b1 := b[int(boff[j1])+s*bs:][:k]
				for p, x0 := range a0 {
					x1, y0, y1 := a1[p], b0[p], b1[p]
					s00 += x0 * y0
					s01 += x0 * y1
					s10 += x1 * y0
					s11 += x1 * y1
				}
			}
			// Where a row stands in for a missing second one, its sums are the same: the order of
			// the stores does not matter, but an accumulation must happen once.
			put1(c, i*ldc+j, s00, acc)
			if j1 > j {
				put1(c, i*ldc+j1, s01, acc)
			}
			if i1 > i {
				put1(c, i1*ldc+j, s10, acc)
				if j1 > j {
					put1(c, i1*ldc+j1, s11, acc)
				}
			}
		}
	}
}

func put1(c []float32, at int, s float32, acc bool) {
	if acc {
		s += c[at]
	}
	c[at] = s
}
