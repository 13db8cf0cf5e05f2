// Package tensorfile reads and writes safetensors files. The format is the library's; this package
// adds what a reader of untrusted files needs: duplicate names are refused, lengths are checked
// before memory is allocated, and numbers are converted.
package tensorfile

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/nlpodyssey/safetensors"
)

// Tensor is a dense tensor of at least one axis (the library takes no other; a scalar has shape
// [1]). One of the slices holds its elements.
type Tensor struct {
	Shape []int
	F32   []float32
	F64   []float64
	I32   []int32
}

// Finite reports whether all numbers are neither infinite nor NaN.
func (t Tensor) Finite() bool {
	return !slices.ContainsFunc(t.F32, func(v float32) bool { return v-v != 0 }) &&
		!slices.ContainsFunc(t.F64, func(v float64) bool { return v-v != 0 })
}

// File is the content of a file.
type File struct {
	Tensors  map[string]Tensor
	Metadata map[string]string
}

// Write writes f in the safetensors format, with a checksum of its content in the metadata.
func Write(w io.Writer, f File) error {
	metadata := maps.Clone(f.Metadata)
	if metadata == nil {
		metadata = map[string]string{}
	}
	metadata[checksumKey] = f.Checksum()
	views := map[string]safetensors.TensorView{}
	for name, t := range f.Tensors {
		shape := make([]uint64, len(t.Shape))
		for i, d := range t.Shape {
			shape[i] = uint64(d)
		}
		dtype, data := t.encode()
		v, err := safetensors.NewTensorView(dtype, shape, data)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		views[name] = v
	}
	return safetensors.SerializeToWriter(views, metadata, w)
}

// encode returns the elements in little-endian order.
func (t Tensor) encode() (safetensors.DType, []byte) {
	switch {
	case t.F64 != nil:
		b := make([]byte, 0, 8*len(t.F64))
		for _, v := range t.F64 {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		return safetensors.F64, b
	case t.I32 != nil:
		b := make([]byte, 0, 4*len(t.I32))
		for _, v := range t.I32 {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
		return safetensors.I32, b
	}
	b := make([]byte, 0, 4*len(t.F32))
	for _, v := range t.F32 {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return safetensors.F32, b
}

// Parse reads a whole file. The error says what is wrong with it, in one line: also where the file
// has a checksum, as all that Write writes have, and its content another one.
func Parse(data []byte) (File, error) {
	if err := checkHeader(data); err != nil {
		return File{}, fmt.Errorf("not a safetensors file: %w", err)
	}
	st, err := safetensors.Deserialize(data)
	if err != nil {
		return File{}, fmt.Errorf("not a safetensors file: %w", err)
	}
	_, meta, err := safetensors.ReadMetadata(data)
	if err != nil {
		return File{}, fmt.Errorf("not a safetensors file: %w", err)
	}
	f := File{Tensors: map[string]Tensor{}, Metadata: meta.Metadata()}
	for _, named := range st.Tensors() {
		t, err := decode(named.TensorView)
		if err != nil {
			return File{}, fmt.Errorf("tensor %q: %w", named.Name, err)
		}
		f.Tensors[named.Name] = t
	}
	return f, f.verify()
}

// decode copies the elements of a tensor.
func decode(v safetensors.TensorView) (Tensor, error) {
	t, n := Tensor{Shape: []int{}}, 1
	for _, d := range v.Shape() {
		if d > math.MaxInt32 || uint64(n)*d > math.MaxInt32 {
			return t, fmt.Errorf("shape %v is too large", v.Shape())
		}
		t.Shape = append(t.Shape, int(d))
		n *= int(d)
	}
	data := v.Data()
	if want := uint64(n) * v.DType().Size(); uint64(len(data)) != want {
		return t, fmt.Errorf("shape %v takes %d bytes, found %d", t.Shape, want, len(data))
	}
	switch v.DType() {
	case safetensors.F32:
		t.F32 = make([]float32, n)
		for i := range t.F32 {
			t.F32[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	case safetensors.F64:
		t.F64 = make([]float64, n)
		for i := range t.F64 {
			t.F64[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
		}
	case safetensors.I32:
		t.I32 = make([]int32, n)
		for i := range t.I32 {
			t.I32[i] = int32(binary.LittleEndian.Uint32(data[4*i:]))
		}
	default:
		return t, fmt.Errorf("type %v, expected F32, F64 or I32", v.DType())
	}
	return t, nil
}

// maxHeader is the longest header the format allows.
const maxHeader = 100 << 20

// checkHeader refuses what the library would accept or spend memory on: a header longer than the
// file, and names that stand twice.
func checkHeader(data []byte) error {
	if len(data) < 8 {
		return fmt.Errorf("%d bytes, expected at least 8", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > maxHeader || n > uint64(len(data)-8) {
		return fmt.Errorf("a header of %d bytes in a file of %d", n, len(data))
	}
	return checkNames(data[8 : 8+n])
}

// checkNames refuses a header that is no JSON object or names something twice.
func checkNames(header []byte) error {
	dec := json.NewDecoder(bytes.NewReader(header))
	open, err := dec.Token()
	if err != nil || open != json.Delim('{') {
		return errors.New("the header is no JSON object")
	}
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return errors.New("the header is no JSON object")
		}
		if seen[name] {
			return fmt.Errorf("name %q stands twice", name)
		}
		seen[name] = true
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			return errors.New("the header is no JSON object")
		}
	}
	return nil
}
