package score

import "github.com/gradreg/gradreg/internal/fault"

// Keys of the scores of a [Report].
const (
	KeyFrechet      = "frechet_distance"
	KeyFrechetLimit = "frechet_distance_limit"
	KeyKernel       = "kernel_distance"
	KeyPrecision    = "precision"
	KeyRecall       = "recall"
	KeyDensity      = "density"
	KeyCoverage     = "coverage"
	KeyClassesHit   = "classes_hit"
	KeyClassKL      = "class_kl"
	KeyConfident    = "confident_share"
	KeyClassifier   = "classifier_score"
	KeyCopying      = "copying_c_t"
)

// Score is one number of a report.
type Score struct {
	Key   string  `json:"score"`
	Name  string  `json:"name"` // with the network it depends on: "FD, LeNet-84"
	Value float64 `json:"value"`
	// StandardError is nil where the score has none.
	StandardError *float64 `json:"standard_error,omitempty"`
	// Real is the score of as many other real samples in the place of the generated ones, nil where
	// there is no such score.
	Real    *float64 `json:"real_against_real,omitempty"`
	Warning string   `json:"warning,omitempty"`
}

// Report is the scores of generated samples.
type Report struct {
	Features   string        `json:"features"`             // the network of the features
	Classifier string        `json:"classifier,omitempty"` // the network of the classes
	Samples    int           `json:"samples"`              // number of each set
	Scores     []Score       `json:"scores"`
	Histogram  *Histogram    `json:"class_histogram,omitempty"`
	Copying    *CopyingScore `json:"copying,omitempty"`
}

// Find returns the score with a key.
func (r Report) Find(key string) (Score, bool) {
	for _, s := range r.Scores {
		if s.Key == key {
			return s, true
		}
	}
	return Score{}, false
}

// Sets are the samples of a report.
type Sets struct {
	// Features names the features, as in "FD, LeNet-84": the network and their number.
	Features string
	// Generated, Real and Other are features [N, D] of equally many generated and real samples, and
	// of other real ones, which make the values of real against real.
	Generated, Real, Other Matrix

	// Classifier names the network of the class probabilities. Without it there are no scores of
	// classes.
	Classifier string
	// GeneratedClasses and OtherClasses are class probabilities [N, K] of Generated and of Other.
	GeneratedClasses, OtherClasses Matrix
	Shares                         []float64 // of the classes in the data [K]

	// Train are features of what the generator was trained on, HeldOut of what it was not. Without
	// Train there is no test of copying.
	Train, HeldOut Matrix
}

// Options are those of the scores of a report.
type Options struct {
	Kernel     KernelOptions
	Limit      LimitOptions
	Neighbours int     // k; 5 if 0
	Confident  float64 // threshold; 0.9 if 0
	Copying    CopyingOptions
}

// Measure returns all scores of generated samples, each beside that of real samples at the same
// number. The three sets of features have equally many samples, see [Matrix.First]: scores of
// different numbers do not compare.
func Measure(s Sets, o Options) (Report, error) {
	if s.Features == "" {
		return Report{}, fault.Inputf("features without a name, expected one such as LeNet-84")
	}
	if s.Generated.N != s.Real.N || s.Other.N != s.Real.N {
		return Report{}, fault.Inputf(
			"%d generated, %d real and %d other real samples, expected equal numbers",
			s.Generated.N, s.Real.N, s.Other.N,
		)
	}
	r := Report{Features: s.Features, Classifier: s.Classifier, Samples: s.Real.N}
	for _, measure := range []func(*Report, Sets, Options) error{
		(*Report).distances, (*Report).neighbours, (*Report).classes, (*Report).copying,
	} {
		if err := measure(&r, s, o); err != nil {
			return Report{}, err
		}
	}
	return r, nil
}

