package train_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/train"
)

// TestHostileProgress refuses checkpoints whose progress no run can have had: they would train to the end and then have no result.
func TestHostileProgress(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	interrupted(t, small(), dir, 20)
	path := filepath.Join(dir, "checkpoint.safetensors")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range 3 {
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e308, -1e308} {
			f, err := tensorfile.Parse(good)
			if err != nil {
				t.Fatal(err)
			}
			f.Tensors["progress"].F64[at] = v
			var b bytes.Buffer
			if err := tensorfile.Write(&b, f); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := resumed(t, dir, train.Options{}); !fault.IsInput(err) || !strings.Contains(err.Error(), "progress") {
				t.Errorf("number %d of the progress is %v: %v, expected to be refused", at, v, err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, b.Bytes()) {
				t.Errorf("the checkpoint was changed (%v)", err)
			}
		}
	}
}

// TestHostileChoices refuses numbers of a search that JSON cannot hold, when they are read.
func TestHostileChoices(t *testing.T) {
	for text, want := range map[string]string{
		"lambda: .nan": "lambda of", "lambda: .inf": "lambda of", "scale: .nan": "scale of", "cost: -.inf": "cost of", "seconds: 1e308": "seconds of", "dev_chance: .nan": "chance of",
		"probes: [{lambda: .nan}]":                         "probes: lambda 1 of",
		"probes: [{lambda: 1}, {dev_accuracy: .nan}]":      "probes: dev_accuracy 2 of",
		"probes: [{dev_nll: .inf}]":                        "probes: dev_nll 1 of",
		"probes: [{dev_calibrated_nll: .nan, dev_nll: 2}]": "probes: dev_calibrated_nll 1 of",
	} {
		data := []byte("lambda_choices: [{regularizer: x, " + text + "}]")
		if _, err := train.ReadConfig(train.Default(), data); !fault.IsInput(err) || !strings.Contains(err.Error(), "lambda_choices: "+want+` "x"`) {
			t.Errorf("%s: %v, expected %s", text, err, want)
		}
	}
	cfg := small()
	cfg.Choices = []train.Choice{{Regularizer: "x", Lambda: math.NaN()}}
	if err := cfg.Validate(); !fault.IsInput(err) {
		t.Errorf("a library's configuration: %v", err)
	}
	if got := (train.Choice{Regularizer: "x"}).String(); !strings.Contains(got, "0 probes") {
		t.Errorf("a choice without probes is %q", got)
	}
}

// TestStandingClock trains while no time passes: what is counted by the second is 0, for JSON has no infinity.
func TestStandingClock(t *testing.T) {
	cfg := small()
	cfg.Steps = 2
	dir := filepath.Join(t.TempDir(), "run")
	s, err := train.Run(t.Context(), cfg, train.Options{Dir: dir, Now: func() time.Time { return time.Unix(0, 0) }})
	if err != nil || s.ImagesPerSecond != 0 {
		t.Errorf("%v images/s, %v", s.ImagesPerSecond, err)
	}
}
