//go:build !amd64 || purego

package kernel

// Without assembly every level is Generic, and none of these is reached.

func unaryAVX512(UnaryOp, []float32, []float32) {}

func binaryAVX512(BinaryOp, []float32, []float32, []float32) {}

func scalarAVX512(BinaryOp, []float32, []float32, float32) {}

func fromScalarAVX512(BinaryOp, []float32, float32, []float32) {}

func selectAVX512(_, _, _, _ *float32, _ int) {}

func fillAVX512(*float32, float32, int) {}

func addToAVX512(_, _ *float32, _ int) {}

func sumAVX512(*float32, int) float32 { return 0 }

func unaryAVX2(UnaryOp, []float32, []float32) {}

func binaryAVX2(BinaryOp, []float32, []float32, []float32) {}

func scalarAVX2(BinaryOp, []float32, []float32, float32) {}

func fromScalarAVX2(BinaryOp, []float32, float32, []float32) {}

func selectAVX2(_, _, _, _ *float32, _ int) {}

func fillAVX2(*float32, float32, int) {}

func addToAVX2(_, _ *float32, _ int) {}

func sumAVX2(*float32, int) float32 { return 0 }
