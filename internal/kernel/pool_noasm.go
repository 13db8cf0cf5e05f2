//go:build !amd64 || purego

package kernel

// maxIndexPairs is not reached without assembly.
func (l Level) maxIndexPairs([]int32, []float32, int, int, int, int, int32, uint32, uint32, uint32) {}