// add puts a score into the report.
func (r *Report) add(key, name, network string, value float64, real *float64) *Score {
	s := Score{Key: key, Name: name + ", " + network, Value: value, Real: real}
	r.Scores = append(r.Scores, s)
	return &r.Scores[len(r.Scores)-1]
}

func (r *Report) distances(s Sets, o Options) error {
	fd, err := Frechet(s.Real, s.Generated)
	if err != nil {
		return err
	}
	realFD, err := Frechet(s.Real, s.Other)
	if err != nil {
		return err
	}
	r.add(KeyFrechet, "FD", s.Features, fd.Value, &realFD.Value).Warning = fd.Warning
	limit, err := FrechetLimit(s.Real, s.Generated, o.Limit)
	if err != nil {
		return err
	}
	realLimit, err := FrechetLimit(s.Real, s.Other, o.Limit)
	if err != nil {
		return err
	}
	r.add(KeyFrechetLimit, "FD∞", s.Features, limit.Value, &realLimit.Value)
	kd, err := Kernel(s.Real, s.Generated, o.Kernel)
	if err != nil {
		return err
	}
	realKD, err := Kernel(s.Real, s.Other, o.Kernel)
	if err != nil {
		return err
	}
	r.add(KeyKernel, "KD", s.Features, kd.Mean, &realKD.Mean).StandardError = &kd.StandardError
	return nil
}

func (r *Report) neighbours(s Sets, o Options) error {
	of, err := Neighbours(s.Real, s.Generated, o.Neighbours)
	if err != nil {
		return err
	}
	real, err := Neighbours(s.Real, s.Other, o.Neighbours)
	if err != nil {
		return err
	}
	r.add(KeyPrecision, "precision", s.Features, of.Precision, &real.Precision)
	r.add(KeyRecall, "recall", s.Features, of.Recall, &real.Recall)
	r.add(KeyDensity, "density", s.Features, of.Density, &real.Density)
	r.add(KeyCoverage, "coverage", s.Features, of.Coverage, &real.Coverage)
	return nil
}

// ofClasses are the scores of class probabilities.
type ofClasses struct {
	Histogram
	hit, confident, score float64
}

func newOfClasses(probabilities Matrix, s Sets, o Options) (c ofClasses, err error) {
	if probabilities.N != s.Real.N || probabilities.D != len(s.Shares) {
		return c, fault.Inputf(
			"class probabilities of %d samples and %d classes, expected %d samples and %d classes",
			probabilities.N, probabilities.D, s.Real.N, len(s.Shares),
		)
	}
	if c.confident, err = Confident(probabilities, o.Confident); err != nil {
		return c, err
	}
	if c.score, err = Classifier(probabilities); err != nil {
		return c, err
	}
	classes, err := Predicted(probabilities)
	if err != nil {
		return c, err
	}
	c.Histogram, err = Classes(classes, s.Shares)
	c.hit = float64(c.Hit)
	return c, err
}

func (r *Report) classes(s Sets, o Options) error {
	if s.Classifier == "" {
		return nil
	}
	of, err := newOfClasses(s.GeneratedClasses, s, o)
	if err != nil {
		return err
	}
	real, err := newOfClasses(s.OtherClasses, s, o)
	if err != nil {
		return err
	}
	r.Histogram = &of.Histogram
	r.add(KeyClassesHit, "classes hit", s.Classifier, of.hit, &real.hit)
	r.add(KeyClassKL, "class KL", s.Classifier, of.KL, &real.KL)
	r.add(KeyConfident, "confident share", s.Classifier, of.confident, &real.confident)
	r.add(KeyClassifier, "classifier score", s.Classifier, of.score, &real.score)
	return nil
}

func (r *Report) copying(s Sets, o Options) error {
	if s.Train.N == 0 {
		return nil
	}
	c, err := Copying(s.Train, s.HeldOut, s.Generated, o.Copying)
	if err != nil {
		return err
	}
	r.Copying = &c
	r.add(KeyCopying, "copying C_T", s.Features, c.CT, nil)
	return nil
}
