package semisupervised_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/gan/semisupervised"
	"github.com/gradreg/gradreg/train"
)

// TestRun checks that a run learns, with a penalty and without images that have no labels, that it
// repeats, and that what needs labels is refused where there are none.
func TestRun(t *testing.T) {
	d, err := dataset.Open(t.Context(), "mnist")
	if err != nil {
		t.Fatal(err)
	}
	c := semisupervised.Default()
	c.Width, c.Steps, c.Batch = 8, 60, 20
	for _, regs := range [][]string{nil, {"spectreg:0.01,at=real+fake"}} {
		c.Regularizers = regs
		first, err := semisupervised.Run(t.Context(), d, c, 1)
		if err != nil {
			t.Fatal(err)
		}
		if !(first.Accuracy > 0.3) {
			t.Errorf("%v: %+v", regs, first)
		}
		again, err := semisupervised.Run(t.Context(), d, c, 2)
		if err != nil || again != first {
			t.Errorf("a run repeated: %+v, %+v, %v", first, again, err)
		}
	}
	wild := c
	wild.LearningRate, wild.Steps = 1e30, 10
	if r, err := semisupervised.Run(t.Context(), d, wild, 1); !errors.Is(err, train.ErrDiverged) {
		t.Errorf("a rate of 1e30: %+v, %v", r, err)
	}
	c.Unsupervised, c.Regularizers = false, nil
	if r, err := semisupervised.Run(t.Context(), d, c, 1); err != nil || !(r.Accuracy > 0.3) {
		t.Errorf("labelled images alone: %+v, %v", r, err)
	}
	c.Regularizers = []string{"datagrad:1,at=real"}
	if _, err := semisupervised.Run(t.Context(), d, c, 1); err == nil || !strings.Contains(err.Error(), "no loss") {
		t.Errorf("a penalty that needs labels, where there are none: %v", err)
	}
}
