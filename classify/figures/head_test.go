package figures_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/classify/figures"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/linear"
	"github.com/gradreg/gradreg/model"
)

// TestHeadCurve checks that a head on features, which has no steps, has the search for its penalty
// for a curve, and a title that does not speak of steps.
func TestHeadCurve(t *testing.T) {
	c := classify.Config{
		Data: dataset.ParseSource("/photos"), TrainSize: 80, Size: 224, Backbone: "w.pth",
		Transfer: classify.TransferFeatures, Model: model.ParseSpec("resnet18"), Seed: 3, Steps: 1,
	}
	h := classify.HeadResult{Fit: linear.Fit{L2: 0.01, Folds: 5, Candidates: []linear.Candidate{
		{L2: 1, Loss: 2, StandardError: 0.1}, {L2: 0.01, Loss: 0.55, StandardError: 0.1},
		{L2: 1e-4, Loss: 0.5, StandardError: 0.1},
	}}}
	dir := t.TempDir()
	if err := figures.Draw(dir, classify.Result{Config: c, Head: &h}); err != nil {
		t.Fatal(err)
	}
	svg, err := os.ReadFile(filepath.Join(dir, classify.CurveFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"λ of the L2 penalty", "taken: 0.01", "head on the features of resnet18, seed 3<"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("the curve lacks %q", want)
		}
	}
	if strings.Contains(string(svg), "step") || strings.Contains(string(svg), "no regularizer") {
		t.Error("the curve of a head speaks of steps or regularizers")
	}
	h.Candidates = nil // λ was given
	if err := figures.Draw(dir, classify.Result{Config: c, Head: &h, Metrics: []classify.Metrics{{Step: 1, Loss: 1}}}); err != nil {
		t.Error(err)
	}
	c.Transfer = classify.TransferFinetune
	if title := c.Title(); !strings.Contains(title, "finetuned resnet18, no regularizer, seed 3, 1 steps") {
		t.Errorf("the title is %s", title)
	}
}
