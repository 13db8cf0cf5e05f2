package kernel

//go:generate sh -c "cd _asm && go run ./transpose -out ../transpose_amd64.s -stubs ../transpose_stubs_amd64.go -pkg kernel"

// transposeBlock is the number of rows and of columns that the kernel moves at a time.
const transposeBlock = 8

// Transpose copies a matrix of n rows and m columns to one of m rows and n columns:
//
//	to[i·toStep + j] = from[j·fromStep + i],  0 ≤ i < m, 0 ≤ j < n
func (l Level) Transpose(to []float32, toStep int, from []float32, fromStep, m, n int) {
	i, whole := 0, n/transposeBlock*transposeBlock
	if l != Generic && whole > 0 {
		for ; i+transposeBlock <= m; i += transposeBlock {
			l.transposeBlocks(to[i*toStep:], toStep, from[i:], fromStep, n/transposeBlock)
			if whole < n {
				transposeGeneric(
					to[i*toStep+whole:], toStep, from[whole*fromStep+i:], fromStep, transposeBlock,
					n-whole,
				)
			}
		}
	}
	if i < m {
		transposeGeneric(to[i*toStep:], toStep, from[i:], fromStep, m-i, n)
	}
}

// transposeGeneric is Transpose in portable Go, four rows of from at a time.
func transposeGeneric(to []float32, toStep int, from []float32, fromStep, m, n int) {
	j := 0
	for ; j+4 <= n; j += 4 {
		a, b := from[j*fromStep:][:m], from[(j+1)*fromStep:][:m]
		c, d := from[(j+2)*fromStep:][:m], from[(j+3)*fromStep:][:m]
		at := j
		for i, v := range a {
			t := to[at : at+4 : at+4]
			t[0], t[1], t[2], t[3] = v, b[i], c[i], d[i]
			at += toStep
		}
	}
	for ; j < n; j++ {
		for i, v := range from[j*fromStep:][:m] {
			to[i*toStep+j] = v
		}
	}
}
