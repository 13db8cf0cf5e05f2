package classify_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestHostileChoices refuses numbers of a search that JSON cannot hold, when they are read.
func TestHostileChoices(t *testing.T) {
	for text, want := range map[string]string{
		"lambda: .nan": "lambda is", "lambda: .inf": "lambda is", "scale: .nan": "scale is", "cost: -.inf": "cost is", "dev_chance: .nan": "dev_chance is",
		"seconds: 1e308":                                   `seconds of "x"`,
		"probes: [{lambda: .nan}]":                         "probes: lambda is",
		"probes: [{lambda: 1}, {dev_accuracy: .nan}]":      "probes: dev_accuracy is",
		"probes: [{dev_nll: .inf}]":                        "probes: dev_nll is",
		"probes: [{dev_calibrated_nll: .nan, dev_nll: 2}]": "probes: dev_calibrated_nll is",
	} {
		data := []byte("lambda_choices: [{regularizer: x, " + text + "}]")
		if _, err := classify.ReadConfig(classify.Default(), data); !fault.IsInput(err) || !strings.Contains(err.Error(), "lambda_choices: "+want) {
			t.Errorf("%s: %v, expected %s", text, err, want)
		}
	}
	cfg := small()
	nan := math.NaN()
	for want, choice := range map[string]classify.Choice{
		"lambda": {Lambda: nan}, "scale": {Scale: math.Inf(1)}, "cost": {Cost: nan}, "seconds": {Seconds: -1}, "chance": {Chance: nan},
		"probes: lambda 1": {Probes: []classify.ProbeRecord{{Lambda: nan}}}, "probes: dev_nll 2": {Probes: []classify.ProbeRecord{{}, {NLL: &nan}}},
	} {
		choice.Regularizer = gradreg.ParseSpec("x")
		cfg.Choices = []classify.Choice{choice}
		if err := cfg.Validate(); !fault.IsInput(err) || !strings.Contains(err.Error(), "lambda_choices: "+want+` of "x"`) {
			t.Errorf("a library's configuration: %v, expected %s", err, want)
		}
	}
	if got := (classify.Choice{Regularizer: gradreg.ParseSpec("x")}).String(); !strings.Contains(got, "0 probes") {
		t.Errorf("a choice without probes is %q", got)
	}
}
