package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// levels writes a folder of grey pictures with a labels.csv of one column, each brighter than the one
// before.
func levels(t *testing.T, column string, value func(i int) string) string {
	t.Helper()
	dir := t.TempDir()
	table := "file," + column + "\n"
	for i := range 40 {
		picture := image.NewGray(image.Rect(0, 0, 8, 8))
		for j := range picture.Pix {
			picture.Pix[j] = color.Gray{Y: uint8(6*i + j%4)}.Y
		}
		name := fmt.Sprintf("%02d.png", i)
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, picture); err != nil {
			t.Fatal(err)
		}
		f.Close()
		table += name + "," + value(i) + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(table), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestTrainTask trains numbers and labels, prints what they are worth and predicts in their units.
func TestTrainTask(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, c := range []struct{ column, task, says, field string }{
		{"level", "regression", "root mean squared error", "numbers"},
		{"dark", "multi-label", "label accuracy", "labels"},
	} {
		data := levels(t, c.column, func(i int) string {
			if c.task == "regression" {
				return fmt.Sprint(500 + i)
			}
			return fmt.Sprint(1 - i/20)
		})
		out := filepath.Join(t.TempDir(), "run")
		train := func(steps, rate, out string) (int, string, string) {
			return run("train", "--data", data, "--task", c.task, "--size", "8", "--model", "mlp:hidden=16",
				"--steps", steps, "--batch", "16", "--lr", rate, "--reg", "none", "--augment", "none", "--eval-every", "0", "--out", out)
		}
		code, text, errText := train("300", "0.001", out)
		if code != 0 || !strings.Contains(text, c.says) || strings.Contains(text, "NaN") {
			t.Fatalf("%s: code %d: %s%s", c.task, code, text, errText)
		}
		code, text, errText = run("predict", "--run", out, "--json", filepath.Join(data, "20.png"))
		var answers []map[string]any
		if err := json.Unmarshal([]byte(text), &answers); code != 0 || err != nil || len(answers) != 1 {
			t.Fatalf("%s: code %d, %v: %s%s", c.task, code, err, text, errText)
		}
		values, _ := answers[0][c.field].(map[string]any)
		v, ok := values[c.column].(float64)
		if !ok || c.task == "regression" && (v < 505 || v > 535) || c.task == "multi-label" && (v < 0 || v > 1) {
			t.Errorf("%s: answer %s", c.task, text)
		}
		checkTaskEval(t, c.task, c.column, out)
		short := filepath.Join(t.TempDir(), "short")
		if code, text, errText = train("1", "1e-9", short); code != 0 {
			t.Fatalf("%s: code %d: %s%s", c.task, code, text, errText)
		}
		checkTaskPair(t, c.task, out, short)
		kind := map[string]string{"regression": "number", "multi-label": "label"}[c.task]
		code, text, errText = run("data", "show", data, "--size", "8", "--out", "none")
		if code != 0 || !strings.Contains(text, " 1 "+kind+"s,") || !strings.Contains(text, strings.ToUpper(kind)+" ") || strings.Contains(strings.ToLower(text), "class") {
			t.Errorf("%s: data show ends with %d: %s%s", c.task, code, text, errText)
		}
		if code, text, _ := run("runs", filepath.Dir(out)); code != 0 || !strings.Contains(text, "test "+c.says) {
			t.Errorf("%s: runs ends with %d: %s", c.task, code, text)
		}
		if err := os.WriteFile(filepath.Join(data, "scan.tif"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		code, text, errText = run("predict", "--run", out, data)
		if code != 0 || strings.Count(text, "\n") != 40 || !strings.Contains(errText, "1 file is left out") ||
			!strings.Contains(errText, "(1 .tif)") {
			t.Errorf("%s: of a folder, code %d: %s%s", c.task, code, text, errText)
		}
	}
	if code, _, errText := run("train", "--task", "ranking"); code != 2 || !strings.Contains(errText, "ranking") {
		t.Errorf("an unknown task ends with %d: %s", code, errText)
	}
}

// checkTaskEval evaluates a run: its score is that of the run, each label or number has a row, JSON
// and a page; a comparison with itself finds nothing; what is about classes is refused.
func checkTaskEval(t *testing.T, task, column, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var summary, record struct {
		Task    string           `json:"task"`
		Quality float64          `json:"test_quality"`
		Loss    float64          `json:"test_loss"`
		Name    string           `json:"test_quality_name"`
		R2      *float64         `json:"mean_r2"`
		AP      *float64         `json:"mean_average_precision"`
		Labels  []map[string]any `json:"labels"`
		Numbers []map[string]any `json:"numbers"`
	}
	code, out, errText := run("eval", dir, "--json")
	if err := errors.Join(json.Unmarshal(text, &summary), json.Unmarshal([]byte(out), &record)); code != 0 || err != nil {
		t.Fatalf("%s: eval ends with %d, %v: %s%s", task, code, err, out, errText)
	}
	if record.Task != task || record.Quality != summary.Quality || record.Loss != summary.Loss || strings.Contains(out, "test_accuracy") {
		t.Errorf("%s: eval finds %s, the run %s", task, out, text)
	}
	if task == "regression" && (record.R2 == nil || !(*record.R2 > 0.5) || record.Numbers[0]["number"] != column) ||
		task != "regression" && (record.AP == nil || !(*record.AP > 0.9) || record.Labels[0]["label"] != column) {
		t.Errorf("%s: %s", task, out)
	}
	code, out, errText = run("eval", dir)
	if code != 0 || !strings.Contains(out, "test "+summary.Name) || !strings.Contains(out, "95 % interval") || !strings.Contains(out, "\n"+column+" ") {
		t.Errorf("%s: eval ends with %d: %s%s", task, code, out, errText)
	}
	page := filepath.Join(t.TempDir(), "page.html")
	code, out, errText = run("eval", dir, dir, "--html", page)
	html, err := os.ReadFile(page)
	if code != 0 || err != nil || !strings.Contains(out, "are right alike") || !strings.Contains(string(html), summary.Name) || strings.Contains(string(html), "NLL") {
		t.Errorf("%s: eval of two ends with %d, %v: %s%s", task, code, err, out, errText)
	}
	if svg, err := os.ReadFile(filepath.Join(dir, "curve.svg")); err != nil || !strings.Contains(string(svg), "loss") {
		t.Errorf("%s: there is no curve: %v", task, err)
	}
	for _, flag := range []string{"--slopes", "--noise", "--attack", "--all", "--out=" + t.TempDir(), "--data=" + t.TempDir()} {
		if code, _, errText := run("eval", dir, flag); code != 2 || !strings.Contains(errText, "about classes") {
			t.Errorf("%s: eval %s ends with %d: %s", task, flag, code, errText)
		}
	}
}

// TestRunsOfTasks lists runs of different tasks, each with the name of its score, and refuses to set
// them side by side.
func TestRunsOfTasks(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Chdir(t.TempDir())
	numbers := levels(t, "level", func(i int) string { return fmt.Sprint(500 + i) })
	labels := levels(t, "bright", func(i int) string { return fmt.Sprint(i / 20) })
	for name, data := range map[string][]string{
		"numbers": {"--data", numbers, "--size", "8"}, "labels": {"--data", labels, "--size", "8"}, "digits": {"--train-size", "100"},
	} {
		args := append(data, "--model", "mlp:hidden=8", "--steps", "20", "--batch", "8", "--reg", "none", "--augment", "none")
		args = append(args, "--eval-every", "10", "--out", filepath.Join("runs", name))
		if name != "digits" {
			args = append(args, "--train-size", "20")
		}
		code, out, errText := run(append([]string{"train"}, args...)...)
		if code != 0 {
			t.Fatalf("%s: train ends with %d: %s%s", name, code, out, errText)
		}
		for want, in := range map[string]string{"numbers": "  dev ", "labels": " % label accuracy"} {
			if want == name && !strings.Contains(errText, in) {
				t.Errorf("%s: progress is %s", name, errText)
			}
		}
	}
	code, out, _ := run("runs")
	for _, want := range []string{"test score", " root mean squared error ", " label accuracy ", " accuracy "} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("runs ends with %d, without %q: %s", code, want, out)
		}
	}
	code, out, _ = run("runs", "--json")
	for _, want := range []string{`"test_quality_name":"root mean squared error"`, `"task":"multi-label"`, `"test_accuracy":`} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("runs ends with %d, without %s: %s", code, want, out)
		}
	}
	for want, pair := range map[string][2]string{
		"expected runs of one task": {"runs/numbers", "runs/digits"}, "has the task multi-label": {"runs/labels", "runs/numbers"},
	} {
		if code, _, errText := run("eval", pair[0], pair[1]); code != 2 || !strings.Contains(errText, want) {
			t.Errorf("eval of %v ends with %d: %s", pair, code, errText)
		}
	}
}

