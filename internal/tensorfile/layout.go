package tensorfile

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"github.com/gradreg/gradreg/internal/foreign"
)

// Place says what a tensor of a file is and where its elements are.
type Place struct {
	Name   string
	DType  string // F32, BF16, …, as the format names them
	Shape  []int
	Offset int64 // of the first element in the file, in bytes
	Length int64 // of all elements, in bytes
}

// longestLayout bounds the header that ReadLayout reads, whose memory comes several times over. It
// has room for 8,000 tensors.
const longestLayout = 1 << 20

// ReadLayout reads the header of a file of a size: the places of its tensors, in the order of the
// file, and its metadata. The places cover what is behind the header without hole or overlap.
func ReadLayout(r io.ReaderAt, size int64) ([]Place, map[string]string, error) {
	text, err := readHeader(r, size)
	if err != nil {
		return nil, nil, err
	}
	if err := checkNames(text); err != nil {
		return nil, nil, err
	}
	var header safetensors.Metadata
	if err := json.Unmarshal(text, &header); err != nil {
		return nil, nil, errors.New("the header is not as expected: " + foreign.Short(err.Error(), 200))
	}
	places := make([]Place, 0, len(header.Tensors()))
	start := int64(8 + len(text))
	for name, info := range header.Tensors() {
		p, err := placeOf(name, info, start, size)
		if err != nil {
			return nil, nil, err
		}
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b Place) int {
		if a.Offset != b.Offset {
			return int(min(1, max(-1, a.Offset-b.Offset)))
		}
		if a.Length != b.Length {
			return int(min(1, max(-1, a.Length-b.Length)))
		}
		return strings.Compare(a.Name, b.Name)
	})
	for _, p := range places {
		if p.Offset != start {
			return nil, nil, fmt.Errorf(
				"tensor %.80q begins at byte %d, expected %d", p.Name, p.Offset, start,
			)
		}
		start += p.Length
	}
	if start != size {
		return nil, nil, fmt.Errorf("the tensors end at byte %d of %d", start, size)
	}
	return places, header.Metadata(), nil
}

// Is reports whether the first nine bytes of a file of a size are a length that it can have and the
// brace after it.
func Is(start []byte, size int64) bool {
	return len(start) > 8 && start[8] == '{' && binary.LittleEndian.Uint64(start) <= uint64(size-8)
}

// readHeader returns the text of the header.
func readHeader(r io.ReaderAt, size int64) ([]byte, error) {
	var start [8]byte
	if n, err := r.ReadAt(start[:], 0); n < len(start) {
		if err == io.EOF {
			return nil, fmt.Errorf("%d bytes, expected at least 8", size)
		}
		return nil, err
	}
	n := binary.LittleEndian.Uint64(start[:])
	if n > longestLayout || int64(n) > size-8 {
		return nil, fmt.Errorf(
			"a header of %d bytes in a file of %d, expected at most %d", n, size, longestLayout,
		)
	}
	text := make([]byte, n)
	_, err := io.ReadFull(io.NewSectionReader(r, 8, int64(n)), text)
	return text, err
}

// placeOf checks what the header says of a tensor, whose offsets count from start.
func placeOf(name string, info *safetensors.TensorInfo, start, size int64) (Place, error) {
	p := Place{Name: name, DType: info.DType.String(), Shape: make([]int, 0, len(info.Shape))}
	bytes := info.DType.Size()
	for _, d := range info.Shape {
		if d > math.MaxInt32 || d > 0 && bytes > uint64(size)/d {
			return p, fmt.Errorf(
				"tensor %.80q has shape %.200s, more than the file's %d bytes", name,
				fmt.Sprint(info.Shape), size,
			)
		}
		bytes *= d
		p.Shape = append(p.Shape, int(d))
	}
	from, to := info.DataOffsets[0], info.DataOffsets[1]
	if from > to || to > uint64(size-start) {
		return p, fmt.Errorf(
			"tensor %.80q is at bytes %d to %d, expected at most %d", name, from, to, size-start,
		)
	}
	if to-from != bytes {
		return p, fmt.Errorf(
			"tensor %.80q takes %d bytes, expected %d of shape %v", name, to-from, bytes, p.Shape,
		)
	}
	p.Offset, p.Length = start+int64(from), int64(to-from)
	return p, nil
}
