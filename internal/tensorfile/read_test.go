package tensorfile_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
)

// all accepts every header.
func all(tensorfile.Header) error { return nil }

// TestDecode asks about the header before it reads on.
func TestDecode(t *testing.T) {
	data := encoded(t, sample())
	got, err := tensorfile.Decode(iotest.OneByteReader(bytes.NewReader(data)), int64(len(data)), func(h tensorfile.Header) error {
		want := map[string][]int{"weights": {2, 3}, "losses": {2}, "labels": {3}, "scalar": {1}}
		if !reflect.DeepEqual(h.Shapes, want) || h.Metadata["step"] != "17" {
			t.Errorf("%+v", h)
		}
		return nil
	})
	if err != nil || !reflect.DeepEqual(got.Tensors, sample().Tensors) {
		t.Errorf("%+v, %v", got, err)
	}
	refused := errors.New("not these")
	r := bytes.NewReader(data)
	if _, err := tensorfile.Decode(r, int64(len(data)), func(tensorfile.Header) error { return refused }); err != refused {
		t.Error(err)
	}
	const tensors = 4*6 + 8*2 + 4*3 + 4
	if r.Len() != tensors {
		t.Errorf("%d bytes are left, expected the %d of the tensors", r.Len(), tensors)
	}
	if _, err := tensorfile.Decode(io.MultiReader(bytes.NewReader(data), forbidden{t}), 1<<40, all); err == nil || !strings.Contains(err.Error(), "the tensors take 56 bytes, found") {
		t.Error(err)
	}
	if _, err := tensorfile.Decode(forbidden{t}, 1<<40, all); err == nil || !strings.Contains(err.Error(), "a header of") {
		t.Error(err)
	}
}

// forbidden is what must not be read beyond its first eight bytes.
type forbidden struct{ t *testing.T }

func (f forbidden) Read(p []byte) (int, error) {
	if len(p) > 8 {
		f.t.Errorf("%d bytes are asked for", len(p))
		return 0, io.EOF
	}
	for i := range p {
		p[i] = 1
	}
	return len(p), nil
}

// FuzzDecode takes exactly what Parse takes, where the header is of a length that is read.
func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, sample()))
	f.Add(withHeader(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"__metadata__":{"a":1}}`, 0, 0, 0, 0))
	f.Add(withHeader(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}}`, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		want, wrong := tensorfile.Parse(data)
		got, err := tensorfile.Decode(bytes.NewReader(data), int64(len(data)), all)
		if (err == nil) != (wrong == nil) || err == nil && got.Checksum() != want.Checksum() {
			t.Errorf("%v, expected %v", err, wrong)
		}
	})
}

// TestReadHeader reads a header in front of 20 GB.
func TestReadHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	if err := os.WriteFile(path, encoded(t, sample()), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 20e9); err != nil {
		t.Skip("this file system has no files of 20 GB: ", err)
	}
	if h, err := tensorfile.ReadHeader(path); err != nil || h.Metadata["step"] != "17" || len(h.Shapes) != 4 {
		t.Errorf("%+v, %v", h, err)
	}
	if err := os.WriteFile(path, []byte("no header"), 0o644); err != nil {
		t.Fatal(err)
	}
	if h, err := tensorfile.ReadHeader(path); !fault.IsInput(err) || h.Metadata != nil {
		t.Errorf("%+v, %v", h, err)
	}
}
