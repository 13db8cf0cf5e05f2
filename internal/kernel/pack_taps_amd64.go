//go:build amd64 && !purego

package kernel

// packTaps packs nine taps of sixteen rows for every channel, of which the first mr belong to it.
func (l Level) packTaps(dst []float32, step, mr int, w []float32, rows, channels []int32) {
	packNineTapsAVX512(
		first(dst), step, mr, first(w), firstOffset(rows), firstOffset(channels), len(channels),
	)
}
