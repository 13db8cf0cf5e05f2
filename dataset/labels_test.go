package dataset_test

import (
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/dataset"
)

// TestLabelBytes checks that digests take labels as they always did up to 256 classes, and tell more
// of them apart.
func TestLabelBytes(t *testing.T) {
	if got := dataset.LabelBytes([]int32{0, 7, 255}, 256); !slices.Equal(got, []byte{0, 7, 255}) {
		t.Errorf("of 256 classes: %v, expected a byte each", got)
	}
	if got := dataset.LabelBytes([]int32{1, 257, 70000}, 70001); !slices.Equal(got, []byte{1, 0, 0, 0, 1, 1, 0, 0, 0x70, 0x11, 1, 0}) {
		t.Errorf("of 70001 classes: %v, expected four bytes each", got)
	}
	part := &dataset.Part{Shape: dataset.Shape{C: 1, H: 1, W: 1}, Images: []byte{9, 8}, Labels: []int32{1, 2}}
	if got := dataset.Whole(part).Hash(3); got != sha256.Sum256([]byte{9, 1, 8, 2}) {
		t.Errorf("hash of two images is %x", got)
	}
	few := dataset.Whole(part).Hash(300)
	part.Labels[0] += 256
	if dataset.Whole(part).Hash(300) == few {
		t.Error("labels 1 and 257 have one hash")
	}
}
