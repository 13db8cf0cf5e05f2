package torchfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/gradreg/gradreg/internal/pickle"
)

// Tensor says what a tensor of a file is and where its elements are.
type Tensor struct {
	Name    string
	DType   string // F32, BF16, …, as safetensors names them
	Shape   []int
	Strides []int // distance in elements from one to the next along an axis
	Offset  int64 // of the first element in the file, in bytes
}

// File is what a file holds.
type File struct {
	Legacy bool // whether its form is that of before PyTorch 1.6
	// Wrapper is the key of the checkpoint under which the state dict stands, empty if the file is
	// one.
	Wrapper string
	Tensors []Tensor
}

// longestPickle bounds the pickle of objects, which has some 200 bytes a tensor.
const longestPickle = 16 << 20

// Is reports whether the beginning of a file may be that of one of the forms. A safetensors file can
// begin like one of them, by the length of its header: who reads both asks for that format before.
func Is(start []byte) bool {
	return bytes.HasPrefix(start, []byte("PK")) || isPickle(start)
}

// isPickle reports whether a file begins with the magic number of the legacy form, in whatever
// protocol.
func isPickle(start []byte) bool {
	return len(start) > 1 && (start[0] == 0x80 && start[1] <= 5 || start[0] == 'L')
}

// Read reads what a file of a size holds. No element is read.
func Read(r io.ReaderAt, size int64) (File, error) {
	start := make([]byte, min(16, size))
	if _, err := r.ReadAt(start, 0); err != nil && err != io.EOF {
		return File{}, err
	}
	var root any
	var err error
	f, h := File{}, &host{size: size, storages: map[string]*storage{}}
	switch {
	case bytes.HasPrefix(start, []byte("PK")):
		root, err = readZip(r, size, h)
	case isPickle(start):
		f.Legacy = true
		root, err = readLegacy(r, size, h)
	default:
		err = errors.New("neither a zip archive nor a pickle")
	}
	if err != nil {
		return f, err
	}
	f.Wrapper, f.Tensors, err = stateDict(root)
	return f, err
}

// wrappers are the keys under which checkpoints keep a state dict, in the order in which they are
// looked for. Averaged weights come first, for they are those that are evaluated.
var wrappers = []string{"state_dict_ema", "model_ema", "state_dict", "model_state_dict", "model"}

// stateDict finds the tensors of what a file holds.
func stateDict(root any) (wrapper string, tensors []Tensor, err error) {
	dict, ok := root.(*pickle.Dict)
	if !ok {
		return "", nil, fmt.Errorf("it holds %s, expected a dict of tensors", kind(root))
	}
	for _, key := range wrappers {
		if inner, ok := lookUp(dict, key).(*pickle.Dict); ok {
			wrapper, dict = key, inner
			break
		}
	}
	at := map[string]int{}
	for _, item := range dict.Items {
		name, ok := item.Key.(string)
		if !ok {
			return wrapper, nil, fmt.Errorf("a key of the state dict is %s, expected str", kind(item.Key))
		}
		v, ok := item.Value.(*view)
		if !ok {
			return wrapper, nil, fmt.Errorf(
				"%.80q is %s, expected a tensor of a state dict", name, kind(item.Value),
			)
		}
		t := Tensor{
			Name: name, DType: v.dtype, Shape: v.shape, Strides: v.strides,
			Offset: v.start + v.offset*int64(v.bytes),
		}
		if i, ok := at[name]; ok {
			tensors[i] = t
			continue
		}
		at[name] = len(tensors)
		tensors = append(tensors, t)
	}
	return wrapper, tensors, nil
}

// lookUp returns the value of a key, nil if there is none. The last one holds.
func lookUp(dict *pickle.Dict, key string) (value any) {
	for _, item := range dict.Items {
		if item.Key == any(key) {
			value = item.Value
		}
	}
	return value
}

// kind names the kind of an object for messages.
func kind(object any) string {
	switch object.(type) {
	case *view:
		return "a tensor"
	case *storage:
		return "a storage"
	}
	return pickle.Kind(object)
}
