package cli_test

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
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
		{"bright", "multi-label", "label accuracy", "labels"},
	} {
		data := levels(t, c.column, func(i int) string {
			if c.task == "regression" {
				return fmt.Sprint(500 + i)
			}
			return fmt.Sprint(i / 20)
		})
		out := filepath.Join(t.TempDir(), "run")
		code, text, errText := run("train", "--data", data, "--task", c.task, "--size", "8", "--model", "mlp:hidden=16",
			"--steps", "300", "--batch", "16", "--reg", "none", "--augment", "none", "--eval-every", "0", "--out", out)
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
		if err := os.WriteFile(filepath.Join(data, "scan.tif"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		code, text, errText = run("predict", "--run", out, data)
		if code != 0 || strings.Count(text, "\n") != 40 || !strings.Contains(errText, "2 files are left out") ||
			!strings.Contains(errText, "1 .csv, 1 .tif") {
			t.Errorf("%s: of a folder, code %d: %s%s", c.task, code, text, errText)
		}
		if code, _, errText := run("eval", out); code != 2 || !strings.Contains(errText, "task") {
			t.Errorf("%s: eval ends with %d: %s", c.task, code, errText)
		}
		if code, text, _ := run("runs", filepath.Dir(out)); code != 0 || strings.Contains(text, "0.00") {
			t.Errorf("%s: runs ends with %d: %s", c.task, code, text)
		}
	}
	if code, _, errText := run("train", "--task", "ranking"); code != 2 || !strings.Contains(errText, "ranking") {
		t.Errorf("an unknown task ends with %d: %s", code, errText)
	}
}
