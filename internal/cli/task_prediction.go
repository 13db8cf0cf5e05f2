package cli

import (
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/task"
)

// taskPrediction is what gradreg predict prints for an image where the model has labels or numbers.
type taskPrediction struct {
	Image string `json:"image"`
	// Labels are the probabilities of several labels, Numbers those of regression, in the units of
	// labels.csv.
	Labels  map[string]float64 `json:"labels,omitempty"`
	Numbers map[string]float64 `json:"numbers,omitempty"`
}

// newTaskPrediction names a model's answers.
func newTaskPrediction(image string, card classify.ModelInfo, answers []float64) taskPrediction {
	named := map[string]float64{}
	for k, v := range answers {
		named[card.Classes[k]] = v
	}
	if card.Learned() == (task.MultiLabel{}) {
		return taskPrediction{Image: image, Labels: named}
	}
	return taskPrediction{Image: image, Numbers: named}
}

// line lists the answers in the order of the model's labels or numbers.
func (p taskPrediction) line(names []string) string {
	var parts []string
	for _, name := range names {
		if v, ok := p.Labels[name]; ok {
			parts = append(parts, fmt.Sprintf("%s %.1f %%", name, 100*v))
		} else {
			parts = append(parts, fmt.Sprintf("%s %.6g", name, p.Numbers[name]))
		}
	}
	return strings.Join(parts, ", ")
}
