package tensorfile_test

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/tensorfile"
)

// sample is a file with a tensor of each type and a scalar.
func sample() tensorfile.File {
	return tensorfile.File{
		Tensors: map[string]tensorfile.Tensor{
			"weights": {Shape: []int{2, 3}, F32: []float32{1, -2, 3.5, 0, 1e-40, 6}},
			"losses":  {Shape: []int{2}, F64: []float64{0.1, 2}},
			"labels":  {Shape: []int{3}, I32: []int32{7, -1, 0}},
			"scalar":  {Shape: []int{1}, F32: []float32{4}},
		},
		Metadata: map[string]string{"step": "17"},
	}
}

func encoded(t testing.TB, f tensorfile.File) []byte {
	var b bytes.Buffer
	if err := tensorfile.Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	want := sample()
	got, err := tensorfile.Parse(encoded(t, want))
	if err != nil {
		t.Fatal(err)
	}
	if got.Metadata["sha256"] != want.Checksum() {
		t.Errorf("the checksum is %q, expected %q", got.Metadata["sha256"], want.Checksum())
	}
	delete(got.Metadata, "sha256")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// withHeader returns a file of the given header and data.
func withHeader(header string, data ...byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func TestDamaged(t *testing.T) {
	good := encoded(t, sample())
	for name, data := range map[string][]byte{
		"empty":          {},
		"short":          good[:7],
		"cut header":     good[:40],
		"cut data":       good[:len(good)-1],
		"trailing":       append(bytes.Clone(good), 0),
		"huge header":    binary.LittleEndian.AppendUint64(nil, 1<<62),
		"no JSON":        withHeader("hello"),
		"duplicate name": withHeader(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 0, 0, 0, 0),
		"overlap":        withHeader(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 0, 0, 0, 0),
		"hole":           withHeader(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 0, 0, 0, 0, 0, 0, 0, 0),
		"wrong shape":    withHeader(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 0, 0, 0, 0),
		"huge shape":     withHeader(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`),
		"other type":     withHeader(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 0),
	} {
		_, err := tensorfile.Parse(data)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error has several lines: %v", name, err)
		}
	}
}

// FuzzParse checks that whatever is accepted is written and read again as the same.
func FuzzParse(f *testing.F) {
	f.Add(encoded(f, sample()))
	f.Add(withHeader(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := tensorfile.Parse(data)
		if err != nil {
			return
		}
		first := encoded(t, file)
		again, err := tensorfile.Parse(first)
		if err != nil {
			t.Fatalf("written file is refused: %v", err)
		}
		if second := encoded(t, again); !bytes.Equal(first, second) {
			t.Error("a second round trip differs")
		}
	})
}
