package backbone

import (
	"encoding/binary"
	"fmt"
	"math"
)

// DType is a type of elements, named as safetensors does.
type DType string

// The types of elements that are read.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U8   DType = "U8"
	Bool DType = "BOOL"
)

// sizes are the bytes of an element.
var sizes = map[DType]int{
	F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, Bool: 1,
}

// Float reports whether elements are floating-point numbers.
func (d DType) Float() bool { return d == F64 || d == F32 || d == F16 || d == BF16 }

// Tensor is a dense tensor of a file, its elements in row-major order.
type Tensor struct {
	Name  string
	DType DType // in the file
	Shape []int // empty of a scalar

	floats []float32 // of F32 and F64
	raw    []byte    // of the others, the lowest byte of an element first
}

// NewTensor returns a tensor of type F32 that holds values, in row-major order.
func NewTensor(name string, shape []int, values []float32) Tensor {
	return Tensor{Name: name, DType: F32, Shape: shape, floats: values}
}

// Len returns the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Float32s returns the elements of a floating-point tensor, and nil of integers. F16 and BF16 are
// widened, which is exact, in a slice of their own; F64 was rounded to the nearest when it was read.
// The slice of F32 and F64 is the tensor's own.
func (t Tensor) Float32s() []float32 {
	var widen func(uint16) float32
	switch t.DType {
	case F32, F64:
		return t.floats
	case F16:
		widen = half
	case BF16:
		widen = func(v uint16) float32 { return math.Float32frombits(uint32(v) << 16) }
	default:
		return nil
	}
	out := make([]float32, len(t.raw)/2)
	for i := range out {
		out[i] = widen(binary.LittleEndian.Uint16(t.raw[2*i:]))
	}
	return out
}

// checkValues returns what is wrong with floating-point elements: ones that are not finite, or of a
// variance negative.
func (t Tensor) checkValues(variance bool) error {
	for i, v := range t.Float32s() {
		if v-v != 0 {
			return fmt.Errorf("has %v as element %d, expected finite numbers", v, i)
		}
		if variance && v < 0 {
			return fmt.Errorf("has %v as element %d, expected variances, of which none is negative", v, i)
		}
	}
	return nil
}

// Int64s returns the elements of a tensor of integers, and nil of floating-point numbers. False and
// true are 0 and 1.
func (t Tensor) Int64s() []int64 {
	size, ok := sizes[t.DType]
	if !ok || t.DType.Float() {
		return nil
	}
	out := make([]int64, len(t.raw)/size)
	for i := range out {
		b := t.raw[i*size:]
		switch t.DType {
		case I64:
			out[i] = int64(binary.LittleEndian.Uint64(b))
		case I32:
			out[i] = int64(int32(binary.LittleEndian.Uint32(b)))
		case I16:
			out[i] = int64(int16(binary.LittleEndian.Uint16(b)))
		case I8:
			out[i] = int64(int8(b[0]))
		case U8:
			out[i] = int64(b[0])
		case Bool:
			out[i] = int64(min(b[0], 1))
		}
	}
	return out
}

// half returns the value of a number of IEEE 754's 16 bits.
func half(v uint16) float32 {
	sign := uint32(v>>15) << 31
	exponent, fraction := uint32(v>>10&31), uint32(v&1023)
	switch exponent {
	case 0: // zero or subnormal: fraction · 2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*(1.0/(1<<24))))
	case 31: // infinity or NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
