package gan

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/train"
)

// TestMetrics checks that no line of metrics has a loss without what makes it readable, and that every
// penalty is in it that was taken since the last line, whichever turn of the critic took it.
func TestMetrics(t *testing.T) {
	c := onPoints()
	c.Regularizers = []string{"wgan-gp:1,every=5", "r1:1,every=2", "r2:1"}
	c.LogEvery = 2
	dir := finished(t, c, 1)
	data, err := os.ReadFile(filepath.Join(dir, metricsFile))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	for _, line := range lines {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"critic_loss", "generator_loss", "gap", "right", "real_score", "slope_real", "slope_fake", "slope_between", "learning_rate"} {
			if _, ok := m[key]; !ok {
				t.Errorf("a line without %s: %s", key, line)
			}
		}
		penalties, _ := m["penalties"].(map[string]any)
		for _, name := range []string{"frobreg@between", "frobreg@real", "frobreg@fake"} {
			if _, ok := penalties[name].(float64); !ok {
				t.Errorf("a line without the penalty %s, which its steps took: %s", name, line)
			}
		}
	}
	if len(lines) != 5 {
		t.Errorf("%d lines", len(lines))
	}
	// Of images the alarm of memorizing is in every line in which the critic tells something apart.
	metrics, err := ReadMetrics(finished(t, onImages(), 1))
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, m := range metrics {
		if m.Gap > 0 {
			told++
		}
		if (m.Memorizing != nil) != (m.Gap > 0) {
			t.Errorf("gap %v, memorizing %v", m.Gap, m.Memorizing)
		}
	}
	if told == 0 {
		t.Error("the critic tells nothing apart: this tests nothing")
	}
}

