package classify_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestTablesChanged evaluates runs of labels and of numbers whose folder has got more pictures and
// another column, then lost a test picture: on the test pictures and the labels that they had.
func TestTablesChanged(t *testing.T) {
	for name, c := range map[string]struct {
		header string
		line   func(red, blue float64) string
	}{
		"multi-label": {"file,reddish,bluish", func(red, blue float64) string { return fmt.Sprintf("%.0f,%.0f", red, blue) }},
		"regression":  {"file,warmth,depth", func(red, blue float64) string { return fmt.Sprintf("%.3f,%.3f", 100*red, -blue) }},
	} {
		t.Run(name, func(t *testing.T) {
			data := tableOf(t, c.header, c.line)
			cfg := forFolder(data)
			cfg.Steps = 30
			dir := filepath.Join(t.TempDir(), "run")
			s, err := classify.Run(t.Context(), cfg, classify.Options{Dir: dir, Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			evaluated := func() (e classify.Evaluation, notes string) {
				t.Helper()
				o, err := classify.OpenRun(t.Context(), dir, classify.Options{Threads: 1})
				if err != nil {
					t.Fatal(err)
				}
				if e, err = o.Evaluate(); err != nil {
					t.Fatal(err)
				}
				return e, strings.Join(o.Notes, "\n")
			}
			before, notes := evaluated()
			if m, err := before.Answers.Judge(before.Task); err != nil || m.Quality != s.Quality || m.Loss != s.Loss || notes != "" {
				t.Fatalf("as it was: %v, %v, %q, expected %+v", m, err, notes, s.TaskResult)
			}
			change(t, data)
			after, notes := evaluated()
			if !slices.Equal(before.Answers.Outputs, after.Answers.Outputs) || !slices.Equal(before.Answers.Targets, after.Answers.Targets) ||
				!strings.Contains(notes, fmt.Sprintf("all %d of its test pictures", s.TestImages)) {
				t.Errorf("changed: %d answers, expected the same %d; %s", after.Answers.Len(), before.Answers.Len(), notes)
			}
			gone := before.Test.Files[before.Test.Index[0]]
			forget(t, data, gone)
			if after, notes := evaluated(); after.Answers.Len() != s.TestImages-1 || !strings.Contains(notes, "that are left of") {
				t.Errorf("a test picture removed: %d left; %s", after.Answers.Len(), notes)
			}
			withoutTargets(t, filepath.Join(dir, "pictures.jsonl"))
			if _, err := classify.OpenRun(t.Context(), dir, classify.Options{Threads: 1}); !fault.IsInput(err) || !strings.Contains(err.Error(), "does not say what labels or numbers") {
				t.Errorf("a run that wrote down no labels, other columns: %v", err)
			}
		})
	}
}

// change gives the table a column, other values, and pictures that were not there.
func change(t *testing.T, data string) {
	t.Helper()
	path := filepath.Join(data, "labels.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i := range lines {
		if i == 0 {
			lines[i] += ",more"
			continue
		}
		file, _, _ := strings.Cut(lines[i], ",")
		lines[i] = fmt.Sprintf("%s,1,0,%d", file, i%2)
	}
	for i := range 30 {
		name := fmt.Sprintf("new%d.png", i)
		picture, err := os.ReadFile(filepath.Join(data, fmt.Sprintf("%03d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		// Another file of the same size: bytes after the end of a PNG are not looked at.
		if err := os.WriteFile(filepath.Join(data, name), append(picture, byte(i)), 0o666); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, name+",0,1,0")
	}
	if strings.Contains(string(text), "warmth") { // it stays a table of numbers
		lines[1] += ".5"
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
}

// forget removes a picture and its line.
func forget(t *testing.T, data, file string) {
	t.Helper()
	path := filepath.Join(data, "labels.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.DeleteFunc(strings.Split(string(text), "\n"), func(l string) bool { return strings.HasPrefix(l, file+",") })
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(data, file)); err != nil {
		t.Fatal(err)
	}
}

// withoutTargets makes a list of pictures one of an earlier program.
func withoutTargets(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		var p map[string]any
		if err := json.Unmarshal([]byte(line), &p); err != nil || p["targets"] == nil {
			t.Fatalf("%s: %v", line, err)
		}
		delete(p, "targets")
		short, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(short, '\n'))
	}
	if err := os.WriteFile(path, []byte(out.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}
