package study

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/task"
	"github.com/gradreg/gradreg/tune"
)

// Run is a training run of a study.
type Run struct {
	Key    string // of its result
	Cell   Cell
	Trial  int // number of the trial, −1 for a final run
	Round  int // of tuning
	Values Values
	Config classify.Config
}

// String names the run for people.
func (r Run) String() string {
	if r.Final() {
		return fmt.Sprintf("%s, seed %d", r.Cell, r.Config.Seed)
	}
	return fmt.Sprintf("%s, trial %d, round %d, seed %d", r.Cell, r.Trial+1, r.Round+1, r.Config.Seed)
}

// Final reports whether the run is evaluated on the test images.
func (r Run) Final() bool { return r.Trial < 0 }

// Key returns the hash of everything that determines a run's result: the resolved configuration,
// the data's bytes, the kernels and the version of the network's numbers, the search for a λ that is open, whether
// it is scored on dev or on test images, and where its learning curve is evaluated. How often it is
// logged or saved is none of it.
func Key(cfg classify.Config, final bool, id Identity) (string, error) {
	digest, curve := id.Digest(cfg), cfg.EvalEvery
	// The same bytes may lie in another folder, and so may those of weights, which have a digest.
	cfg.Backbone = ""
	cfg.Data, cfg.DataDir, cfg.Note, cfg.Choices = dataset.Source{}, "", "", nil
	cfg.LogEvery, cfg.CheckpointEvery, cfg.EvalEvery = 1, 1, 0
	text, err := cfg.YAML()
	if err != nil {
		return "", err
	}
	numbers, err := classify.Numbers(cfg)
	if err != nil {
		return "", err
	}
	numbers = min(numbers, id.Numbers) // of a study that an earlier program began
	h := sha256.New()
	fmt.Fprintf(h, "numbers %d\ncpu %s\ndata %s\nfinal %t\n%s", numbers, id.CPU, digest, final, text)
	io.WriteString(h, tune.Identity(cfg, id.Search))
	if curve > 0 {
		fmt.Fprintf(h, "curve %d\n", curve)
	}
	return hex.EncodeToString(h.Sum(nil))[:keyLength], nil
}

// keyLength is 128 bits: no two runs will ever have the same by chance.
const keyLength = 32

var keyForm = regexp.MustCompile(`^[0-9a-f]{` + strconv.Itoa(keyLength) + `}$`)

// CheckKey returns why a text is not what Key returns. Keys name folders that are made and removed,
// and come from databases and files of others.
func CheckKey(key string) error {
	if !keyForm.MatchString(key) {
		return fmt.Errorf("key is %.80q, expected %d hexadecimal digits", key, keyLength)
	}
	return nil
}

// hash64 returns a key for random numbers.
func hash64(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.LittleEndian.Uint64(sum[:])
}

// Result is what a run came to.
type Result struct {
	Key string `json:"key"`
	// Accuracy, NLL and Images are of test images for a final run, else of dev images. A run that
	// diverged has none.
	Accuracy float64 `json:"accuracy"`
	NLL      float64 `json:"nll"`
	Images   int     `json:"images"`
	// Calibrated is the NLL after calibration, of a trial (see assess.Logits.Calibrated).
	Calibrated float64 `json:"calibrated_nll,omitempty"`
	// Metrics and QualityCurve are of a task without classes, which has no Accuracy, NLL and Curve.
	Metrics      *task.Metrics  `json:"metrics,omitempty"`
	QualityCurve []QualityPoint `json:"quality_curve,omitempty"`
	ECE          float64        `json:"ece,omitempty"` // of a final run
	Curve        []CurvePoint   `json:"curve,omitempty"`
	Diverged     string         `json:"diverged,omitempty"`
	// Note says how a run found its λ, of a method that has auto for it.
	Note     string  `json:"note,omitempty"`
	Seconds  float64 `json:"seconds"` // spent training, and before it on probes
	Version  string  `json:"version"` // of the program
	Commit   string  `json:"commit,omitempty"`
	Machine  string  `json:"machine,omitempty"`
	Worker   string  `json:"worker,omitempty"`
	Finished string  `json:"finished,omitempty"` // RFC 3339, UTC
}

