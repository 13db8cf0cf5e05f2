package dataset_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestDivideBalanced checks the classes' counts, that smaller choices are among larger ones, that dev and training images are
// apart, and what is refused.
func TestDivideBalanced(t *testing.T) {
	part := &dataset.Part{Shape: dataset.Shape{C: 1, H: 1, W: 1}}
	for i := range 300 {
		part.Labels = append(part.Labels, int32(i*i%7%3))
		part.Images = append(part.Images, 0)
	}
	var before []int
	for _, n := range []int{3, 10, 47, 120} {
		d, err := dataset.DivideBalanced(part, n, 3, 5)
		if err != nil {
			t.Fatal(err)
		}
		counts := make([]int, 3)
		for _, i := range d.Train.Index {
			counts[part.Labels[i]]++
			if slices.Contains(d.Dev.Index, i) {
				t.Errorf("image %d is for training and for dev", i)
			}
		}
		if d.Train.Len() != n || slices.Max(counts)-slices.Min(counts) > 1 || d.Dev.Len() != 300-n {
			t.Errorf("%d images: %v of each class, %d dev images", n, counts, d.Dev.Len())
		}
		for _, i := range before {
			if !slices.Contains(d.Train.Index, i) {
				t.Errorf("image %d of a smaller choice is not among %d", i, n)
			}
		}
		before = d.Train.Index
	}
	for _, n := range []int{0, 301, 290} {
		if _, err := dataset.DivideBalanced(part, n, 3, 5); err == nil {
			t.Errorf("%d images of 300, balanced", n)
		}
	}
}

// TestBalancedSaysTheClass names the class with too few images.
func TestBalancedSaysTheClass(t *testing.T) {
	part := &dataset.Part{Labels: []int32{0, 0, 0, 0, 1}}
	for want, classes := range map[string][]string{"class 1 has 1 images too few": nil, "class single has 1 images too few": {"common", "single"}} {
		part.Classes = classes
		if _, err := dataset.DivideBalanced(part, 4, 2, 1); !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected %q", err, want)
		}
	}
}
