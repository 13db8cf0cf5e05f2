package tune

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
)

// Found returns a configuration with the λ that a search found for it, and how, from the
// configuration that a run of it has recorded. An error is that the record is not of such a run.
func Found(cfg, recorded classify.Config) (classify.Config, error) {
	asked, err := Resolved(cfg)
	if err != nil {
		return cfg, err
	}
	record, err := recorded.Resolved()
	if err != nil {
		return cfg, err
	}
	for _, f := range []struct {
		name            string
		known           bool // otherwise a run fills it in
		found, expected any
	}{
		{"data", asked.Data.Identity() != dataset.Source{}, record.Data.String(), asked.Data.String()},
		{"train_size", asked.TrainSize > 0 && asked.PerClass == 0, record.TrainSize, asked.TrainSize},
		{"per_class", true, record.PerClass, asked.PerClass},
		{"subset", asked.Subset != "", record.Subset, asked.Subset},
		{"size", asked.Size > 0, record.Size, asked.Size},
		{"fit", asked.Fit != "", record.Fit, asked.Fit},
		{"division", asked.Division != "", record.Division, asked.Division},
		{"model", true, record.Model.String(), asked.Model.String()},
		{"augment", true, record.Augment, asked.Augment},
		{"optimizer", true, record.Optimizer.String(), asked.Optimizer.String()},
		{"learning_rate", true, record.LearningRate, asked.LearningRate},
		{"schedule", true, record.Schedule.String(), asked.Schedule.String()},
		{"steps", true, record.Steps, asked.Steps},
		{"batch", asked.Batch > 0, record.Batch, asked.Batch},
		{"seed", true, record.Seed, asked.Seed},
		{"paper_protocol", true, record.PaperProtocol, asked.PaperProtocol},
	} {
		if f.known && f.found != f.expected {
			return cfg, fmt.Errorf("holds another run: its %s is %v, expected %v", f.name, f.found, f.expected)
		}
	}
	regularizers, list := gaps(cfg)
	if len(record.Regularizers) != len(asked.Regularizers) || len(record.Choices) != len(list) {
		return cfg, fmt.Errorf("holds another run: its regularizers are %v, %d of them with a λ "+
			"that was searched for, expected %v",
			record.Regularizers, len(record.Choices), asked.Regularizers)
	}
	for i, want := range asked.Regularizers {
		n := slices.IndexFunc(list, func(o open) bool { return o.at == i })
		if n >= 0 {
			// What the search chose, with the λ that stands beside it.
			choice := record.Choices[n]
			want = list[n].WithLambda(choice.Lambda)
			if choice.Regularizer.String() != want.String() {
				return cfg, fmt.Errorf(
					"holds another run: a λ was searched for %s, expected %s", choice.Regularizer,
					want,
				)
			}
			regularizers[i] = want
		}
		if found := record.Regularizers[i]; found.String() != want.InFull() {
			return cfg, fmt.Errorf(
				"holds another run: its regularizer is %s, expected %s", found, want.InFull(),
			)
		}
	}
	cfg.Regularizers, cfg.Note, cfg.Choices = regularizers, recorded.Note, recorded.Choices
	return cfg, nil
}
