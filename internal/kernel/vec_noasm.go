//go:build !amd64 || purego

package kernel

// Without assembly every level is Generic, and none of these is reached.

func (l Level) unary(op UnaryOp, dst, x []float32) bool { return false }

func (l Level) binary(op BinaryOp, dst, a, b []float32) { binaryGeneric(op, dst, a, b) }

func (l Level) binaryScalar(op BinaryOp, dst, a []float32, s float32) { scalarGeneric(op, dst, a, s) }

func (l Level) scalarBinary(op BinaryOp, dst []float32, s float32, b []float32) {
	fromScalarGeneric(op, dst, s, b)
}

func (l Level) selection(dst, mask, a, b []float32) { Generic.Select(dst, mask, a, b) }

func (l Level) fill(dst []float32, s float32) { Generic.Fill(dst, s) }

func (l Level) addTo(dst, x []float32) { Generic.AddTo(dst, x) }

func (l Level) sum(x []float32) float32 { return sumGeneric(x) }
