package study

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/task"
)

// numbered writes a folder of twenty pictures with a labels.csv of one column.
func numbered(t *testing.T, column string, value func(i int) string) string {
	t.Helper()
	dir := t.TempDir()
	table := "file," + column + "\n"
	for i := range 20 {
		name := fmt.Sprintf("%d.png", i)
		picture := image.NewGray(image.Rect(0, 0, 32, 32))
		picture.SetGray(i%8, i/8, color.Gray{Y: 200})
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

// TestTaskOfStudy takes the task from the data, and refuses before it begins what has no common
// score.
func TestTaskOfStudy(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	numbers := numbered(t, "level", func(i int) string { return fmt.Sprintf("%d.5", i) })
	labels := numbered(t, "bright", func(i int) string { return fmt.Sprint(i % 2) })
	const form = "name: x\ntitle: t\ndata: [%s]\ntrain_sizes: [8]\nseeds: 2\nbaseline: none\n" +
		"methods: [{name: none}, {name: a, regularizers: [\"datagrad:1\"]%s}]\ntrain: {batch: 4, size: 8, model: \"mlp:hidden=4\"}\n%s"
	for _, c := range []struct{ data, method, more, task, refused string }{
		{numbers, "", "", "regression", ""},
		{labels, "", "", "multi-label", ""},
		{"mnist", "", "", "", ""},
		{numbers + ", " + labels, "", "", "", "expected one task: a study compares one score"},
		{labels, ", train: {task: regression}", "", "", "expected one task"},
		{labels, "", "published: {\"\": {a: 0.9}}\n", "", "published: they are accuracies"},
		{labels, ", train: {subset: balanced}", "", "", "has no classes"},
	} {
		spec, err := Read(fmt.Appendf(nil, form, c.data, c.method, c.more))
		if err != nil {
			t.Fatal(err)
		}
		id, err := Identify(t.Context(), spec, classify.Options{})
		switch {
		case c.refused == "" && (err != nil || id.Task != c.task):
			t.Errorf("%s: task %q, %v, expected %q", c.data, id.Task, err, c.task)
		case c.refused != "" && (!fault.IsInput(err) || !strings.Contains(err.Error(), c.refused)):
			t.Errorf("%s%s%s: error %v, expected %q", c.data, c.method, c.more, err, c.refused)
		}
	}
}

// TestOrderOfTasks keeps the trials that are better by their task: the least error, and one that
// diverged last.
func TestOrderOfTasks(t *testing.T) {
	trials := func(values ...float64) (list []Trial) {
		for i, v := range values {
			list = append(list, Trial{Number: i, Quality: v})
		}
		return list
	}
	for _, c := range []struct {
		of     task.Task
		values []float64
		first  int
	}{
		{task.Classification{}, []float64{0.5, 0.9, math.Inf(-1)}, 1},
		{task.MultiLabel{}, []float64{math.Inf(-1), 0.5, 0.9}, 2},
		{task.Regression{}, []float64{3, 2, math.Inf(1)}, 1},
	} {
		order := best(trials(c.values...), 3, c.of.Quality())
		if order[0].Number != c.first || !math.IsInf(order[2].Quality, 0) {
			t.Errorf("%s: order %+v", c.of, order)
		}
	}
}

// TestResultOfTask writes and reads results: those of a task without classes have no accuracy,
// those of classes no metrics; numbers that cannot be are refused.
func TestResultOfTask(t *testing.T) {
	key := strings.Repeat("a", keyLength)
	m := task.Metrics{Samples: 7, Loss: 4, Quality: 2, Name: "root mean squared error"}
	r := Result{Key: key, Images: 7, Metrics: &m, QualityCurve: []QualityPoint{{3, 2.5}}}
	var b strings.Builder
	if err := WriteRuns(&b, []Result{r, {Key: key, Images: 7, Accuracy: 0.5}}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if strings.Contains(lines[0], "accuracy") || strings.Contains(lines[0], "nll") || strings.Contains(lines[1], "metrics") {
		t.Errorf("written as\n%s", b.String())
	}
	back, err := ReadRuns(strings.NewReader(b.String()))
	if err != nil || !back[0].Compare(r).Equal() {
		t.Errorf("read %+v, %v", back, err)
	}
	other := m
	other.Quality = 3
	if c := r.Compare(Result{Key: key, Images: 7, Metrics: &other, QualityCurve: r.QualityCurve}); !slices.Contains(c.Differs, "metrics") {
		t.Errorf("another error: %+v", c)
	}
	q := task.Regression{}.Quality()
	if (Result{Accuracy: 0.1}).score(q) != math.Inf(1) || r.score(task.Classification{}.Quality()) != math.Inf(-1) {
		t.Error("a result of another task counts")
	}
	for _, change := range []func(m *task.Metrics){
		func(m *task.Metrics) { m.Quality = -1 },
		func(m *task.Metrics) { m.Loss = math.NaN() },
		func(m *task.Metrics) { m.Name = "accuracy" },
		func(m *task.Metrics) { m.HigherQuality = true },
		func(m *task.Metrics) { m.Samples = 8 },
		func(m *task.Metrics) { m.Name, m.HigherQuality = "label accuracy", true }, // 2
	} {
		wrong := m
		change(&wrong)
		if (Result{Key: key, Images: 7, Metrics: &wrong}).Validate() == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
}
