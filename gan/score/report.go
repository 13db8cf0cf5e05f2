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
	KeyModesHit     = "modes_hit"
	KeyModeKL       = "mode_kl"
	KeyGaussiansHit = "gaussians_hit"
	KeyOnMode       = "on_mode_share"
	KeyOffModeKL    = "off_mode_kl"
	KeyGaussianKL   = "gaussian_kl"
	KeyCopying      = "copying_c_t"
)

// Keys lists the keys of all scores that [Measure] can return, in the order of a report.
func Keys() []string {
	return []string{
		KeyFrechet, KeyFrechetLimit, KeyKernel, KeyPrecision, KeyRecall, KeyDensity, KeyCoverage,
		KeyClassesHit, KeyClassKL, KeyConfident, KeyClassifier, KeyModesHit, KeyModeKL,
		KeyGaussiansHit, KeyOnMode, KeyOffModeKL, KeyGaussianKL, KeyCopying,
	}
}

// Score is one number of a report.
type Score struct {
	Key   string  `json:"score"`
	Name  string  `json:"name"` // with the network it depends on: "FD, LeNet-84"
	Value float64 `json:"value"`
	// Real is the score of as many other real samples in the place of the generated ones, nil where
	// there is no such score.
	Real    *float64 `json:"real_against_real,omitempty"`
	Samples int      `json:"samples"` // generated ones
	// StandardError is nil where the score has none.
	StandardError *float64 `json:"standard_error,omitempty"`
	Warning       string   `json:"warning,omitempty"`
}

