package backbone

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// place says where a tensor of a file is.
type place struct {
	name  string
	dtype DType
	shape []int
	// strides are distances in elements along the axes, of which no two reach one element; nil of a
	// row-major tensor.
	strides []int
	offset  int64 // of the first element, in bytes
}

// count returns the number of elements. It is at most that of the file, which who made the place has
// checked.
func (p place) count() int64 {
	n := int64(1)
	for _, d := range p.shape {
		n *= int64(d)
	}
	return n
}

// span returns the bytes from the first to the last element.
func (p place) span() int64 {
	size := int64(sizes[p.dtype])
	if p.count() == 0 || p.strides == nil {
		return p.count() * size
	}
	n := int64(1)
	for i, d := range p.shape {
		if d > 1 { // an axis of one element may have any stride
			n += int64(d-1) * int64(p.strides[i])
		}
	}
	return n * size
}

// identity tells whether two places are one tensor under two names.
func (p place) identity() string { return fmt.Sprint(p.offset, p.dtype, p.shape, p.strides) }

// longestWay bounds the bytes that are passed to read the tensors of a file, in lengths of it.
// Tensors that share a storage, such as columns of one matrix, are passed once each.
const longestWay = 16

// readAll reads tensors. Tensors at one place share their elements.
func readAll(r io.ReaderAt, size int64, places []place) ([]Tensor, error) {
	bytes, way := int64(0), int64(0)
	distinct := map[string]int{}
	for i, p := range places {
		if _, ok := distinct[p.identity()]; ok {
			continue
		}
		distinct[p.identity()] = i
		bytes += p.count() * int64(sizes[p.dtype])
		way += p.span()
		if bytes > size || way > longestWay*size {
			return nil, fmt.Errorf(
				"not a file of weights: its tensors, up to %s, take more than the file's %d bytes: they "+
					"lie over each other", quoted(p.name), size,
			)
		}
	}
	tensors := make([]Tensor, len(places))
	for i, p := range places {
		if first := distinct[p.identity()]; first < i {
			tensors[i] = tensors[first]
			tensors[i].Name = p.name
			continue
		}
		t, err := p.read(r)
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", quoted(p.name), err)
		}
		tensors[i] = t
	}
	return tensors, nil
}

// read reads the tensor.
func (p place) read(r io.ReaderAt) (Tensor, error) {
	t := Tensor{Name: p.name, DType: p.dtype, Shape: p.shape}
	n, size := int(p.count()), sizes[p.dtype]
	var set func(at int, element []byte)
	switch p.dtype {
	case F32:
		t.floats = make([]float32, n)
		set = func(at int, b []byte) {
			t.floats[at] = math.Float32frombits(binary.LittleEndian.Uint32(b))
		}
	case F64:
		t.floats = make([]float32, n)
		set = func(at int, b []byte) {
			t.floats[at] = float32(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		}
	default:
		t.raw = make([]byte, n*size)
		set = func(at int, b []byte) { copy(t.raw[at*size:], b[:size]) }
	}
	if n == 0 {
		return t, nil
	}
	w := &window{r: r, end: p.offset + p.span()}
	return t, p.walk(func(at int, offset int64) error {
		b, err := w.bytes(offset, size)
		if err != nil {
			return err
		}
		set(at, b)
		return nil
	})
}

// axis is one of the axes of a tensor: its extent, and the distances of its elements in the file,
// in bytes, and in memory.
type axis struct {
	n      int
	stride int64
	step   int
}

// walk calls f for each element in the order of the file, with where it comes in memory.
func (p place) walk(f func(at int, offset int64) error) error {
	axes := make([]axis, 0, len(p.shape))
	step := 1
	for i := len(p.shape) - 1; i >= 0; i-- {
		stride := step
		if p.strides != nil {
			stride = p.strides[i]
		}
		if p.shape[i] > 1 {
			axes = append(axes, axis{p.shape[i], int64(stride) * int64(sizes[p.dtype]), step})
		}
		step *= p.shape[i]
	}
	slices.SortStableFunc(axes, func(a, b axis) int { return cmp.Compare(b.stride, a.stride) })
	return walk(axes, 0, p.offset, f)
}

func walk(axes []axis, at int, offset int64, f func(int, int64) error) error {
	if len(axes) == 0 {
		return f(at, offset)
	}
	for range axes[0].n {
		if err := walk(axes[1:], at, offset, f); err != nil {
			return err
		}
		at += axes[0].step
		offset += axes[0].stride
	}
	return nil
}

// window is the part of a file that is looked at. It moves forward alone.
type window struct {
	r      io.ReaderAt
	end    int64 // nothing behind it is read
	start  int64
	buffer []byte // the bytes from start on
}

// windowSize is that of a window, in bytes.
const windowSize = 128 << 10

// bytes returns the n bytes at an offset, valid until the next call.
func (w *window) bytes(offset int64, n int) ([]byte, error) {
	if at := offset - w.start; w.buffer != nil && at >= 0 && at+int64(n) <= int64(len(w.buffer)) {
		return w.buffer[at:], nil
	}
	if w.buffer == nil {
		w.buffer = make([]byte, min(windowSize, w.end-offset))
	}
	w.start = offset
	w.buffer = w.buffer[:min(int64(len(w.buffer)), w.end-offset)]
	got, err := w.r.ReadAt(w.buffer, offset)
	if got < len(w.buffer) {
		if err == io.EOF || err == nil {
			err = fmt.Errorf("the file ends at byte %d, expected %d", offset+int64(got), w.end)
		}
		return nil, err
	}
	return w.buffer, nil
}
