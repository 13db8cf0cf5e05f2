//go:build !amd64 || purego

package kernel

// Without assembly every level is Generic, which moves rows in plain Go.

func (l Level) copyRows([]float32, int, []float32, int, int, int, int, uint32) {}

func (l Level) sumRows([]float32, int, []float32, int, int, int, int, int, []uint32) {}

func (l Level) expandChannels(*Conv, []float32, []float32, []expandBlock) {}
