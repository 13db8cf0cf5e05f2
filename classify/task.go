package classify

import (
	"math"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/task"
)

// TaskResult is what a model of another task than classification is worth, see [task.Metrics].
type TaskResult struct {
	Loss float64 `json:"test_loss"`
	// Quality is the label accuracy, or the root mean squared error in the units of the data, see
	// Name.
	Quality float64 `json:"test_quality"`
	Name    string  `json:"test_quality_name"`
}

// settle takes the task of the data, see [Config.settleTask].
func (c *Config) settle(d *dataset.Dataset) error { return c.settleTask(d.Info) }

// settleTask takes the task of the data, if the configuration asks for no other, and refuses what
// is about classes where there are none.
func (c *Config) settleTask(d dataset.Info) error {
	found := task.OrClassification(d.Task)
	if asked := c.Learns(); c.Task != "" && asked != found {
		return fault.Inputf("task is %s, but %s has data for %s", c.Task, c.Data, found)
	}
	if c.Task = task.Recorded(found); found == (task.Classification{}) {
		return nil
	}
	if c.PerClass > 0 || c.Subset == Balanced {
		return fault.Inputf("subset is balanced, but the task %s has no classes", found)
	}
	return nil
}

// setTask tells the run what it learns.
func (r *run) setTask(p *parts) {
	p.task = task.OrClassification(r.data.Task)
	r.task = p.task
	if r.task == (task.Regression{}) {
		scale := dataset.TargetScaling(r.division.Train)
		r.scale = &scale
	}
}

// hasClasses reports whether the run classifies.
func (r *run) hasClasses() bool { return r.task == task.Classification{} }

// measure judges the model on a subset, by accuracy and negative log-likelihood where there are
// classes. Errors of numbers are in the units of the data. Outputs that are not finite are a
// divergence.
func (r *run) measure(s dataset.Subset, t dataset.Tables) (task.Metrics, error) {
	return r.measureBy(r.classifier, s, t)
}

// measureBy is measure by a classifier that has the weights.
func (r *run) measureBy(c *classifier, s dataset.Subset, t dataset.Tables) (task.Metrics, error) {
	if r.hasClasses() {
		score, err := c.score(s, t)
		q := r.task.Quality()
		return task.Metrics{
			Samples: score.Images, Loss: score.NLL(), Quality: score.Accuracy(), Name: q.Name,
			HigherQuality: q.Higher,
		}, err
	}
	a, err := c.taskAnswers(s, t, r.scale)
	if err != nil {
		return task.Metrics{}, err
	}
	return a.Judge(r.task)
}

// taskAnswers answers a subset of a task without classes.
func (c *classifier) taskAnswers(
	s dataset.Subset, t dataset.Tables, scale *dataset.Scaling,
) (*task.Answers, error) {
	all := &task.Answers{Kinds: c.classes}
	err := c.eachBatch(s, t, func(outputs []float32, images []int) error {
		var answers, targets []float32
		for i, k := range images {
			row := outputs[i*c.classes : (i+1)*c.classes]
			for _, v := range row {
				if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
					return errNotFinite
				}
			}
			if scale != nil {
				for _, v := range scale.Back(row) {
					answers = append(answers, float32(v))
				}
			} else {
				answers = append(answers, row...)
			}
			targets = append(targets, s.TargetRow(k)...)
		}
		return all.Add(answers, targets)
	})
	return all, err
}

// answer returns what a model's outputs for an image say: class probabilities, the probability of
// each label, or numbers in the units of the data.
func (c ModelInfo) answer(outputs []float32, classes func([]float32) []float64) []float64 {
	switch {
	case c.Targets != nil:
		return c.Targets.Back(outputs)
	case c.Learned() != (task.Classification{}):
		p := make([]float64, len(outputs))
		for k, v := range outputs {
			p[k] = 1 / (1 + math.Exp(-float64(v)))
		}
		return p
	}
	return classes(outputs)
}

// Measure judges a model of labels or numbers on a subset of images that have such.
func (m *SavedModel) Measure(s dataset.Subset) (task.Metrics, error) {
	if m.Learned() == (task.Classification{}) {
		return task.Metrics{}, fault.Inputf("the model classifies: Score judges it")
	}
	a, err := m.taskAnswers(s, m.tables)
	if err != nil {
		return task.Metrics{}, err
	}
	return a.Judge(m.Learned())
}

// taskAnswers answers a subset of images that have labels or numbers under a normalization that
// need not be the model's.
func (m *SavedModel) taskAnswers(s dataset.Subset, t dataset.Tables) (*task.Answers, error) {
	switch {
	case s.Part == nil || s.Len() == 0 || s.Shape != m.shape():
		return nil, fault.Inputf("expected images of %v, at least one", m.shape())
	case len(s.Targets) != len(m.Classes)*s.Part.Len():
		return nil, fault.Inputf(
			"%d targets of %d images, expected %d of each", len(s.Targets), s.Part.Len(),
			len(m.Classes),
		)
	}
	c, err := m.pool.take()
	if err != nil {
		return nil, err
	}
	defer m.pool.give(c)
	return c.taskAnswers(s, t, m.Targets)
}

// Learned returns the task of a model whose card has been read.
func (c ModelInfo) Learned() task.Task {
	t, err := task.Parse(c.Task)
	if err != nil { // a card that nobody has checked
		return nil
	}
	return t
}

// checkTask refuses a card whose task makes no sense.
func (c ModelInfo) checkTask() error {
	t, err := task.Parse(c.Task)
	if err != nil {
		return err
	}
	numbers := t == (task.Regression{})
	switch {
	case numbers != (c.Targets != nil):
		return fault.Inputf("task is %s, expected the scaling of numbers with that of regression alone", t)
	case numbers && (len(c.Targets.Mean) != len(c.Classes) || len(c.Targets.Std) != len(c.Classes)):
		return fault.Inputf(
			"scaling of %d and %d numbers, expected %d", len(c.Targets.Mean), len(c.Targets.Std),
			len(c.Classes),
		)
	}
	if numbers {
		for k, std := range c.Targets.Std {
			if !(std > 0) || math.IsInf(std, 0) || math.IsNaN(c.Targets.Mean[k]) || math.IsInf(c.Targets.Mean[k], 0) {
				return fault.Inputf(
					"scaling of number %d is mean %v, std %v, expected finite ones and std above 0",
					k, c.Targets.Mean[k], std,
				)
			}
		}
	}
	return nil
}

// needsClasses refuses what is about classes for a model of another task.
func (c ModelInfo) needsClasses(what string) error {
	if t := c.Learned(); t != (task.Classification{}) {
		return fault.Inputf("%s is about classes, but the model's task is %s", what, t)
	}
	return nil
}

// leastClasses is the least number of classes, labels or numbers.
func (c ModelInfo) leastClasses() int {
	if c.Learned() != (task.Classification{}) {
		return 1
	}
	return 2
}
