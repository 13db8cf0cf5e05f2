//go:build amd64 && !purego

package kernel

// transposeBlocks transposes blocks of 8×8 below each other in from.
func (l Level) transposeBlocks(to []float32, toStep int, from []float32, fromStep, blocks int) {
	transposeBlocks(first(to), toStep, first(from), fromStep, blocks)
}
