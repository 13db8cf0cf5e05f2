package evaluation

import (
	"math"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/task"
)

// TargetRecord is the part of a record about a task without classes.
type TargetRecord struct {
	Task     string      `json:"task"`
	Loss     float64     `json:"test_loss"`
	Quality  float64     `json:"test_quality"`
	Name     string      `json:"test_quality_name"`
	Interval *[2]float64 `json:"test_quality_interval,omitempty"`
	Images   int         `json:"test_images"`
	// Of labels.
	MeanAP *float64        `json:"mean_average_precision,omitempty"`
	MeanF1 *float64        `json:"mean_f1,omitempty"`
	Labels []recordedLabel `json:"labels,omitempty"`
	// Of numbers.
	MAE     *float64         `json:"mean_absolute_error,omitempty"`
	MeanR2  *float64         `json:"mean_r2,omitempty"`
	Numbers []recordedNumber `json:"numbers,omitempty"`
}

// recordedLabel is what the answers about a label are worth; what cannot be told is left out.
type recordedLabel struct {
	Label            string   `json:"label"`
	Images           int      `json:"image_count"`
	Positives        int      `json:"positive_count"`
	Accuracy         float64  `json:"accuracy"`
	AveragePrecision *float64 `json:"average_precision,omitempty"`
	F1               *float64 `json:"f1,omitempty"`
	Precision        *float64 `json:"precision,omitempty"`
	Recall           *float64 `json:"recall,omitempty"`
}

// recordedNumber is what the answers of a number are worth, in its unit.
type recordedNumber struct {
	Number     string   `json:"number"`
	RMSE       float64  `json:"root_mean_squared_error"`
	MAE        float64  `json:"mean_absolute_error"`
	Bias       float64  `json:"mean_error"`
	R2         *float64 `json:"r2,omitempty"`
	TargetMean float64  `json:"target_mean"`
	TargetSD   float64  `json:"target_sd"`
}

// recordedDifference is a run of a task without classes beside the first one.
type recordedDifference struct {
	Difference float64     `json:"difference"` // of the share of right labels, or the mean squared error
	Interval   *[2]float64 `json:"difference_interval,omitempty"`
	P          float64     `json:"p_sign_flip"`
	PHolm      float64     `json:"p_holm"`
	Meaning    string      `json:"meaning"` // in a sentence
}

// known returns a number for JSON, which has no NaN.
func known(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// targetRecord judges the answers of a task without classes.
func (r Result) targetRecord() *TargetRecord {
	s := r.scored()
	out := &TargetRecord{
		Task: r.Task.String(), Loss: s.Loss, Quality: s.Quality, Name: s.Name, Interval: s.interval,
		Images: s.Samples,
	}
	means := overall(r)
	if r.Task == (task.MultiLabel{}) {
		out.MeanAP, out.MeanF1 = known(means[0].value), known(means[1].value)
		for k, l := range assess.Labels(r.Answers) {
			out.Labels = append(out.Labels, recordedLabel{
				r.Classes[k], l.Images, l.Positives, l.Accuracy(), known(l.AveragePrecision),
				known(l.F1()), known(l.Precision()), known(l.Recall()),
			})
		}
		return out
	}
	out.MAE, out.MeanR2 = known(means[0].value), known(means[1].value)
	for k, n := range assess.Numbers(r.Answers) {
		out.Numbers = append(out.Numbers, recordedNumber{
			r.Classes[k], n.RMSE, n.MAE, n.Bias, known(n.R2), n.Mean, n.SD,
		})
	}
	return out
}

// recorded returns the comparison as JSON has it.
func (d *Difference) recorded() *recordedDifference {
	out := &recordedDifference{Difference: d.Mean, P: d.P, PHolm: d.PHolm, Meaning: d.Meaning}
	if d.Interval != nil {
		out.Interval = &[2]float64{d.Interval.Low, d.Interval.High}
	}
	return out
}
