package study

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/train"
	"github.com/gradreg/gradreg/tune"
)

// Identity is what determines a study's numbers beside its configurations.
type Identity struct {
	Numbers int               `json:"numbers"` // train.Numbers
	CPU     string            `json:"cpu"`     // kernel level
	Digests map[string]string `json:"digests"` // of the data sets, see train.DataDigest
}

// Identify reads a study's data. An error is also that they do not suit its cells.
func Identify(ctx context.Context, s *Spec, opt train.Options) (Identity, error) {
	level, err := kernel.Active()
	if err != nil {
		return Identity{}, err
	}
	id := Identity{Numbers: train.Numbers, CPU: level.String()}
	var data map[string]dataset.Info
	if id.Digests, data, err = Describe(ctx, s, opt); err != nil {
		return id, err
	}
	return id, s.Suits(data)
}

// Describe reads a study's data, and returns their digests and what they are.
func Describe(ctx context.Context, s *Spec, opt train.Options) (map[string]string, map[string]dataset.Info, error) {
	digests, data := map[string]string{}, map[string]dataset.Info{}
	for _, c := range s.Cells() {
		if digests[c.Data] != "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		_, cfg, err := s.first(c)
		if err != nil {
			return nil, nil, err
		}
		if data[c.Data], digests[c.Data], err = train.Describe(ctx, cfg, opt); err != nil {
			return nil, nil, err
		}
	}
	return digests, data, nil
}

// Run is a training run of a study.
type Run struct {
	Key    string // of its result
	Cell   Cell
	Trial  int // number of the trial, −1 for a final run
	Round  int // of tuning
	Values Values
	Config train.Config
}

// Final reports whether the run is evaluated on the test images.
func (r Run) Final() bool { return r.Trial < 0 }

// Key returns the hash of everything that determines a run's result: the resolved configuration, the data's bytes, the kernels
// and the program's numbers, the search for a λ that is open, whether it is scored on dev or on test images, and where its
// learning curve is evaluated. How often it is logged or saved is none of it.
func Key(cfg train.Config, final bool, id Identity) (string, error) {
	digest, curve := id.Digests[cfg.Data], cfg.EvalEvery
	cfg.Data, cfg.Note, cfg.Choices = "", "", nil // the same bytes may lie in another folder
	cfg.LogEvery, cfg.CheckpointEvery, cfg.EvalEvery = 1, 1, 0
	text, err := cfg.YAML()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "numbers %d\ncpu %s\ndata %s\nfinal %t\n%s", id.Numbers, id.CPU, digest, final, text)
	io.WriteString(h, tune.Identity(cfg))
	if curve > 0 {
		fmt.Fprintf(h, "curve %d\n", curve)
	}
	return hex.EncodeToString(h.Sum(nil))[:keyLength], nil
}

// keyLength is 128 bits: no two runs will ever have the same by chance.
const keyLength = 32

// hash64 returns a key for random numbers.
func hash64(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.LittleEndian.Uint64(sum[:])
}

// Result is what a run came to.
type Result struct {
	Key string `json:"key"`
	// Accuracy, NLL and Images are of test images for a final run, else of dev images. A run that diverged has none.
	Accuracy float64 `json:"accuracy"`
	NLL      float64 `json:"nll"`
	Images   int     `json:"images"`
	// Calibrated is the NLL after calibration, of a trial (see assess.Logits.Calibrated).
	Calibrated float64      `json:"calibrated_nll,omitempty"`
	ECE        float64      `json:"ece,omitempty"` // of a final run
	Curve      []CurvePoint `json:"curve,omitempty"`
	Diverged   string       `json:"diverged,omitempty"`
	// Note says how a run found its λ, of a method that has auto for it.
	Note     string  `json:"note,omitempty"`
	Seconds  float64 `json:"seconds"` // spent training, and before it on probes
	Version  string  `json:"version"` // of the program
	Commit   string  `json:"commit,omitempty"`
	Machine  string  `json:"machine,omitempty"`
	Worker   string  `json:"worker,omitempty"`
	Finished string  `json:"finished,omitempty"` // RFC 3339, UTC
}

// CurvePoint is the accuracy on dev images after some steps.
type CurvePoint struct {
	Step        int     `json:"step"`
	DevAccuracy float64 `json:"dev_accuracy"`
}

// Trial returns the result of a run that is scored on dev images as that of a probe. Its temperature is not known any more.
func (r Result) Trial() train.Trial {
	t := train.Trial{Images: r.Images, Accuracy: r.Accuracy, NLL: r.NLL, Calibrated: r.Calibrated, Temperature: math.NaN(), Seconds: r.Seconds, Diverged: r.Diverged}
	if r.Diverged != "" {
		t.Accuracy, t.NLL, t.Calibrated = math.NaN(), math.NaN(), math.NaN()
	}
	return t
}

// score returns the accuracy, −∞ of a run that diverged.
func (r Result) score() float64 {
	if r.Diverged != "" {
		return math.Inf(-1)
	}
	return r.Accuracy
}