// Report is the scores of generated samples.
type Report struct {
	Features   string  `json:"features,omitempty"`   // the network of the features
	Classifier string  `json:"classifier,omitempty"` // the network of classes and modes
	Scores     []Score `json:"scores"`
	// What belongs to the scores and is more than a number.
	Histogram *Histogram     `json:"class_histogram,omitempty"`
	Modes     *ModeScore     `json:"modes,omitempty"`
	Gaussians *GaussianScore `json:"gaussians,omitempty"`
	Copying   *CopyingScore  `json:"copying,omitempty"`
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

// Sets are the samples of a report. Those of one kind are equally many; a kind that is not there
// has no scores.
type Sets struct {
	// Features names the features, as in "FD, LeNet-84": the network and their number.
	Features string
	// Generated, Real and Other are features [N, D] of generated and real samples, and of other
	// real ones, which make the values of real against real.
	Generated, Real, Other Matrix
	// Train are features of what the generator was trained on, HeldOut of what it was not. Without
	// Train there is no test of copying.
	Train, HeldOut Matrix

	// Classifier names the network of classes and modes.
	Classifier string
	// GeneratedClasses and OtherClasses are class probabilities [N, K] of generated and real
	// samples.
	GeneratedClasses, OtherClasses Matrix
	Shares                         []float64 // of the classes in the data [K]

	// GeneratedModes and OtherModes are modes 0 … ModeCount−1 of generated and real samples, as
	// [Stacked] gives them.
	GeneratedModes, OtherModes []int
	ModeCount                  int

	// GeneratedPoints and OtherPoints are points, the others of the mixture itself.
	GeneratedPoints, OtherPoints Matrix
	Mixture                      Mixture
}

// Options are those of the scores of a report.
type Options struct {
	Kernel     KernelOptions
	Limit      LimitOptions
	Neighbours int     // k; 5 if 0
	Confident  float64 // threshold; 0.9 if 0
	Copying    CopyingOptions
}

// Measure returns all scores of generated samples that the sets allow, each beside that of real
// samples at the same number. Sets of one kind have equally many samples, see [Matrix.First]:
// scores of different numbers do not compare. The test of copying has no such value; without
// copying it is about 0.
func Measure(s Sets, o Options) (Report, error) {
	r := Report{Features: s.Features, Classifier: s.Classifier}
	for _, kind := range []struct {
		there   bool
		measure func(*Report, Sets, Options) error
	}{
		{s.Generated.N > 0, (*Report).features},
		{s.GeneratedClasses.N > 0, (*Report).classes},
		{len(s.GeneratedModes) > 0, (*Report).modes},
		{s.GeneratedPoints.N > 0, (*Report).points},
		{s.Train.N > 0, (*Report).copying},
	} {
		if kind.there {
			if err := kind.measure(&r, s, o); err != nil {
				return Report{}, err
			}
		}
	}
	if len(r.Scores) == 0 {
		return Report{}, fault.Inputf(
			"no generated samples, expected features, classes, modes or points",
		)
	}
	return r, nil
}

// add puts a score of n samples into the report, with the name of the network if there is one.
func (r *Report) add(key, name, network string, n int, value float64, real *float64) *Score {
	if network != "" {
		name += ", " + network
	}
	r.Scores = append(r.Scores, Score{Key: key, Name: name, Value: value, Real: real, Samples: n})
	return &r.Scores[len(r.Scores)-1]
}

// by checks that a network has a name.
func by(what, name string) error {
	if name == "" {
		return fault.Inputf("%s without the name of a network, expected one such as LeNet-84", what)
	}
	return nil
}

// equal checks that there are as many real samples as generated ones.
func equal(what string, generated int, real ...int) error {
	for _, n := range real {
		if n != generated {
			return fault.Inputf(
				"%s of %d generated and %d real samples, expected equal numbers",
				what, generated, n,
			)
		}
	}
	return nil
}

func (r *Report) features(s Sets, o Options) error {
	if err := by("features", s.Features); err != nil {
		return err
	}
	if err := equal("features", s.Generated.N, s.Real.N, s.Other.N); err != nil {
		return err
	}
	if err := r.distances(s, o); err != nil {
		return err
	}
	return r.neighbours(s, o)
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
	r.add(KeyFrechet, "FD", s.Features, s.Generated.N, fd.Value, &realFD.Value).Warning = fd.Warning
	limit, err := FrechetLimit(s.Real, s.Generated, o.Limit)
	if err != nil {
		return err
	}
	realLimit, err := FrechetLimit(s.Real, s.Other, o.Limit)
	if err != nil {
		return err
	}
	r.add(KeyFrechetLimit, "FD∞", s.Features, s.Generated.N, limit.Value, &realLimit.Value)
	kd, err := Kernel(s.Real, s.Generated, o.Kernel)
	if err != nil {
		return err
	}
	realKD, err := Kernel(s.Real, s.Other, o.Kernel)
	if err != nil {
		return err
	}
	score := r.add(KeyKernel, "KD", s.Features, s.Generated.N, kd.Mean, &realKD.Mean)
	score.StandardError = &kd.StandardError
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
	r.add(KeyPrecision, "precision", s.Features, s.Generated.N, of.Precision, &real.Precision)
	r.add(KeyRecall, "recall", s.Features, s.Generated.N, of.Recall, &real.Recall)
	r.add(KeyDensity, "density", s.Features, s.Generated.N, of.Density, &real.Density)
	r.add(KeyCoverage, "coverage", s.Features, s.Generated.N, of.Coverage, &real.Coverage)
	return nil
}

// ofClasses are the scores of class probabilities.
type ofClasses struct {
	Histogram
	hit, confident, score float64
}

func newOfClasses(probabilities Matrix, s Sets, o Options) (c ofClasses, err error) {
	if probabilities.D != len(s.Shares) {
		return c, fault.Inputf(
			"probabilities of %d classes, expected %d as the data have",
			probabilities.D, len(s.Shares),
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
	n := s.GeneratedClasses.N
	if err := by("classes", s.Classifier); err != nil {
		return err
	}
	if err := equal("classes", n, s.OtherClasses.N); err != nil {
		return err
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
	r.add(KeyClassesHit, "classes hit", s.Classifier, n, of.hit, &real.hit)
	r.add(KeyClassKL, "class KL", s.Classifier, n, of.KL, &real.KL)
	r.add(KeyConfident, "confident share", s.Classifier, n, of.confident, &real.confident)
	r.add(KeyClassifier, "classifier score", s.Classifier, n, of.score, &real.score)
	return nil
}

func (r *Report) modes(s Sets, _ Options) error {
	n := len(s.GeneratedModes)
	if err := by("modes", s.Classifier); err != nil {
		return err
	}
	if err := equal("modes", n, len(s.OtherModes)); err != nil {
		return err
	}
	of, err := Modes(s.GeneratedModes, s.ModeCount)
	if err != nil {
		return err
	}
	real, err := Modes(s.OtherModes, s.ModeCount)
	if err != nil {
		return err
	}
	r.Modes = &of
	r.add(KeyModesHit, "modes hit", s.Classifier, n, float64(of.Hit), new(float64(real.Hit)))
	r.add(KeyModeKL, "mode KL", s.Classifier, n, of.KL, &real.KL)
	return nil
}

func (r *Report) points(s Sets, _ Options) error {
	n := s.GeneratedPoints.N
	if err := equal("points", n, s.OtherPoints.N); err != nil {
		return err
	}
	of, err := Gaussians(s.GeneratedPoints, s.Mixture)
	if err != nil {
		return err
	}
	real, err := Gaussians(s.OtherPoints, s.Mixture)
	if err != nil {
		return err
	}
	r.Gaussians = &of
	r.add(KeyGaussiansHit, "modes hit", "", n, float64(of.Hit), new(float64(real.Hit)))
	r.add(KeyOnMode, "on-mode share", "", n, of.OnMode, &real.OnMode)
	r.add(KeyOffModeKL, "KL with off-mode", "", n, of.KL, &real.KL)
	r.add(KeyGaussianKL, "mode KL", "", n, of.ModeKL, &real.ModeKL)
	return nil
}

func (r *Report) copying(s Sets, o Options) error {
	c, err := Copying(s.Train, s.HeldOut, s.Generated, o.Copying)
	if err != nil {
		return err
	}
	r.Copying = &c
	r.add(KeyCopying, "copying C_T", s.Features, s.Generated.N, c.CT, nil)
	return nil
}