// The most that results can be: float32 logits differ by no more than mostNLL, and no run lasts
// three hundred years. Sums and squares of such numbers are finite.
const (
	mostNLL     = 1e39
	mostSeconds = 1e10
)

// Validate returns the first thing that is wrong with a result which somebody else has written.
func (r Result) Validate() error {
	if err := CheckKey(r.Key); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		value float64
		most  float64
	}{
		{"accuracy", r.Accuracy, 1}, {"nll", r.NLL, mostNLL}, {"images", float64(r.Images), math.MaxInt32},
		{"calibrated_nll", r.Calibrated, mostNLL}, {"ece", r.ECE, 1}, {"seconds", r.Seconds, mostSeconds},
	} {
		if !(f.value >= 0 && f.value <= f.most) {
			return fmt.Errorf("%s is %v, expected 0 to %v", f.name, f.value, f.most)
		}
	}
	last := 0
	for _, p := range r.Curve {
		if p.Step <= last || p.Step > math.MaxInt32 {
			return fmt.Errorf("curve: step %d after %d, expected ascending ones", p.Step, last)
		}
		if last = p.Step; !(p.DevAccuracy >= 0 && p.DevAccuracy <= 1) {
			return fmt.Errorf("curve: dev_accuracy is %v, expected 0 to 1", p.DevAccuracy)
		}
	}
	return r.validateQuality()
}

// CurvePoint is the accuracy on dev images after some steps.
type CurvePoint struct {
	Step        int     `json:"step"`
	DevAccuracy float64 `json:"dev_accuracy"`
}

// TrialResult returns the result of a run that was scored on dev images.
func TrialResult(t classify.ProbeResult) Result {
	r := Result{Images: t.Images, Seconds: t.Seconds, Diverged: t.Diverged}
	if t.Diverged == "" {
		r.Accuracy, r.NLL, r.Calibrated, r.Metrics = t.Accuracy, t.NLL, t.Calibrated, t.Metrics
	}
	return r
}

// Searched returns the result of a run whose λ were found for its configuration, with how they were
// and the time that took.
func (r Result) Searched(cfg classify.Config) Result {
	r.Note = cfg.Note
	for _, c := range cfg.Choices {
		r.Seconds += c.Seconds
	}
	return r
}

// FinalResult returns the result of a run that was scored on the test images, with the learning
// curve of its metrics.
func FinalResult(s classify.Summary, metrics []classify.Metrics) Result {
	r := Result{
		Accuracy: s.TestAccuracy, NLL: s.TestNLL, Images: s.TestImages, ECE: s.TestECE,
		Seconds: s.Seconds, Note: s.Note,
		Version: s.Version, Commit: s.Commit, // of the program that evaluated it
	}
	for _, c := range s.Choices {
		r.Seconds += c.Seconds
	}
	if s.TaskResult != nil {
		_, of := s.Score()
		r.Metrics = &task.Metrics{
			Samples: s.TestImages, Loss: s.Loss, Quality: s.Quality, Name: of.Name,
			HigherQuality: of.Higher,
		}
	}
	for _, m := range metrics {
		switch v := m.Quality(); {
		case v == nil:
		case r.Metrics != nil:
			r.QualityCurve = append(r.QualityCurve, QualityPoint{m.Step, *v})
		default:
			r.Curve = append(r.Curve, CurvePoint{m.Step, *v})
		}
	}
	return r
}

// Trial returns the result of a run that is scored on dev images as that of a probe. Its
// temperature is not known any more.
func (r Result) Trial() classify.ProbeResult {
	if r.Diverged != "" {
		return classify.DivergedProbe(r.Diverged, r.Seconds)
	}
	return classify.ProbeResult{
		Images: r.Images, Accuracy: r.Accuracy, NLL: r.NLL, Calibrated: r.Calibrated,
		Temperature: math.NaN(), Seconds: r.Seconds, Metrics: r.Metrics,
	}
}
