package tensorfile_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/tensorfile"
)

// TestChecksum flips every bit of a file in turn: each is found out, or leaves the content as it was, as a space in the
// header can. A file that says no checksum, as those of others, is read.
func TestChecksum(t *testing.T) {
	f := tensorfile.File{
		Tensors: map[string]tensorfile.Tensor{
			"a": {Shape: []int{2, 3}, F32: []float32{1, 2, 3, 4, 5, 6}}, "b": {Shape: []int{1}, F64: []float64{7}}, "c": {Shape: []int{2}, I32: []int32{8, 9}},
		},
		Metadata: map[string]string{"step": "12"},
	}
	var file bytes.Buffer
	if err := tensorfile.Write(&file, f); err != nil {
		t.Fatal(err)
	}
	if len(f.Metadata) != 1 {
		t.Errorf("writing changed the metadata to %v", f.Metadata)
	}
	whole := file.Bytes()
	if got, err := tensorfile.Parse(whole); err != nil || got.Checksum() != f.Checksum() {
		t.Fatalf("read back: %v", err)
	}
	damaged := 0
	for i := range 8 * len(whole) {
		flipped := bytes.Clone(whole)
		flipped[i/8] ^= 1 << (i % 8)
		got, err := tensorfile.Parse(flipped)
		if err == nil && got.Checksum() != f.Checksum() && got.Metadata["sha256"] != "" {
			t.Errorf("bit %d of byte %d is not missed", i%8, i/8)
		}
		if err != nil && strings.Contains(err.Error(), "damaged") {
			damaged++
		}
	}
	// All bits of the numbers, which nothing else looks at.
	if least := 8 * (6*4 + 8 + 2*4); damaged < least {
		t.Errorf("%d flipped bits were found by the checksum, expected at least %d", damaged, least)
	}
	none := bytes.Replace(whole, []byte(`"sha256":`), []byte(`"sha-no":`), 1)
	if _, err := tensorfile.Parse(none); err != nil {
		t.Errorf("without a checksum: %v", err)
	}
}
