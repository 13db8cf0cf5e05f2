package study

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/gradreg/gradreg/task"
)

// QualityPoint is the quality of a task without classes on dev images after some steps.
type QualityPoint struct {
	Step       int     `json:"step"`
	DevQuality float64 `json:"dev_quality"`
}

// quality returns what the study's runs are judged by. An identity has a task that a data set had.
func (id Identity) quality() task.Quality {
	t, err := task.Parse(id.Task)
	if err != nil {
		return task.Quality{}
	}
	return t.Quality()
}

// quality returns what the report's runs are judged by.
func (r *Report) quality() task.Quality { return Identity{Task: r.Task}.quality() }

// hasClasses reports whether a quality is the accuracy of classes, for which results have fields of
// their own.
func hasClasses(q task.Quality) bool { return q == task.Classification{}.Quality() }

// of reports whether a result is judged by a quality. One of another task has been put there by
// somebody: it counts as one that diverged.
func (r Result) of(q task.Quality) bool {
	if r.Metrics == nil {
		return hasClasses(q)
	}
	return r.Metrics.Name == q.Name
}

// score returns the quality, of a run that diverged a value that is worse than any.
func (r Result) score(q task.Quality) float64 {
	switch {
	case r.Diverged != "" || !r.of(q):
		return q.Worst()
	case r.Metrics != nil:
		return r.Metrics.Quality
	}
	return r.Accuracy
}

// loss returns what decides between results of equal quality: the NLL after calibration, or the
// loss of a task without classes.
func (r Result) loss() float64 {
	if r.Metrics != nil {
		return r.Metrics.Loss
	}
	return r.Calibrated
}

// Score writes for people how the run did, with the name of what it is judged by unless that is the
// accuracy.
func (r Result) Score() string {
	switch {
	case r.Diverged != "":
		return "diverged"
	case r.Metrics == nil:
		return task.Classification{}.Quality().Format(r.Accuracy)
	}
	return r.Metrics.String()
}

// validateQuality returns what is wrong with the numbers of a task without classes.
func (r Result) validateQuality() error {
	if r.Metrics == nil {
		if len(r.QualityCurve) > 0 {
			return fmt.Errorf("quality_curve has %d points, expected none without metrics", len(r.QualityCurve))
		}
		return nil
	}
	m := r.Metrics
	q, ok := task.QualityNamed(m.Name)
	if !ok || hasClasses(q) || m.HigherQuality != q.Higher || m.Samples != r.Images {
		return fmt.Errorf(
			"metrics: %.80q of %d images, higher_quality %t, expected those of a task without classes "+
				"on the result's %d images", m.Name, m.Samples, m.HigherQuality, r.Images,
		)
	}
	most := mostNLL
	if q.Fraction {
		most = 1
	}
	if !(m.Quality >= 0 && m.Quality <= most) {
		return fmt.Errorf("metrics: quality is %v, expected 0 to %v", m.Quality, most)
	}
	if !(m.Loss >= 0 && m.Loss <= math.MaxFloat64) {
		return fmt.Errorf("metrics: loss is %v, expected a finite number of at least 0", m.Loss)
	}
	last := 0
	for _, p := range r.QualityCurve {
		if p.Step <= last || p.Step > math.MaxInt32 {
			return fmt.Errorf("quality_curve: step %d after %d, expected ascending ones", p.Step, last)
		}
		if last = p.Step; !(p.DevQuality >= 0 && p.DevQuality <= most) {
			return fmt.Errorf("quality_curve: dev_quality is %v, expected 0 to %v", p.DevQuality, most)
		}
	}
	return nil
}

// MarshalJSON leaves out what is about classes where the task has none.
func (r Result) MarshalJSON() ([]byte, error) {
	type plain Result
	if r.Metrics == nil {
		return json.Marshal(plain(r))
	}
	// Fields that are not as deep hide those of their names.
	return json.Marshal(struct {
		plain
		Accuracy *float64 `json:"accuracy,omitempty"`
		NLL      *float64 `json:"nll,omitempty"`
	}{plain: plain(r)})
}

// MarshalJSON leaves out what is about classes where the task has none.
func (r RunReport) MarshalJSON() ([]byte, error) {
	type plain RunReport
	if r.Metrics == nil {
		return json.Marshal(plain(r))
	}
	return json.Marshal(struct {
		plain
		TestAccuracy *float64 `json:"test_accuracy,omitempty"`
		TestNLL      *float64 `json:"test_nll,omitempty"`
		TestECE      *float64 `json:"test_ece,omitempty"`
	}{plain: plain(r)})
}

// score returns what the run is judged by.
func (r RunReport) score() float64 {
	if r.Metrics != nil {
		return r.Metrics.Quality
	}
	return r.TestAccuracy
}

// points returns the learning curve.
func (r RunReport) points() (steps, values []float64) {
	for _, p := range r.Curve {
		steps, values = append(steps, float64(p.Step)), append(values, p.DevAccuracy)
	}
	for _, p := range r.QualityCurve {
		steps, values = append(steps, float64(p.Step)), append(values, p.DevQuality)
	}
	return steps, values
}

// dev returns the qualities on dev images by round, nil for one that diverged.
func (t TrialReport) dev() []*float64 {
	if t.DevQuality != nil {
		return t.DevQuality
	}
	return t.DevAccuracy
}

// field returns the name of a column of CSV for the quality on test or dev images: test_accuracy.
func field(part string, q task.Quality) string {
	return part + "_" + strings.ReplaceAll(q.Name, " ", "_")
}
