package task

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/sym"
)

// Task is what a network learns.
type Task interface {
	// String returns the name, which Parse reads.
	String() string
	// Outputs returns the number of outputs of a network for targets of so many kinds: classes,
	// labels or numbers.
	Outputs(kinds int) int
	// Target makes an input of that name for the targets of a batch, and the targets as the losses
	// take them, floats [batch, kinds]. For classes the input holds one integer a sample, else it
	// is the targets themselves.
	Target(g *sym.Graph, name string, batch, kinds int) (input, targets *sym.Expr)
	// Losses returns the loss of each sample: [n], of a network's outputs and the targets: [n,
	// kinds].
	Losses(outputs, targets *sym.Expr) *sym.Expr
	// Distribution returns the logarithms of the probabilities of exclusive classes: [n, kinds], of
	// outputs: [n, kinds]. ok is false if the outputs are none.
	Distribution(outputs *sym.Expr) (logarithms *sym.Expr, ok bool)
	// Score returns the sums that judge no answers yet.
	Score() Score
	// Quality says what people judge by, which is the Quality of Score's metrics.
	Quality() Quality
}

// Score sums up answers.
type Score interface {
	// Add counts the answers to a batch, outputs and targets row by row: [n, kinds] each, targets
	// of classes as one-hot rows. Lengths that do not fit are an error, and nothing is counted.
	Add(outputs, targets []float32, kinds int) error
	// Metrics returns what has been counted; its numbers are NaN for no samples.
	Metrics() Metrics
}

// Metrics judges a network on some samples.
type Metrics struct {
	Samples int     `json:"sample_count" yaml:"sample_count"`
	Loss    float64 `json:"loss" yaml:"loss"` // mean over the samples
	// Quality is what people judge by, its Name and whether more of it is better: accuracy of classes
	// and labels, root mean squared error of numbers.
	Quality       float64 `json:"quality" yaml:"quality"`
	Name          string  `json:"quality_name" yaml:"quality_name"`
	HigherQuality bool    `json:"higher_quality" yaml:"higher_quality"`
}

// String writes the quality with its name for people: label accuracy 93.10 %.
func (m Metrics) String() string {
	q, ok := QualityNamed(m.Name)
	if !ok {
		q = Quality{Name: m.Name}
	}
	return q.Name + " " + q.Format(m.Quality)
}

// Better reports whether a is better than b: by quality, and where that is equal by loss. What is
// not a number is worse than any number.
func Better(a, b Metrics) bool {
	by := Quality{Higher: a.HigherQuality}
	return cmp.Or(by.Compare(a.Quality, b.Quality), Quality{}.Compare(a.Loss, b.Loss)) < 0
}

// tasks are the tasks that Parse knows, the default first.
var tasks = []Task{Classification{}, MultiLabel{}, Regression{}}

// Names lists the tasks.
func Names() []string {
	var names []string
	for _, t := range tasks {
		names = append(names, t.String())
	}
	return names
}

// Parse returns the task of a name; an empty one is classification.
func Parse(name string) (Task, error) {
	if name == "" {
		return Classification{}, nil
	}
	i := slices.IndexFunc(tasks, func(t Task) bool { return t.String() == name })
	if i < 0 {
		return nil, fmt.Errorf("unknown task %q, expected one of %s", name, strings.Join(Names(), ", "))
	}
	return tasks[i], nil
}

// OrClassification returns a task, classification for nil.
func OrClassification(t Task) Task {
	if t == nil {
		return Classification{}
	}
	return t
}

// Recorded returns the name under which configurations, models and results record a task: none for
// classification, which they were about before there were others. Parse reads it.
func Recorded(t Task) string {
	if t == (Classification{}) {
		return ""
	}
	return t.String()
}

// rows returns the number of rows of answers, or an error.
func rows(outputs, targets []float32, kinds int) (int, error) {
	if kinds < 1 || len(outputs) != len(targets) || len(outputs)%kinds != 0 {
		return 0, fmt.Errorf("found %d outputs and %d targets in rows of %d, expected as many of both and whole rows",
			len(outputs), len(targets), kinds)
	}
	return len(outputs) / kinds, nil
}
