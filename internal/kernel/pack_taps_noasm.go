//go:build !amd64 || purego

package kernel

// packTaps is not reached without assembly.
func (l Level) packTaps([]float32, int, int, []float32, []int32, []int32) {}
