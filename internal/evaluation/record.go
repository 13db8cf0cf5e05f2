package evaluation

import (
	"slices"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/classify"
)

// Record is a result as JSON has it: the part about its task, then what all have.
type Record struct {
	*ClassRecord
	*TargetRecord
	Data       string                  `json:"data"`
	TestData   string                  `json:"test_data,omitempty"` // the folder that it is tested on instead
	Size       int                     `json:"size,omitempty"`      // of a folder's pictures
	Model      string                  `json:"model"`
	Penalties  []string                `json:"regularizers"`
	TrainSize  int                     `json:"train_size"`
	Steps      int                     `json:"steps"`
	Seed       uint64                  `json:"seed"`
	Dir        string                  `json:"dir"`
	Slopes     map[string]recordedPair `json:"slopes,omitempty"`
	Robustness []recordedCurve         `json:"robustness,omitempty"`
	Comparison any                     `json:"to_first,omitempty"` // of the task
	// what of the images is not as it was when the run was trained
	Notes []string `json:"notes,omitempty"`
}

// ClassRecord is the part of a record about classes.
type ClassRecord struct {
	TestAccuracy   float64 `json:"test_accuracy"`
	TestErrorCount int     `json:"test_error_count"`
	TestNLL        float64 `json:"test_nll"`
	TestImages     int     `json:"test_images"`
	classify.Detail
	// by true class, then by predicted class; of at most 1000 classes
	Confusion [][]int `json:"test_confusion,omitempty"`
}

// recordedPair is how a quantity is distributed over test and training images.
type recordedPair struct {
	Test  assess.Spectrum `json:"test"`
	Train assess.Spectrum `json:"train"` // of no images where they are not to be had
}

// recordedCurve is a curve.
type recordedCurve struct {
	Name   string          `json:"name"`
	Points []recordedPoint `json:"points"`
}

// recordedPoint is an accuracy with its 95 % interval.
type recordedPoint struct {
	Size     float64    `json:"size"` // σ or ε, pixels in [0, 1]
	Accuracy float64    `json:"accuracy"`
	Interval [2]float64 `json:"accuracy_interval"`
	Images   int        `json:"image_count"`
}

// recordedComparison is a run beside the first one.
type recordedComparison struct {
	Difference float64    `json:"difference"`
	Interval   [2]float64 `json:"difference_interval"`
	OnlyFirst  int        `json:"only_first_count"`
	OnlyThis   int        `json:"only_this_count"`
	P          float64    `json:"p_mcnemar"`
	PHolm      float64    `json:"p_holm"`
	Meaning    string     `json:"meaning"` // in a sentence
}

// recordedClasses is the largest number of classes whose confusion matrix is recorded: its size is
// the square of it.
const recordedClasses = 1000

// Record returns the result as JSON has it.
func (r Result) Record() Record {
	out := Record{
		Data: r.Config.Data.String(), TestData: r.Data, Size: r.Config.Size,
		Model: r.Config.Model.String(), Penalties: gradreg.Texts(r.Config.Regularizers),
		TrainSize: r.Config.TrainSize, Steps: r.Config.Steps, Seed: r.Config.Seed, Dir: r.Dir, Notes: r.Notes,
	}
	if !r.hasClasses() {
		out.TargetRecord = r.targetRecord()
		if r.Apart != nil {
			out.Comparison = r.Apart.recorded()
		}
		return out
	}
	score, c := r.Logits.Score(), r.Logits.Confusion()
	out.ClassRecord = &ClassRecord{
		TestAccuracy: score.Accuracy(), TestErrorCount: score.Errors, TestNLL: score.NLL(),
		TestImages: score.Images, Detail: r.Detail(),
	}
	if c.Classes <= recordedClasses {
		out.Confusion = slices.Collect(slices.Chunk(c.Matrix(), c.Classes))
	}
	if r.TestSlopes != nil {
		out.Slopes = map[string]recordedPair{}
		for _, q := range quantities() {
			out.Slopes[q.name] = recordedPair{
				assess.NewSpectrum(q.values(r.TestSlopes)),
				assess.NewSpectrum(q.values(r.TrainSlopes)),
			}
		}
	}
	for _, curve := range r.Curves {
		rc := recordedCurve{Name: curve.Name}
		for _, p := range curve.Points {
			low, high := p.Score.Interval()
			rc.Points = append(
				rc.Points,
				recordedPoint{p.Size, p.Score.Accuracy(), [2]float64{low, high}, p.Score.Images},
			)
		}
		out.Robustness = append(out.Robustness, rc)
	}
	if p := r.Paired; p != nil {
		low, high := p.Interval()
		out.Comparison = &recordedComparison{
			p.Difference(), [2]float64{low, high}, p.OnlyFirst, p.OnlySecond, p.P, p.PHolm,
			p.Meaning,
		}
	}
	return out
}
