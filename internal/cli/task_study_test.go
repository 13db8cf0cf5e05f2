package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// taskStudy is a study of a folder: tuning, a λ that is looked for, curves.
const taskStudy = `name: small
title: Short runs
data: [%s]
train_sizes: [24]
train: {steps: 40, batch: 8, size: 8, augment: none, model: "mlp:hidden=8"}
methods:
  - name: none
  - name: datagrad
    regularizers: ["datagrad:$lambda"]
    parameters: {lambda: {log: [0.001, 0.1]}}
  - name: found
    regularizers: ["datagrad:auto"]
baseline: none
seeds: 3
curves: 20
tuning: {trials: 2, rounds: [0.5, 1], keep: 2}
`

// TestStudyOfTask runs, reports and verifies studies of labels and of numbers: their tables have
// the task's own score, of numbers the least is best, and results hold no accuracy.
func TestStudyOfTask(t *testing.T) {
	for _, c := range []struct{ column, task, name, field, head string }{
		{"level", "regression", "root mean squared error", "test_root_mean_squared_error", "test root mean squared error "},
		{"bright", "multi-label", "label accuracy", "test_label_accuracy", "test label accuracy, %"},
	} {
		t.Run(c.task, func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			t.Chdir(t.TempDir())
			data := levels(t, c.column, func(i int) string {
				if c.task == "regression" {
					return fmt.Sprint(500 + i)
				}
				return fmt.Sprint(i / 20)
			})
			if err := os.WriteFile("small.yaml", fmt.Appendf(nil, taskStudy, data), 0o666); err != nil {
				t.Fatal(err)
			}
			if code, out, errText := run("study", "check", "small.yaml"); code != 0 {
				t.Fatalf("check ends with %d: %s%s", code, out, errText)
			}
			code, out, errText := run("study", "run", "small.yaml", "--jobs", "2")
			if code != 0 || !strings.Contains(out, c.head) || strings.Contains(out, "NaN") || strings.Contains(out, "test accuracy") {
				t.Fatalf("run ends with %d: %s%s", code, out, errText)
			}
			checkTaskReport(t, c.task, c.name)
			code, out, errText = run("study", "report", "small", "--format", "csv")
			if code != 0 || !strings.Contains(out, c.field+",") {
				t.Errorf("report ends with %d: %s%s", code, out, errText)
			}
			runs, err := os.ReadFile(filepath.Join("studies", "small", "runs.jsonl"))
			if err != nil || strings.Contains(string(runs), `"accuracy":`) || !strings.Contains(string(runs), `"quality_curve":[{"step":20,`) {
				t.Errorf("%v: results are\n%s", err, runs)
			}
			code, out, errText = run("study", "verify", filepath.Join("studies", "small"))
			if code != 0 || strings.Contains(out, "NOT") || !strings.Contains(out, ": "+c.name+" ") || !strings.Contains(out, " again, the same") {
				t.Errorf("verify ends with %d: %s%s", code, out, errText)
			}
			report, err := filepath.Abs(filepath.Join("studies", "small"))
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			if code, out, errText = run("study", "import", report); code != 0 {
				t.Errorf("import ends with %d: %s%s", code, out, errText)
			}
		})
	}
}

// checkTaskReport reads results.json: what tuning chose is the best of its trials by the task.
func checkTaskReport(t *testing.T, task, name string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("studies", "small", "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Task        string `json:"task"`
		QualityName string `json:"quality_name"`
		Cells       []struct {
			Method string             `json:"method"`
			Values map[string]float64 `json:"values"`
			Trials []struct {
				Values     map[string]float64 `json:"values"`
				DevQuality []float64          `json:"dev_quality"`
			} `json:"trials"`
			Runs []struct {
				Metrics struct {
					Quality float64 `json:"quality"`
					Name    string  `json:"quality_name"`
				} `json:"test_metrics"`
				Note  string `json:"note"`
				Curve []any  `json:"quality_curve"`
			} `json:"runs"`
		} `json:"cells"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Task != task || r.QualityName != name || len(r.Cells) != 3 || strings.Contains(string(text), "test_accuracy") {
		t.Errorf("results.json is %s", text)
	}
	for _, c := range r.Cells {
		for _, run := range c.Runs {
			if run.Metrics.Name != name || !(run.Metrics.Quality > 0) || len(run.Curve) != 2 {
				t.Errorf("%s: run %+v", c.Method, run)
			}
			if c.Method == "found" && !strings.Contains(run.Note, name) {
				t.Errorf("the note is %q", run.Note)
			}
		}
		if c.Method != "datagrad" {
			continue
		}
		if len(c.Runs) != 3 || len(c.Trials) != 2 {
			t.Fatalf("%+v", c)
		}
		chosen, other := c.Trials[0], c.Trials[1]
		if chosen.Values["lambda"] != c.Values["lambda"] {
			chosen, other = other, chosen
		}
		if len(chosen.DevQuality) != 2 {
			t.Fatalf("trials %+v, chosen %v", c.Trials, c.Values)
		}
		mine, theirs := chosen.DevQuality[0], other.DevQuality[0]
		if task == "regression" && mine > theirs || task != "regression" && mine < theirs {
			t.Errorf("chose %v of %+v", c.Values, c.Trials)
		}
	}
}
