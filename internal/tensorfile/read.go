package tensorfile

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
)

// Header is what a file says of its tensors and of itself, before them.
type Header struct {
	Shapes   map[string][]int
	Metadata map[string]string
}

// longestHeader leaves room for the names of as many classes as a model can have, of some two
// hundred bytes each. The format allows more, which takes a multiple of it to decode.
const longestHeader = 16 << 20

// ReadFile reads the file at path as Decode does. A file that is none of this format is the input's
// fault, as an error of accept is; a missing one is fs.ErrNotExist.
//
// A damaged file is called so, whatever accept makes of it, if it is not too long to be looked at.
func ReadFile(path string, accept func(Header) error) (File, error) {
	refused := false
	file, err := readFile(path, func(h Header) error {
		err := accept(h)
		refused = err != nil
		return err
	})
	if refused {
		err = cmp.Or(Intact(path), err)
	}
	return file, err
}

// readFile is ReadFile that believes accept.
func readFile(path string, accept func(Header) error) (File, error) {
	f, err := boundedfile.Open(path, math.MaxInt64-1) // what it may have follows from its header
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	file, err := Decode(f, f.Size(), accept)
	if errors.As(err, new(*fs.PathError)) {
		return file, err // of the system
	}
	if err != nil {
		return file, fault.Inputf("%s: %w", path, err)
	}
	return file, nil
}

// ReadHeader is ReadFile of the header alone, for one whom the tensors do not concern. Nothing says
// that it is whole: who blames anything else for what it says asks Intact before.
func ReadHeader(path string) (Header, error) {
	var h Header
	seen := errors.New("the header is all that is wanted")
	_, err := readFile(path, func(found Header) error { h = found; return seen })
	if errors.Is(err, seen) {
		return h, nil
	}
	return Header{}, err
}

// DecodeStream is Decode of a stream whose size nobody knows: it is what the header says, and
// anything behind it is an error.
func DecodeStream(r io.Reader, accept func(Header) error) (File, error) {
	f, err := Decode(r, unknownSize, accept)
	if err != nil {
		return File{}, err
	}
	if n, err := r.Read(make([]byte, 1)); n > 0 || err != nil && err != io.EOF {
		return File{}, errors.New("not a safetensors file: there is more behind the tensors")
	}
	return f, nil
}

// unknownSize stands for that of a stream.
const unknownSize = math.MaxInt64

// Decode reads a file of a size. Nothing behind the header is read, and no memory taken for it,
// unless accept returns nil and the size is what the tensors of the header take: so whoever knows
// what tensors can be right bounds what is read.
func Decode(r io.Reader, size int64, accept func(Header) error) (File, error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return File{}, fmt.Errorf("not a safetensors file: %d bytes, expected at least 8", size)
	}
	n := binary.LittleEndian.Uint64(start[:])
	if n > longestHeader || int64(n) > size-8 {
		return File{}, fmt.Errorf(
			"not a safetensors file: a header of %d bytes in a file of %d, expected at most %d", n,
			size, longestHeader,
		)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return File{}, fmt.Errorf("not a safetensors file: %w", err)
	}
	h, length, err := parseHeader(text)
	if err != nil {
		return File{}, fmt.Errorf("not a safetensors file: %w", err)
	}
	if err := accept(h); err != nil {
		return File{}, err
	}
	if size == unknownSize && length <= size-8-int64(n) {
		size = 8 + int64(n) + length
	}
	if rest := size - 8 - int64(n); length != rest {
		return File{}, fmt.Errorf("not a safetensors file: the tensors take %d bytes, found %d", length, rest)
	}
	data := make([]byte, size)
	copy(data, start[:])
	copy(data[8:], text)
	if _, err := io.ReadFull(r, data[8+n:]); err != nil {
		return File{}, fmt.Errorf("not a safetensors file: %w", err)
	}
	return Parse(data)
}

// parseHeader returns what a header says, and how many bytes its tensors take.
func parseHeader(text []byte) (h Header, length int64, err error) {
	if err := checkNames(text); err != nil {
		return h, 0, err
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(text, &entries); err != nil {
		return h, 0, errors.New("the header is no JSON object")
	}
	h = Header{Shapes: map[string][]int{}, Metadata: map[string]string{}}
	for name, entry := range entries {
		if name == "__metadata__" {
			if err := json.Unmarshal(entry, &h.Metadata); err != nil {
				return h, 0, errors.New("the metadata are no texts")
			}
			continue
		}
		var t struct {
			Shape   []int    `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}
		if err := json.Unmarshal(bytes.TrimSpace(entry), &t); err != nil || t.Offsets[0] < 0 ||
			t.Offsets[1] < t.Offsets[0] {
			return h, 0, fmt.Errorf("tensor %.80q has no shape or place", name)
		}
		h.Shapes[name] = t.Shape
		length = max(length, t.Offsets[1])
	}
	return h, length, nil
}
