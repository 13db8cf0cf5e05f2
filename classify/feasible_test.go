package classify_test

import (
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
)

// TestCheckDataHeldOut checks a probe on all training images with a batch of all of them: of a set
// without dev images, also a folder, a fifth is held out, so that the batch is too large.
func TestCheckDataHeldOut(t *testing.T) {
	cfg := classify.Default()
	cfg.Data, cfg.Model, cfg.TrainSize, cfg.Batch = dataset.ParseSource("my/photos"), model.ParseSpec("mlp:hidden=4"), 0, 40
	info := dataset.Info{
		Name: "my/photos", Classes: []string{"cold", "warm"}, Shape: dataset.Shape{C: 3, H: 8, W: 8}, Train: 40,
	}
	if err := cfg.CheckData(info, false); err != nil {
		t.Error(err)
	}
	if err := cfg.CheckData(info, true); !fault.IsInput(err) || !strings.Contains(err.Error(), "32") {
		t.Errorf("%v, expected 32 training images for a batch of 40", err)
	}
	info.Val = 10
	if err := cfg.CheckData(info, true); err != nil {
		t.Errorf("with dev images of its own: %v", err)
	}
}
