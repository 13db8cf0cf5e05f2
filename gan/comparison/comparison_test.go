package comparison_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/comparison"
)

const points = `name: a-comparison
title: points
data: [gaussians-8]
train: {network: "mlp:width=8,layers=1", noise: 2, batch: 8, steps: 6}
variants:
  - {name: none, train: {regularizers: []}}
  - {name: r1, train: {regularizers: ["r1:0.5"]}}
  - {name: diverges, train: {learning_rate: 1e30, objective: least-squares, regularizers: []}}
baseline: none
seeds: 2
samples: 10
scores: [goodness]
`

// judge scores a generator by its first sample.
func judge(_ context.Context, dir string, samples int) (map[string]float64, error) {
	g, err := gan.LoadGenerator(dir, 1)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	values := make([]float32, 2*samples)
	if err := g.Sample(1, 0, samples, values); err != nil {
		return nil, err
	}
	return map[string]float64{"goodness": float64(values[0])}, nil
}

// TestBuiltin checks that every comparison that comes with the program can be read.
func TestBuiltin(t *testing.T) {
	for _, name := range comparison.Names() {
		s, _, err := comparison.Builtin(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if runs, err := s.Runs(); err != nil || s.Name != name || len(runs) < 2 {
			t.Errorf("%s: %s with %d runs, %v", name, s.Name, len(runs), err)
		}
	}
	if len(comparison.Names()) == 0 {
		t.Error("no comparison comes with the program")
	}
}

// TestExecute checks that two processes' work on one comparison comes to what one's does, that an
// interrupted one goes on, and that a run which diverges is a result.
func TestExecute(t *testing.T) {
	s, err := comparison.Read([]byte(points))
	if err != nil {
		t.Fatal(err)
	}
	alone, both := t.TempDir(), t.TempDir()
	options := func(dir string) comparison.Options {
		return comparison.Options{Dir: dir, Judge: judge, Run: gan.RunOptions{Threads: 1}}
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := options(alone)
	o.Ended = func(comparison.Result) { cancel() }
	if _, err := comparison.Execute(ctx, s, o); err == nil {
		t.Error("the first process ended without an error")
	}
	if _, err := comparison.Execute(t.Context(), s, options(alone)); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			if _, err := comparison.Execute(t.Context(), s, options(both)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if _, err := comparison.Execute(t.Context(), s, options(both)); err != nil {
		t.Fatal(err)
	}
	one, err := comparison.ReadRuns(filepath.Join(alone, comparison.RunsFile))
	if err != nil {
		t.Fatal(err)
	}
	two, err := comparison.ReadRuns(filepath.Join(both, comparison.RunsFile))
	if err != nil || len(one) != 6 || len(two) != 6 {
		t.Fatalf("%d and %d runs, %v", len(one), len(two), err)
	}
	diverged := 0
	for key, r := range one {
		if r.Diverged != "" {
			diverged++
		}
		if r.Scores["goodness"] != two[key].Scores["goodness"] || (r.Diverged == "") != (r.Scores != nil) {
			t.Errorf("%s: %+v and %+v", key, r, two[key])
		}
	}
	if diverged != 2 {
		t.Errorf("%d runs diverged, expected 2", diverged)
	}
	report, err := comparison.NewReport(s, one)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Write(alone); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(alone, "tables.md"))
	if err != nil || !strings.Contains(string(text), "2 diverged") {
		t.Errorf("%v:\n%s", err, text)
	}
}

// TestUnknownScore checks that a score which no run will have is refused before any run, and before
// anything is written.
func TestUnknownScore(t *testing.T) {
	s, err := comparison.Read([]byte(points))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "none")
	o := comparison.Options{Dir: dir, Judge: judge, Scores: []string{"badness", "coverage"}}
	if _, err := comparison.Execute(t.Context(), s, o); err == nil || !strings.Contains(err.Error(), `unknown score "goodness"`) {
		t.Errorf("a judge that has no goodness: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder was made")
	}
	for _, name := range []string{"coverage", "coverage of real", "coverage by random-64"} {
		s.Scores = []string{name}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := comparison.Execute(ctx, s, o); err == nil || strings.Contains(err.Error(), "unknown score") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, kind := range []string{"dirac", "separation", "semi-supervised"} {
		text := "name: x\ntitle: x\nkind: " + kind + "\ndata: [mnist]\nvariants: [{name: a}]\nseeds: 1\nscores: [acuracy]\n"
		if _, err := comparison.Read([]byte(text)); err == nil || !strings.Contains(err.Error(), `unknown score "acuracy"`) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestRefused checks what is wrong with specs.
func TestRefused(t *testing.T) {
	for old, other := range map[string]string{
		"name: a-comparison": "name: A", "seeds: 2": "seeds: 0", "steps: 6": "step: 6",
		"baseline: none": "baseline: nobody", "r1:0.5": "r9:0.5", "scores: [goodness]": "scores: []",
		"name: r1": "name: none", "samples: 10": "samples: -1", "title: points": "kind: nothing\ntitle: points",
	} {
		if _, err := comparison.Read([]byte(strings.Replace(points, old, other, 1))); err == nil {
			t.Errorf("%s was taken", other)
		}
	}
}

// TestKeys checks that a run's key is that of what determines its numbers.
func TestKeys(t *testing.T) {
	key := func(text string) string {
		s, err := comparison.Read([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		runs, err := s.Runs()
		if err != nil {
			t.Fatal(err)
		}
		return runs[0].Key
	}
	first := key(points)
	if key(strings.Replace(points, "steps: 6", "steps: 6, sheet_every: 3", 1)) != first {
		t.Error("how often sheets are shown changes the key")
	}
	for _, other := range []string{"steps: 7", "steps: 6, learning_rate: 0.1"} {
		if key(strings.Replace(points, "steps: 6", other, 1)) == first {
			t.Errorf("%s does not change the key", other)
		}
	}
}