// poisoned trains, and puts a value into a tensor before a step of the generator, before which the run is
// interrupted on demand.
func poisoned(t *testing.T, c Config, tensor string, before int, value float32, interrupt bool) (dir string, err error) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	r := &run{RunOptions: RunOptions{Dir: dir, Threads: 1}, config: c}
	r.Now = time.Now
	defer r.close()
	if err := r.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.Stepped = func(p Progress) {
		if p.Step != before-1 {
			return
		}
		if interrupt {
			cancel()
		}
		for _, param := range r.training.Params.All() {
			if param.Name != tensor {
				continue
			}
			values := make([]float32, param.Expr.Shape().Size())
			values[0] = value
			if err := r.program.Write(param.Expr, values); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err = r.train(ctx)
	return dir, err
}

// TestNotFinite checks that a run whose numbers are no longer finite stops with the step and the name of
// the tensor, and that its last good state and generator stay.
func TestNotFinite(t *testing.T) {
	c := onPoints()
	c.Regularizers, c.CriticSteps, c.Steps = []string{"r1:1"}, 1, 12
	c.LogEvery, c.SheetEvery, c.CheckpointEvery = 50, 4, 4
	nan := float32(math.NaN())
	for _, tensor := range []string{"generator/dense1.weight", "critic/dense1.weight", "critic/dense2.bias", "average/dense2.bias"} {
		// Before a step without anything due, one with a sheet and a checkpoint, and an interruption.
		for _, before := range []int{7, 8, -6} {
			interrupt := before < 0
			before = max(before, -before)
			dir, err := poisoned(t, c, tensor, before, nan, interrupt)
			if diverged := (train.Divergence{}); !errors.As(err, &diverged) || !strings.Contains(err.Error(), tensor) || !strings.Contains(err.Error(), "step ") {
				t.Errorf("%s before step %d: %v", tensor, before, err)
			}
			for _, file := range []string{checkpointFile, GeneratorFile} {
				data, err := os.ReadFile(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				f, err := tensorfile.Parse(data)
				if err != nil {
					t.Fatal(err)
				}
				for name, v := range f.Tensors {
					if v.F32 != nil && !v.Finite() {
						t.Errorf("%s before step %d: %s of %s is not finite", tensor, before, name, file)
					}
				}
			}
			g, err := LoadGenerator(dir, 1)
			if err != nil {
				t.Fatal(err)
			}
			if g.Steps != 4 {
				t.Errorf("the generator that is left is of step %d, expected the last good sheet's, 4", g.Steps)
			}
			g.Close()
			if _, err := FolderSummary(dir); err == nil {
				t.Error("a run that diverged has a result")
			}
		}
	}
	// Scores and slopes that are no longer finite while the parameters are: the error says which.
	steep := c
	steep.LogEvery, steep.Regularizers, steep.Objective = 1, nil, "wasserstein"
	_, err := poisoned(t, steep, "critic/dense1.weight", 7, 1e22, false)
	want := "the critic's slope at real samples is +Inf at step 7; largest parameter norms: critic/dense1.weight 1e+22, "
	if !errors.As(err, new(train.Divergence)) || !strings.Contains(err.Error(), want) {
		t.Errorf("a weight of 1e22: %v, expected %q", err, want)
	}
	// A run that diverges by itself does so again when it goes on, and does not go on for ever.
	c.LearningRate = 1e25
	dir := filepath.Join(t.TempDir(), "wild")
	for i := range 2 {
		if _, err := Run(t.Context(), c, RunOptions{Dir: dir, Resume: i > 0, Threads: 1}); !errors.As(err, new(train.Divergence)) {
			t.Errorf("attempt %d: %v", i, err)
		}
	}
}

// TestSwitches checks that a setting that has no effect on some data is refused there.
func TestSwitches(t *testing.T) {
	for want, change := range map[string]func(c *Config){
		"flip":       func(c *Config) { c.Flip = true },
		"augment":    func(c *Config) { c.Augment = "shift" },
		"train_size": func(c *Config) { c.TrainSize = 10 },
		"size is 32": func(c *Config) { c.Size = 32 },
	} {
		c := onPoints()
		change(&c)
		if _, err := Run(t.Context(), c, RunOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("points: %v, expected %q", err, want)
		}
	}
	for want, change := range map[string]func(c *Config){
		"flip":       func(c *Config) { c.Data, c.Flip = "stacked:mnist", true },
		"size is 32": func(c *Config) { c.Size = 32 },
	} {
		c := onImages()
		c.Flip = false
		change(&c)
		if _, err := Run(t.Context(), c, RunOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("images: %v, expected %q", err, want)
		}
	}
	// Batch norm in the critic of a text form.
	c := onImages()
	c.Network = "dcgan:width=2,critic-norm=batch"
	if _, err := Run(t.Context(), c, RunOptions{}); err == nil || !strings.Contains(err.Error(), "the critic has batch norm") {
		t.Error(err)
	}
}

// TestSheets checks that sheets show the same noise, before and after a resume, and the averaged
// generator.
func TestSheets(t *testing.T) {
	c := onPoints()
	dir := filepath.Join(t.TempDir(), "run")
	sheets := map[int]Sheet{}
	o := RunOptions{Dir: dir, Threads: 1, Sheet: func(_ string, s Sheet) error { sheets[s.Step] = s; return nil }}
	if _, err := Run(t.Context(), c, o); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains([]int{sheets[9].Count}, 2048) || sheets[0].Count == 0 || sheets[3].Count == 0 {
		t.Fatalf("sheets of %d steps", len(sheets))
	}
	g, err := LoadGenerator(dir, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	again := make([]float32, len(sheets[9].Samples))
	if err := g.Sample(c.Seed, 0, sheets[9].Count, again); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again, sheets[9].Samples) {
		t.Error("the last sheet is not what the saved generator makes of the seed")
	}
	if slices.Equal(sheets[0].Samples, sheets[9].Samples) {
		t.Error("the generator has learned nothing")
	}
	whole := sheets
	sheets = map[int]Sheet{}
	for i := range 2 { // interrupted after step 4, between two sheets
		ctx, cancel := context.WithCancel(t.Context())
		o.Dir, o.Resume, o.Stepped = dir+"-resumed", i > 0, func(p Progress) {
			if p.Step == 4 {
				cancel()
			}
		}
		if _, err := Run(ctx, c, o); (err == nil) != (i > 0) {
			t.Fatal(err)
		}
		cancel()
	}
	if !reflect.DeepEqual(sheets, whole) {
		t.Errorf("%d sheets of the run that was resumed are not the %d of the one that was not", len(sheets), len(whole))
	}
}
