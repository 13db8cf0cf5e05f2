//go:build !amd64 || purego

package kernel

// Without assembly every level is Generic, which moves rows in plain Go.

func (l Level) copyRows([]float32, int, []float32, int, int, int, int, uint32) {}

func (l Level) sumRows([]float32, int, []float32, int, int, int, int, int, []uint32) {}

func (l Level) everySecond(_ []float32, _ int, _ []float32, _, _, _, _ int, _, _ uint32) {}

func (l Level) addToEverySecond(_ []float32, _ int, _ []float32, _, _, _, _ int, _ uint32) {}

func (l Level) expandChannels(*Conv, []float32, []float32, []expandBlock) {}
