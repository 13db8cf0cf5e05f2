package train_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/train"
)

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
