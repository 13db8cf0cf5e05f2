package kernel

import "math"

// unaryGeneric is Unary in portable Go.
func unaryGeneric(op UnaryOp, dst, x []float32) {
	x = x[:len(dst)]
	switch op {
	case Neg:
		for i, v := range x {
			dst[i] = -v
		}
	case Abs:
		for i, v := range x {
			dst[i] = float32(math.Abs(float64(v)))
		}
	case Sign:
		for i, v := range x {
			dst[i] = sign(v)
		}
	case Not:
		for i, v := range x {
			dst[i] = 1 - v
		}
	default:
		f := float64Func(op)
		for i, v := range x {
			dst[i] = float32(f(float64(v)))
		}
	}
}

func sign(v float32) float32 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return v
}

// float64Func returns the function that is computed in float64.
func float64Func(op UnaryOp) func(float64) float64 {
	switch op {
	case Sqrt:
		return math.Sqrt
	case Exp:
		return math.Exp
	case Log:
		return math.Log
	case Log1p:
		return math.Log1p
	case Tanh:
		return math.Tanh
	case Sigmoid:
		return func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	case Softplus:
		return func(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
	case Erf:
		return math.Erf
	case Sin:
		return math.Sin
	}
	return math.Cos
}

// float32Func returns a op b for one pair.
func float32Func(op BinaryOp) func(a, b float32) float32 {
	switch op {
	case Add:
		return func(a, b float32) float32 { return a + b }
	case Sub:
		return func(a, b float32) float32 { return a - b }
	case Mul:
		return func(a, b float32) float32 { return a * b }
	case Div:
		return func(a, b float32) float32 { return a / b }
	case Max:
		return func(a, b float32) float32 {
			if a > b {
				return a
			}
			return b
		}
	case Min:
		return func(a, b float32) float32 {
			if a < b {
				return a
			}
			return b
		}
	case Greater:
		return func(a, b float32) float32 { return float32(boolInt(a > b)) }
	case GreaterEqual:
		return func(a, b float32) float32 { return float32(boolInt(a >= b)) }
	case Gate:
		return func(a, b float32) float32 {
			if a > 0 {
				return b
			}
			return 0
		}
	}
	return func(a, b float32) float32 { return float32(boolInt(a == b)) }
}

// binaryGeneric is Binary in portable Go, with loops of their own for what training spends its time
// on.
func binaryGeneric(op BinaryOp, dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	switch op {
	case Add:
		for i, v := range a {
			dst[i] = v + b[i]
		}
	case Sub:
		for i, v := range a {
			dst[i] = v - b[i]
		}
	case Mul:
		for i, v := range a {
			dst[i] = v * b[i]
		}
	default:
		f := float32Func(op)
		for i, v := range a {
			dst[i] = f(v, b[i])
		}
	}
}

// scalarGeneric is BinaryScalar in portable Go.
func scalarGeneric(op BinaryOp, dst, a []float32, s float32) {
	a = a[:len(dst)]
	switch op {
	case Add:
		for i, v := range a {
			dst[i] = v + s
		}
	case Mul:
		for i, v := range a {
			dst[i] = v * s
		}
	case Greater:
		for i, v := range a {
			dst[i] = float32(boolInt(v > s))
		}
	default:
		f := float32Func(op)
		for i, v := range a {
			dst[i] = f(v, s)
		}
	}
}

// fromScalarGeneric is ScalarBinary in portable Go.
func fromScalarGeneric(op BinaryOp, dst []float32, s float32, b []float32) {
	f := float32Func(op)
	for i, v := range b[:len(dst)] {
		dst[i] = f(s, v)
	}
}

// selectGeneric is Select in portable Go.
func selectGeneric(dst, mask, a, b []float32) {
	mask, a, b = mask[:len(dst)], a[:len(dst)], b[:len(dst)]
	for i := range dst {
		v := b[i]
		if mask[i] != 0 {
			v = a[i]
		}
		dst[i] = v
	}
}

// fillGeneric is Fill in portable Go.
func fillGeneric(dst []float32, s float32) {
	for i := range dst {
		dst[i] = s
	}
}

// addToGeneric is AddTo in portable Go.
func addToGeneric(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] += x[i]
	}
}
