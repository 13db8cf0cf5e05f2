package sym

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// DType is the type of a tensor's elements.
type DType uint8

// The element types. The engine stores Float as float32, Int as int32 and Bool as a float 0 or 1;
// the reference evaluator uses float64 for all three.
const (
	Float DType = iota
	Int
	Bool
)

// String returns the lower-case name of the type.
func (d DType) String() string { return [...]string{"float", "int", "bool"}[d] }

// Shape is the extent of each axis; an empty shape is a scalar. Extents are at least 1.
type Shape []int

// Size returns the number of elements, ∏ extents.
func (s Shape) Size() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Equal reports whether both shapes have the same extents.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

// String returns the shape as [a, b, c].
func (s Shape) String() string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = fmt.Sprint(d)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// strides returns the row-major element strides of s.
func (s Shape) strides() []int {
	st := make([]int, len(s))
	n := 1
	for i := len(s) - 1; i >= 0; i-- {
		st[i] = n
		n *= s[i]
	}
	return st
}

// maxSize bounds the number of elements of a tensor: its index fits an int32 of the engine.
const maxSize = math.MaxInt32

// check returns an error if an extent is below 1 or there are too many elements.
func (s Shape) check() error {
	n := 1
	for _, d := range s {
		if d < 1 {
			return fmt.Errorf("shape %v has an extent below 1", s)
		}
		if d > maxSize/n {
			return fmt.Errorf("shape %v has more than %d elements", s, maxSize)
		}
		n *= d
	}
	return nil
}

// broadcastShape returns the common shape of a and b under NumPy's rule: axes are aligned at the
// right, and an extent of 1 or a missing axis stretches.
func broadcastShape(a, b Shape) (Shape, error) {
	n := max(len(a), len(b))
	out := make(Shape, n)
	for i := range n {
		da, db := 1, 1
		if j := i - n + len(a); j >= 0 {
			da = a[j]
		}
		if j := i - n + len(b); j >= 0 {
			db = b[j]
		}
		if da != db && da != 1 && db != 1 {
			return nil, fmt.Errorf("shapes %v and %v do not broadcast", a, b)
		}
		out[i] = max(da, db)
	}
	return out, nil
}

// checkAxes returns an error unless axes are strictly increasing and within rank.
func checkAxes(axes []int, rank int) error {
	for i, a := range axes {
		if a < 0 || a >= rank || (i > 0 && a <= axes[i-1]) {
			return fmt.Errorf("axes %v are not increasing within rank %d", axes, rank)
		}
	}
	return nil
}
