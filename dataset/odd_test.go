package dataset_test

import (
	"testing"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestOddDivisions asks for divisions that no data has: each is an error, none a panic.
func TestOddDivisions(t *testing.T) {
	three := &dataset.Part{Shape: dataset.Shape{C: 1, H: 1, W: 1}, Images: []byte{1, 2, 3}, Labels: []int32{0, 1, 2}}
	for name, divide := range map[string]func() error{
		"paper, an empty part": func() error { _, _, err := dataset.DividePaper(&dataset.Part{}, &dataset.Part{}, 1, 1); return err },
		"paper, none":          func() error { _, _, err := dataset.DividePaper(three, three, 0, 1); return err },
		"a label too large":    func() error { _, err := dataset.DivideBalanced(three, 2, 2, 1); return err },
		"no classes":           func() error { _, err := dataset.DivideBalanced(three, 2, 0, 1); return err },
		"fewer than none":      func() error { _, err := dataset.DivideBalanced(three, 2, -1, 1); return err },
		"an empty part":        func() error { _, err := dataset.Divide(&dataset.Part{}, 1, 1); return err },
	} {
		if err := divide(); !fault.IsInput(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
