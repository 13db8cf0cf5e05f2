package study

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
)

// rebuilt returns what results.json should hold for the study and the runs in a report's folder.
func rebuilt(t *testing.T, dir string, from *Origin) string {
	t.Helper()
	found, results, err := ReadFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReport(found, results)
	if err != nil {
		t.Fatal(err)
	}
	r.Origin = from
	return reportText(t, r)
}

func reportText(t *testing.T, r *Report) string {
	t.Helper()
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

// TestNoReport is the input's fault where a report's folder is looked for and is a file, or nothing.
func TestNoReport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, file + "-2", filepath.Join(file, "below")} {
		_, _, err := ReadFolder(dir)
		if want := dir + " is no report's folder: it has no study.yaml"; !fault.IsInput(err) ||
			!errors.Is(err, os.ErrNotExist) || err.Error() != want {
			t.Errorf("%v, expected %s", err, want)
		}
	}
}

// TestReportFollows makes a report from the files beside it, of a study with everything and of one that has just begun.
func TestReportFollows(t *testing.T) {
	s := read(t, example)
	order := rand.New(rand.NewPCG(4, 0))
	_, results := complete(t, s, func(r Run) Result {
		result := madeUp(r)
		switch order.IntN(4) {
		case 0:
			result = Result{Key: r.Key, Diverged: "loss is not a number \u2028 at step 3"}
		case 1:
			result.Curve = []CurvePoint{{10, 0.1}, {20, 0.3}}
		case 2:
			result.Note, result.Version, result.Commit = "λ 0.3 <by probes>", "v1", "abc"
		}
		return result
	}, order)
	few := Results{}
	for key, r := range results {
		if len(few) < 9 {
			few[key] = r
		}
	}
	for name, results := range map[string]Results{"complete": results, "begun": few, "empty": {}} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReport(s, results)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			from := NewOrigin("gradreg study run example.yaml", time.Unix(0, 0))
			if err := r.Write(dir, from); err != nil {
				t.Fatal(err)
			}
			stored, err := os.ReadFile(filepath.Join(dir, ResultsFile))
			if err != nil {
				t.Fatal(err)
			}
			if got := rebuilt(t, dir, &from); got != string(stored) {
				t.Errorf("from %s and %s follows\n%s\nnot\n%s", SpecFile, RunsFile, got, stored)
			}
		})
	}
}

const goodRun = `{"key":"00112233445566778899aabbccddeeff","accuracy":0.5,"nll":1,"images":10,"seconds":2,"version":"v1"}`

func TestReadRunsRefuses(t *testing.T) {
	cases := map[string]string{
		`{"key":"00112233445566778899aabbccddeef","accuracy":0.5}`: "line 1: key",
		goodRun + "\n" + strings.Replace(goodRun, "0.5", "1.5", 1): "line 2: accuracy is 1.5",
		strings.Replace(goodRun, `"seconds":2`, `"seconds":-2`, 1): "line 1: seconds",
		strings.Replace(goodRun, `"nll"`, `"nil"`, 1):              `line 1: json: unknown field "nil"`,
		goodRun + goodRun:             "line 1: something follows",
		goodRun + "\n" + goodRun[:40]: "line 2: unexpected EOF",
		goodRun + "\n\n" + goodRun:    "line 2: EOF",
		goodRun + "\n" + `{"note":"` + strings.Repeat("a", longestLine) + `"}`: "line 2 is longer",
		"name: example\n":                         "line 1: ",
		strings.Replace(goodRun, "0.5", "NaN", 1): "line 1: ",
		strings.Replace(goodRun, "00112233445566778899aabbccddeeff", "../../x", 1): "line 1: key",
	}
	for text, want := range cases {
		_, err := ReadRuns(strings.NewReader(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) || !fault.IsInput(err) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60q: %v, expected %q …", text, err, want)
		}
	}
}

// FuzzReadRuns writes what it could read, and reads it again.
func FuzzReadRuns(f *testing.F) {
	f.Add([]byte(goodRun + "\n"))
	f.Add([]byte(`{"key":"00112233445566778899aabbccddeeff","diverged":"loss","curve":[{"step":1,"dev_accuracy":0.5}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		runs, err := ReadRuns(bytes.NewReader(data))
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := WriteRuns(&first, runs); err != nil {
			t.Fatal(err)
		}
		again, err := ReadRuns(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("%v\n%s", err, first.Bytes())
		}
		if err := WriteRuns(&second, again); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s became %s (%v)", first.Bytes(), second.Bytes(), err)
		}
	})
}
