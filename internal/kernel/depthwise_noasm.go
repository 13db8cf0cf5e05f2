//go:build !amd64 || purego

package kernel

// Without assembly every level is Generic.

func (l Level) depthwise(*Conv, []float32, []float32, []float32, bool, Epilogue) {}

func (l Level) depthwiseInputPairs(*Conv, []float32, []float32, []float32) {}

func (l Level) depthwiseWeights(*Conv, []float32, []float32, []float32) {}

func (l Level) maxIndexThrees(*Conv, []int32, []float32) {}
