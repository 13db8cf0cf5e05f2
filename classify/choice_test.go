package classify_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
)

// chosen is a choice with every kind of probe.
func chosen() classify.Choice {
	nan := math.NaN()
	return classify.Choice{
		Regularizer: gradreg.ParseSpec("datagrad:12,every=2"), Lambda: 12, Scale: 1.2345678901234567, Cost: 0.625,
		Probes: []classify.ProbeRecord{
			classify.NewProbeRecord(1.2, 10, classify.ProbeResult{Images: 10000, Accuracy: 0.5, NLL: 2, Calibrated: 1. / 3}),
			classify.NewProbeRecord(12, 60, classify.ProbeResult{Images: 10000, Accuracy: 0, NLL: 1e-9, Calibrated: 0}),
			classify.NewProbeRecord(38, 60, classify.ProbeResult{Accuracy: nan, NLL: nan, Calibrated: nan, Temperature: nan, Diverged: "loss is NaN: at step 3"}),
		},
	}
}

// TestChoices checks that how a λ was found reaches the summary, also of a run that was interrupted, or killed before its first
// checkpoint, and resumed from its folder, or repeated from its configuration.
func TestChoices(t *testing.T) {
	cfg := small()
	cfg.Choices = []classify.Choice{chosen(), chosen()}
	cfg.Note = cfg.Choices[0].String()
	if want := "datagrad:12,every=2, chosen by 3 probes on dev images at 0.6 times the steps of the run; last round: λ 12: 0.00 %, λ 38: diverged"; cfg.Note != want {
		t.Errorf("note %q, expected %q", cfg.Note, want)
	}
	interrupted := filepath.Join(t.TempDir(), "interrupted")
	ctx, cancel := context.WithCancel(context.Background())
	err := fit(t, ctx, cfg, classify.Options{Dir: interrupted, Stepped: func(classify.Progress) { cancel() }})
	if !errors.Is(err, classify.ErrInterrupted) {
		t.Fatal(err)
	}
	killed := filepath.Join(t.TempDir(), "killed")
	text, err := os.ReadFile(filepath.Join(interrupted, "config.yaml"))
	if err := errors.Join(err, os.Mkdir(killed, 0o755), os.WriteFile(filepath.Join(killed, "config.yaml"), text, 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{interrupted, killed} {
		saved, err := classify.FolderConfig(dir)
		if err != nil || !reflect.DeepEqual(saved.Choices, cfg.Choices) || saved.Note != cfg.Note {
			t.Fatalf("%s has %+v, %v, expected %+v", dir, saved.Choices, err, cfg.Choices)
		}
		if err := fit(t, context.Background(), saved, classify.Options{Dir: dir, Resume: true}); err != nil {
			t.Fatal(err)
		}
		s, err := classify.FolderSummary(dir)
		if err != nil || !reflect.DeepEqual(s.Choices, cfg.Choices) || s.Note != cfg.Note {
			t.Errorf("the summary of %s has %+v, %v, expected %+v", dir, s.Choices, err, cfg.Choices)
		}
	}
	data, err := os.ReadFile(filepath.Join(killed, "summary.json"))
	if err != nil || strings.Count(string(data), `"dev_accuracy"`) != 4 || strings.Count(string(data), `"diverged"`) != 2 {
		t.Errorf("%s, %v", data, err)
	}
}
