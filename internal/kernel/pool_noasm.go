//go:build !amd64 || purego

package kernel

// maxIndexPairs is not reached without assembly.
func (l Level) maxIndexPairs([]int32, []float32, int, int, int, int, int32, uint32, uint32, uint32) {}

func (l Level) sumPairs(_, _, _ []float32, _ int) {}

func (l Level) spreadPairs(_, _, _ []float32, _ int) {}

func (l Level) gatherPairs([]float32, []float32, []int32, pairRows) {}

func (l Level) scatterPairs([]float32, []float32, []int32, pairRows) {}
