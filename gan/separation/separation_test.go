package separation_test

import (
	"errors"
	"testing"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/gan/separation"
	"github.com/gradreg/gradreg/train"
)

// TestRun checks that a critic learns to tell two digits apart, and that a run repeats.
func TestRun(t *testing.T) {
	d, err := dataset.Open(t.Context(), "mnist")
	if err != nil {
		t.Fatal(err)
	}
	c := separation.Default()
	c.Network, c.Steps, c.PerClass, c.Batch = "gulrajani:width=8", 60, 50, 20
	first, err := separation.Run(t.Context(), d, c, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !(first.Accuracy > 0.85) || first.Images < 100 {
		t.Errorf("%+v", first)
	}
	again, err := separation.Run(t.Context(), d, c, 2)
	if err != nil || again != first {
		t.Errorf("a run repeated: %+v, %+v, %v", first, again, err)
	}
	c.LearningRate = 1e30
	if _, err := separation.Run(t.Context(), d, c, 1); !errors.Is(err, train.ErrDiverged) {
		t.Errorf("a rate of 1e30: %v", err)
	}
	c.Steps = 1 // found in what is judged, not in a loss
	if r, err := separation.Run(t.Context(), d, c, 1); !errors.Is(err, train.ErrDiverged) {
		t.Errorf("one step at a rate of 1e30: %+v, %v", r, err)
	}
	c.Classes[1] = 2
	if _, err := separation.Run(t.Context(), d, c, 1); err == nil {
		t.Error("one class against itself")
	}
}
