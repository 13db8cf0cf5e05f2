//go:build !amd64 || purego

package kernel

func (l Level) mulTile(
	c []float32, ldc int, ap, b []float32, boff []int32, mr, n int, acc bool, e Epilogue, _ int,
) {
	mulGeneric(c, ldc, ap, b, boff, mr, n, acc)
	e.generic(c, ldc, mr, n)
}

// mulMany is not reached: every level is Generic.
func (l Level) mulMany([]float32, int, int, []float32, int, []float32, int, int, int, int, []float32) {
}

func (l Level) mulDot(
	c []float32, ldc int, a []float32, aoff []int32, as int, b []float32, boff []int32,
	bs, k, segments int, acc bool,
) {
	dotGeneric(c, ldc, a, aoff, as, b, boff, bs, k, segments, acc)
}

// PeakFLOPs has no meaning without vector kernels; it multiplies and adds in scalar registers.
func (l Level) PeakFLOPs(iterations int) int { return peakGeneric(iterations) }
