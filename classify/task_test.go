package classify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// tableOf writes a folder with a labels.csv and returns its path.
func tableOf(t *testing.T, header string, line func(red, blue float64) string) string {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	if err := labelled(dir, header, line); err != nil {
		t.Fatal(err)
	}
	return dir
}

// numbersTable is a folder for regression.
func numbersTable(t *testing.T) string {
	return tableOf(t, "file,warmth,depth", func(red, blue float64) string { return fmt.Sprintf("%.3f,%.3f", 1000+100*red, -blue) })
}

// TestTaskRun interrupts and resumes a run of each task without classes: it ends as one that was not
// interrupted, the summary has loss and quality and no accuracy, the model scores as the summary says,
// also with mixed images, and what is about classes is refused.
func TestTaskRun(t *testing.T) {
	for task, data := range map[string]string{
		"regression": numbersTable(t),
		"multi-label": tableOf(t, "file,reddish,bluish", func(red, blue float64) string {
			return fmt.Sprintf("%.0f,%.0f", red, blue)
		}),
	} {
		t.Run(task, func(t *testing.T) {
			cfg := forFolder(data)
			cfg.Steps, cfg.EvalEvery, cfg.Augment, cfg.TrainSize = 60, 20, "flip,mixup:0.2", 120
			want, err := classify.Run(t.Context(), cfg, classify.Options{Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "run")
			ctx, cancel := context.WithCancel(t.Context())
			_, err = classify.Run(ctx, cfg, classify.Options{Dir: dir, Threads: 1, Stepped: func(p classify.Progress) {
				if p.Step == 30 {
					cancel()
				}
			}})
			if !errors.Is(err, classify.ErrInterrupted) {
				t.Fatal(err)
			}
			saved, err := classify.FolderConfig(dir)
			if err != nil || saved.Task != task {
				t.Fatalf("recorded task %q, %v", saved.Task, err)
			}
			// With the configuration that was asked for, as the worker of a study has it.
			got, err := classify.Run(t.Context(), cfg, classify.Options{Dir: dir, Resume: true, Threads: 1})
			if err != nil || got.TaskResult == nil || *got.TaskResult != *want.TaskResult {
				t.Fatalf("resumed: %+v, %v, expected %+v", got.TaskResult, err, want.TaskResult)
			}
			text, err := os.ReadFile(filepath.Join(dir, "summary.json"))
			if err != nil {
				t.Fatal(err)
			}
			var fields map[string]any
			if err := json.Unmarshal(text, &fields); err != nil {
				t.Fatal(err)
			}
			for name := range fields {
				if strings.Contains(name, "accuracy") || strings.Contains(name, "nll") || strings.Contains(name, "ece") {
					t.Errorf("summary.json has %s", name)
				}
			}
			if fields["task"] != task || fields["test_loss"] != got.Loss || fields["test_quality"] != got.Quality || fields["test_quality_name"] != got.Name {
				t.Errorf("summary.json is %s", text)
			}
			metrics, err := classify.ReadMetrics(filepath.Join(dir, "metrics.jsonl"))
			if v := metrics[len(metrics)-1].Quality(); v == nil || got.DevQuality == nil || *v != *got.DevQuality || got.DevAccuracy != nil {
				t.Errorf("dev quality %v, expected the last of metrics.jsonl, %v", got.DevQuality, v)
			}
			if last := len(metrics) - 1; err != nil || metrics[last].DevLoss == nil || metrics[last].DevAccuracy != nil {
				t.Errorf("metrics %+v, %v, expected a loss on dev images", metrics[last], err)
			}
			checkMeasured(t, dir, saved, got)
		})
	}
}

// checkMeasured opens a run's model and test images, and what is refused of it.
func checkMeasured(t *testing.T, dir string, cfg classify.Config, s classify.Summary) {
	t.Helper()
	m, err := classify.Load(filepath.Join(dir, classify.ModelFile), 7, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	o, err := classify.OpenRun(t.Context(), dir, classify.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Measure(o.Test())
	if err != nil || got.Samples != s.TestImages || !(math.Abs(got.Quality-s.Quality) <= 1e-9*math.Abs(s.Quality)) {
		t.Errorf("measured %+v, %v, expected %+v", got, err, s.TaskResult)
	}
	if _, err := o.Examine(); !fault.IsInput(err) || !strings.Contains(err.Error(), "the model's task is") {
		t.Errorf("examined: %v", err)
	}
	if _, err := m.Score(o.Test()); !fault.IsInput(err) {
		t.Errorf("scored: %v", err)
	}
	if _, err := m.Measure(dataset.Subset{}); !fault.IsInput(err) {
		t.Errorf("measured nothing: %v", err)
	}
	balanced := cfg
	balanced.Subset = classify.Balanced
	sure := cfg
	sure.Regularizers = gradreg.Specs("confidence:0.1")
	for want, c := range map[string]classify.Config{
		"has no classes": balanced, "probabilities of classes that exclude each other": sure,
	} {
		if _, err := classify.Run(t.Context(), c, classify.Options{Threads: 1}); !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected %q", err, want)
		}
	}
}

// TestTaskAsked takes 0 and 1 for numbers where regression is asked for, and refuses a task that the
// data are not for.
func TestTaskAsked(t *testing.T) {
	data := tableOf(t, "file,reddish", func(red, _ float64) string { return fmt.Sprintf("%.0f", red) })
	cfg := forFolder(data)
	cfg.Steps, cfg.Task = 5, "regression"
	s, err := classify.Run(t.Context(), cfg, classify.Options{Threads: 1})
	if err != nil || s.Task != "regression" || s.Name != "root mean squared error" {
		t.Errorf("%+v, %v", s.TaskResult, err)
	}
	for want, change := range map[string]func(c *classify.Config){
		`unknown task "ranking"`: func(c *classify.Config) { c.Task = "ranking" },
		"has no column class":    func(c *classify.Config) { c.Task = "classification" },
		"needs a file labels.csv": func(c *classify.Config) {
			c.Data, c.Task = dataset.ParseSource(photos(t)), "regression"
		},
		"mnist has data for classification": func(c *classify.Config) {
			c.Data, c.Size, c.Task = dataset.ParseSource("mnist"), 0, "multi-label"
		},
	} {
		c := cfg
		change(&c)
		if _, err := classify.Run(t.Context(), c, classify.Options{Threads: 1}); !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected %q", err, want)
		}
	}
}

// TestTableOfClasses trains classes that a labels.csv names, and evaluates them.
func TestTableOfClasses(t *testing.T) {
	data := tableOf(t, "file,class", func(red, blue float64) string {
		if red > blue {
			return "warm"
		}
		return "cold"
	})
	cfg := forFolder(data)
	dir := filepath.Join(t.TempDir(), "run")
	s, err := classify.Run(t.Context(), cfg, classify.Options{Dir: dir, Threads: 1})
	if err != nil || s.Task != "" || s.TestAccuracy < 0.8 || len(s.TestClasses) != 2 || s.TestClasses[0].Class != "cold" {
		t.Fatalf("%+v, %v", s, err)
	}
	e, err := classify.Evaluate(t.Context(), dir, classify.Options{Threads: 1})
	if err != nil || e.Logits.Score().Accuracy() != s.TestAccuracy {
		t.Errorf("evaluated again: %v", err)
	}
}
