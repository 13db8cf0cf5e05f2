package kernel

// MaxIndex finds the largest element of every window of C planes, whose geometry is that of a
// convolution without dilations. dst, C × OH × OW, are indices in a plane of src, C × H × W: the
// first in row-major order where several are equal; NaN is larger than nothing, and nothing larger
// than NaN. What lies beside a plane is never chosen: each window has an element of it. Windows of
// 3×3, stride 2, have kernels in assembly.
func (l Level) MaxIndex(g *Conv, dst []int32, src []float32) {
	if l == Generic || g.KH != 3 || g.KW != 3 || g.SH != 2 || g.SW != 2 {
		maxIndexGeneric(g, dst, src)
		return
	}
	l.maxIndexThrees(g, dst, src)
}

// maxIndexGeneric is MaxIndex in portable Go.
func maxIndexGeneric(g *Conv, dst []int32, src []float32) {
	for c := range g.C {
		plane, out := src[c*g.H*g.W:(c+1)*g.H*g.W], dst[c*g.OH*g.OW:(c+1)*g.OH*g.OW]
		for i := range g.OH {
			first, last := max(i*g.SH-g.PT, 0), min(i*g.SH-g.PT+g.KH, g.H)
			for j := range g.OW {
				left, right := max(j*g.SW-g.PL, 0), min(j*g.SW-g.PL+g.KW, g.W)
				best := first*g.W + left
				for r := first; r < last; r++ {
					for q := r*g.W + left; q < r*g.W+right; q++ {
						if plane[q] > plane[best] {
							best = q
						}
					}
				}
				out[i*g.OW+j] = int32(best)
			}
		}
	}
}
