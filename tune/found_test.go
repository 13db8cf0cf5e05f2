package tune

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/model"
)

// TestFound takes what a search found from the record of its run, and from no other's.
func TestFound(t *testing.T) {
	asked := job("datagrad:auto,every=2", "weight-decay:5e-4", "dropout:auto")
	asked.Batch, asked.TrainSize = 0, 0
	m := &madeUp{scale: 1, best: func(string, int) float64 { return 10 }}
	recorded, err := searched(t, m, asked).Resolved()
	if err != nil {
		t.Fatal(err)
	}
	recorded.Batch, recorded.TrainSize = 50, 60000 // as a run fills them in
	got, err := Found(asked, recorded)
	if err != nil || !reflect.DeepEqual(got.Choices, recorded.Choices) || got.Note != recorded.Note || got.Batch != 0 || len(got.Regularizers) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	if full, err := got.Resolved(); err != nil || !reflect.DeepEqual(full.Regularizers, recorded.Regularizers) {
		t.Errorf("%v, %v, expected %v", full.Regularizers, err, recorded.Regularizers)
	}
	for what, change := range map[string]func(*classify.Config){
		"seed is 77":                      func(c *classify.Config) { c.Seed = 77 },
		"steps is 7":                      func(c *classify.Config) { c.Steps = 7 },
		"model is mlp":                    func(c *classify.Config) { c.Model = model.ParseSpec("mlp:hidden=9") },
		"data is fashion-mnist":           func(c *classify.Config) { c.Data = dataset.ParseSource("fashion-mnist") },
		"learning_rate is 0.5":            func(c *classify.Config) { c.LearningRate = 0.5 },
		"0 of them with a λ that was":     func(c *classify.Config) { c.Choices = nil },
		"regularizer is datagrad:3":       func(c *classify.Config) { c.Regularizers[0] = gradreg.ParseSpec("datagrad:3,every=2") },
		"regularizer is weight-decay:0.1": func(c *classify.Config) { c.Regularizers[1] = gradreg.ParseSpec("weight-decay:0.1") },
		"a λ was searched for spectreg:3": func(c *classify.Config) {
			c.Choices[0].Regularizer, c.Choices[0].Lambda = gradreg.ParseSpec("spectreg:3"), 3
		},
	} {
		other := recorded
		other.Regularizers = slices.Clone(recorded.Regularizers)
		other.Choices = append([]classify.Choice{}, recorded.Choices...)
		change(&other)
		if got, err := Found(asked, other); err == nil || !strings.Contains(err.Error(), "holds another run: ") || !strings.Contains(err.Error(), what) || len(got.Choices) > 0 {
			t.Errorf("%s: %v", what, err)
		}
	}
}
