package torchfile

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/internal/pickle"
)

// maxAxes bounds the axes of a tensor.
const maxAxes = 16

// tensor returns the *view of (storage, offset, shape, strides, …).
func (h *host) tensor(args pickle.Tuple) (*view, error) {
	s, isStorage := args[0].(*storage)
	offset, isInt := args[1].(int64)
	shape, hasShape := integers(args[2])
	strides, hasStrides := integers(args[3])
	if !isStorage || !isInt || !hasShape || !hasStrides || len(shape) != len(strides) {
		return nil, fmt.Errorf(
			"a tensor is made of %s, %s, %s and %s, expected a storage, an offset, a shape and as "+
				"many strides, none negative", kind(args[0]), kind(args[1]), kind(args[2]), kind(args[3]),
		)
	}
	v := &view{storage: s, offset: offset, shape: shape, strides: strides}
	return v, v.check()
}

// integers returns a tuple of at most maxAxes numbers from 0 up.
func integers(object any) ([]int, bool) {
	t, ok := object.(pickle.Tuple)
	if !ok || len(t) > maxAxes {
		return nil, false
	}
	out := make([]int, len(t))
	for i, v := range t {
		n, ok := v.(int64)
		if !ok || n < 0 {
			return nil, false
		}
		out[i] = int(n)
	}
	return out, true
}

// check returns an error if the view leaves its storage or has an element twice.
func (v *view) check() error {
	outside := func() error {
		return fmt.Errorf("a tensor of shape %v, strides %v at %d is not inside of storage %.40q, which "+
			"has %d elements", v.shape, v.strides, v.offset, v.key, v.count)
	}
	if v.offset < 0 || v.offset > v.count {
		return outside()
	}
	if slices.Contains(v.shape, 0) {
		return v.checkEmpty(outside)
	}
	axes := make([]int, 0, len(v.shape))
	for axis, n := range v.shape {
		if n > 1 {
			axes = append(axes, axis)
		}
	}
	slices.SortFunc(axes, func(a, b int) int { return cmp.Compare(v.strides[a], v.strides[b]) })
	span := int64(1) // from the first to the last element along the axes so far, both counted
	for _, axis := range axes {
		n, stride := int64(v.shape[axis]), int64(v.strides[axis])
		if stride < span {
			return fmt.Errorf("a tensor of shape %v has strides %v, by which its elements overlap",
				v.shape, v.strides)
		}
		// span ≤ count, so that nothing overflows.
		if n-1 > (v.count-span)/stride {
			return outside()
		}
		span += (n - 1) * stride
	}
	if span > v.count-v.offset {
		return outside()
	}
	return nil
}

// checkEmpty returns an error if the shape of a tensor without elements has an extent that no tensor
// of the file can have.
func (v *view) checkEmpty(outside func() error) error {
	for _, n := range v.shape {
		if int64(n) > v.count+1<<20 {
			return outside()
		}
	}
	return nil
}
