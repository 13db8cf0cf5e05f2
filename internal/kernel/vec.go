package kernel

//go:generate sh -c "cd _asm && go run ./vec -out ../vec_amd64.s -stubs ../vec_stubs_amd64.go -pkg kernel"

// Element-wise kernels work on n = len(dst) elements; the operands are at least as long. dst may be one of
// the operands, but must not overlap one otherwise. No element past n is read or written.

// UnaryOp is an element-wise function of one number. Its accuracy is that of Go's math package in float64,
// rounded once, at every level.
type UnaryOp uint8

// The functions of one number.
const (
	Neg UnaryOp = iota
	Abs
	Sign // −1, 0 or 1; ±0 and NaN stay
	Sqrt
	Exp
	Log
	Log1p
	Tanh
	Sigmoid  // 1/(1+e⁻ˣ)
	Softplus // log(1+eˣ)
	Erf
	Sin
	Cos
	Not // 1−x, of a mask
	unaryCount
)

var unaryNames = [...]string{"neg", "abs", "sign", "sqrt", "exp", "log", "log1p", "tanh", "sigmoid", "softplus", "erf", "sin", "cos", "not"}

// String returns the function's name.
func (op UnaryOp) String() string { return unaryNames[op] }

// BinaryOp is an element-wise function of two numbers.
type BinaryOp uint8

// The functions of two numbers. Comparisons give 1 or 0, and 0 with NaN. Max and Min give the second
// operand if one is NaN, as the instructions do.
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
	binaryCount
)

var binaryNames = [...]string{"add", "sub", "mul", "div", "max", "min", "greater", "greater_equal", "equal"}

// String returns the function's name.
func (op BinaryOp) String() string { return binaryNames[op] }

// Unary computes dst[i] = op(x[i]).
func (l Level) Unary(op UnaryOp, dst, x []float32) {
	if l == Generic || !l.unary(op, dst, x) {
		unaryGeneric(op, dst, x)
	}
}

// Binary computes dst[i] = a[i] op b[i].
func (l Level) Binary(op BinaryOp, dst, a, b []float32) {
	if l == Generic {
		binaryGeneric(op, dst, a, b)
		return
	}
	l.binary(op, dst, a, b)
}

// BinaryScalar computes dst[i] = a[i] op s.
func (l Level) BinaryScalar(op BinaryOp, dst, a []float32, s float32) {
	if l == Generic {
		scalarGeneric(op, dst, a, s)
		return
	}
	l.binaryScalar(op, dst, a, s)
}

// ScalarBinary computes dst[i] = s op b[i].
func (l Level) ScalarBinary(op BinaryOp, dst []float32, s float32, b []float32) {
	if l == Generic {
		fromScalarGeneric(op, dst, s, b)
		return
	}
	l.scalarBinary(op, dst, s, b)
}

// Select computes dst[i] = a[i] where mask[i] ≠ 0 and b[i] elsewhere.
func (l Level) Select(dst, mask, a, b []float32) {
	if l == Generic {
		for i := range dst {
			v := b[i]
			if mask[i] != 0 {
				v = a[i]
			}
			dst[i] = v
		}
		return
	}
	l.selection(dst, mask, a, b)
}

// Fill sets every element to s.
func (l Level) Fill(dst []float32, s float32) {
	if l == Generic {
		for i := range dst {
			dst[i] = s
		}
		return
	}
	l.fill(dst, s)
}

// AddTo computes dst[i] += x[i].
func (l Level) AddTo(dst, x []float32) {
	if l == Generic {
		x = x[:len(dst)]
		for i := range dst {
			dst[i] += x[i]
		}
		return
	}
	l.addTo(dst, x)
}

// Sum returns Σ x[i], in an order that depends on the level and the length only; |error| ≤ n·2⁻²⁴·Σ|x|.
func (l Level) Sum(x []float32) float32 {
	if l == Generic || len(x) == 0 {
		return sumGeneric(x)
	}
	return l.sum(x)
}