// checkTaskPair compares a trained run with one that has learned nothing: the difference is that of their
// squared errors, or of their label accuracies, and says that the second is worse.
func checkTaskPair(t *testing.T, task, trained, short string) {
	t.Helper()
	code, out, errText := run("eval", trained, short, "--json")
	var pair struct {
		Runs []struct {
			Quality float64 `json:"test_quality"`
			Loss    float64 `json:"test_loss"`
			ToFirst *struct {
				Difference float64    `json:"difference"`
				Interval   [2]float64 `json:"difference_interval"`
				P          float64    `json:"p_sign_flip"`
				Meaning    string     `json:"meaning"`
			} `json:"to_first"`
		} `json:"runs"`
	}
	if err := json.Unmarshal([]byte(out), &pair); code != 0 || err != nil || len(pair.Runs) != 2 || pair.Runs[0].ToFirst != nil {
		t.Fatalf("%s: eval of two ends with %d, %v: %s%s", task, code, err, out, errText)
	}
	a, b := pair.Runs[0], pair.Runs[1]
	want, says, sign := b.Loss-a.Loss, "a mean squared error that is", 1.0
	if task != "regression" {
		want, says, sign = b.Quality-a.Quality, "points less of the labels right", -1
	}
	d := b.ToFirst
	if !(math.Abs(d.Difference-want) <= 1e-6*math.Abs(want)) || !(sign*d.Difference > 0) || !strings.Contains(d.Meaning, says) ||
		!(d.Interval[0] <= d.Difference && d.Difference <= d.Interval[1]) || !(d.P > 0 && d.P < 0.1) {
		t.Errorf("%s: comparison %+v, expected a difference of %v", task, d, want)
	}
}
