package classify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/optim"
)

// TestDivergingRuns trains with rates and λ at which numbers explode, at once, later or in a penalty alone: a run ends with an error in
// a line, never with a result that holds no numbers, its checkpoint is finite, and resumed it ends in the same way. What does not
// explode has a result. GRADREG_TEST_LONG=1 tries them all.
func TestDivergingRuns(t *testing.T) {
	every := 7
	if long() {
		every = 1
	}
	n, diverged := 0, 0
	for _, optimizer := range []string{"sgd", "sgd:momentum=0.9,nesterov=true", "adam", "adamw"} {
		for _, rate := range []float64{3, 1e3, 1e8, 1e30, 1e38, 1e300} {
			for _, regularizers := range [][]string{{"datagrad:50"}, {"datagrad:1e30", "weight-decay:5e-4"}, {"weight-decay:1e38"}, {"spectreg:1e20,every=3"}} {
				if n++; n%every != 0 {
					continue
				}
				cfg := small()
				cfg.Model, cfg.Steps, cfg.Optimizer, cfg.LearningRate, cfg.Regularizers, cfg.CheckpointEvery = model.ParseSpec("mlp:hidden=16"), 30, optim.ParseSpec(optimizer), rate, gradreg.Specs(regularizers...), 3
				name := fmt.Sprintf("%s at %g with %v", optimizer, rate, regularizers)
				dir := filepath.Join(t.TempDir(), "run")
				err := fit(t, t.Context(), cfg, classify.Options{Dir: dir})
				if errors.Is(err, classify.ErrDiverged) {
					diverged++
				}
				sound(t, name, dir, err)
				if err == nil || !classify.HasRun(dir) {
					continue
				}
				if _, again := resumed(t, dir, classify.Options{}); !errors.Is(err, classify.ErrDiverged) || !errors.Is(again, classify.ErrDiverged) {
					t.Errorf("%s: %v, resumed: %v, expected both to say that it diverged", name, err, again)
				}
			}
		}
	}
	t.Logf("%d of %d runs diverged", diverged, n/every)
	if diverged == 0 {
		t.Error("no run diverged: the test shows nothing")
	}
}

// TestInfiniteOptimizer interrupts a run in whose optimizer squares of gradients have become infinite, so that its weights no longer
// move: it goes on as if nothing had happened.
func TestInfiniteOptimizer(t *testing.T) {
	cfg := small()
	cfg.Model, cfg.Steps, cfg.LearningRate, cfg.Regularizers = model.ParseSpec("mlp:hidden=16"), 30, 1000, gradreg.Specs("spectreg:1e20,every=3")
	whole, dir := trained(t, cfg), filepath.Join(t.TempDir(), "run")
	stopped(t, cfg, classify.Options{Dir: dir, DataDirs: classify.Few}, 20)
	infinite := false
	for _, values := range checkpointTensors(t, dir) {
		for _, v := range values {
			infinite = infinite || v-v != 0
		}
	}
	if !infinite {
		t.Error("nothing is infinite: the test shows nothing")
	}
	must(t, dir, classify.Options{})
	asUndisturbed(t, "resumed", dir, whole)
}

// sound checks what a run left that may have diverged.
func sound(t *testing.T, name, dir string, err error) {
	t.Helper()
	summary, unfinished := os.ReadFile(filepath.Join(dir, "summary.json"))
	switch {
	case err == nil && (unfinished != nil || !json.Valid(summary)):
		t.Errorf("%s: done, but its summary is %q", name, summary)
	case err != nil && (unfinished == nil || fault.IsInput(err) || strings.Contains(err.Error(), "\n")):
		t.Errorf("%s: %v, expected one line, no fault of the input, and no result", name, err)
	}
	if names := leftOver(t, dir); names != nil {
		t.Errorf("%s: %q are left", name, names)
	}
	for tensor, values := range checkpointTensors(t, dir) {
		for _, v := range values {
			if v-v != 0 && strings.HasPrefix(tensor, "param/") {
				t.Fatalf("%s: the checkpoint's %s is not finite", name, tensor)
			}
		}
	}
}
