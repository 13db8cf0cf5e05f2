package kernel

//go:generate sh -c "cd _asm && go run ./minimax > vec/polynomials.go"
//go:generate sh -c "cd _asm && go run ./vec -out ../vec_amd64.s -stubs ../vec_stubs_amd64.go -pkg kernel"

import "unsafe"

// Element-wise kernels work on n = len(dst) elements; the operands are at least as long. dst may be
// one of the operands, but must not overlap one otherwise. No element past n is read or written,
// and an element's result does not depend on its place.

// UnaryOp is an element-wise function of one number. Functions that IEEE 754 defines (Neg … Not)
// are exact or rounded once. The others are within [MaxULP] of the function, denormal results
// included, with the limits that Go's math package has at ±0, ±∞ and NaN; at Generic, and Sin and
// Cos at every level, they are those of Go's math package in float64, rounded to float32. AVX2 and
// AVX512 give the same bits.
type UnaryOp uint8

// The functions of one number.
const (
	Neg UnaryOp = iota
	Abs
	Sign // −1, 0 or 1; ±0 and NaN stay
	Sqrt
	Not // 1−x, of a mask
	Exp
	Log
	Log1p // log(1+x)
	Tanh
	Sigmoid  // 1/(1+e⁻ˣ)
	Softplus // log(1+eˣ)
	Erf
	Sin
	Cos
	unaryCount
)

// MaxULP bounds the error of every function of one number, in units in the last place of the
// result: the distance of the two float32 next to it. Over all float32 the largest errors are 1.04
// for Exp, 0.88 for Log and Log1p, 2.57 for Tanh, 2.41 for Sigmoid, 1.87 for Softplus and 1.19 for
// Erf (go test -run TestUnary -exhaustive).
const MaxULP = 3

var unaryNames = [unaryCount]string{
	"neg", "abs", "sign", "sqrt", "not", "exp", "log", "log1p", "tanh", "sigmoid",
	"softplus", "erf", "sin", "cos",
}

// String returns the function's name.
func (op UnaryOp) String() string { return unaryNames[op] }

// BinaryOp is an element-wise function of two numbers.
type BinaryOp uint8

// The functions of two numbers. Comparisons give 1 or 0, and 0 with NaN. Max and Min give the
// second operand if one is NaN or both are zeros, as the instructions do. Of masks, Mul is "and",
// Max is "or".
const (
	Add BinaryOp = iota
	Sub
	Mul
	Div
	Max
	Min
	Greater
	GreaterEqual
	Equal
	Gate // a > 0 ? b : 0
	binaryCount
)

var binaryNames = [binaryCount]string{
	"add", "sub", "mul", "div", "max", "min", "greater", "greater_equal", "equal", "gate",
}

// String returns the function's name.
func (op BinaryOp) String() string { return binaryNames[op] }

// Unary computes dst[i] = op(x[i]).
func (l Level) Unary(op UnaryOp, dst, x []float32) {
	switch l {
	case AVX512:
		if op < Sin {
			unaryAVX512(op, dst, x)
			return
		}
	case AVX2:
		if op < Sin {
			unaryAVX2(op, dst, x)
			return
		}
	}
	unaryGeneric(op, dst, x)
}

// Binary computes dst[i] = a[i] op b[i].
func (l Level) Binary(op BinaryOp, dst, a, b []float32) {
	switch l {
	case AVX512:
		binaryAVX512(op, dst, a, b)
	case AVX2:
		binaryAVX2(op, dst, a, b)
	default:
		binaryGeneric(op, dst, a, b)
	}
}

// BinaryScalar computes dst[i] = a[i] op s.
func (l Level) BinaryScalar(op BinaryOp, dst, a []float32, s float32) {
	switch l {
	case AVX512:
		scalarAVX512(op, dst, a, s)
	case AVX2:
		scalarAVX2(op, dst, a, s)
	default:
		scalarGeneric(op, dst, a, s)
	}
}

// ScalarBinary computes dst[i] = s op b[i].
func (l Level) ScalarBinary(op BinaryOp, dst []float32, s float32, b []float32) {
	switch l {
	case AVX512:
		fromScalarAVX512(op, dst, s, b)
	case AVX2:
		fromScalarAVX2(op, dst, s, b)
	default:
		fromScalarGeneric(op, dst, s, b)
	}
}

// Select computes dst[i] = a[i] where mask[i] ≠ 0 and b[i] elsewhere. NaN is not 0.
func (l Level) Select(dst, mask, a, b []float32) {
	n := len(dst)
	switch l {
	case AVX512:
		selectAVX512(at(dst, n), at(mask, n), at(a, n), at(b, n), n)
	case AVX2:
		selectAVX2(at(dst, n), at(mask, n), at(a, n), at(b, n), n)
	default:
		selectGeneric(dst, mask, a, b)
	}
}

// at returns the first of n elements of x and panics if there are not as many.
func at(x []float32, n int) *float32 { return unsafe.SliceData(x[:n]) }
