package classify_test

import (
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/model"
)

// TestCost checks the cost of LeNet's step against its layers: docs/definitions.md counts 3F − F₁
// multiply-adds for a plain step and 6F − F₁ for one with DataGrad, and an image more takes memory
// in proportion.
func TestCost(t *testing.T) {
	const first = 6 * 25 * 28 * 28
	const all = first + 16*6*25*10*10 + 120*400 + 120*84 + 84*10
	cost := func(regs ...string) classify.StepCost {
		cfg := classify.Default()
		cfg.Regularizers = gradreg.Specs(regs...)
		c, err := classify.Cost(cfg, dataset.Shape{C: 1, H: 28, W: 28}, 10)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	plain, regularized := cost(), cost("datagrad:50")
	if plain.MACsPerImage != 3*all-first || regularized.MACsPerImage != 6*all-first {
		t.Errorf("%d and %d multiply-adds, want %d and %d", plain.MACsPerImage, regularized.MACsPerImage, 3*all-first, 6*all-first)
	}
	// The image itself, and weights, their gradient and Adam's two moments are held in any case.
	if plain.BytesPerImage < 4*784 || plain.BytesPerImage >= regularized.BytesPerImage || plain.Bytes < 3*4*61706+50*plain.BytesPerImage/2 {
		t.Errorf("memory %+v, with DataGrad %+v", plain, regularized)
	}
	cfg := classify.Default()
	if _, err := classify.Cost(cfg, dataset.Shape{C: 1, H: 8, W: 8}, 10); err == nil {
		t.Error("LeNet takes images of 8x8")
	}
	cfg.Model = model.ParseSpec("lenett")
	if _, err := classify.Cost(cfg, dataset.Shape{C: 1, H: 28, W: 28}, 10); err == nil {
		t.Error("an unknown model has a cost")
	}
}
