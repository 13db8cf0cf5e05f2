package classify_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/classify/figures"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/idxtest"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/optim"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		classify.Few = []string{os.Getenv(childDigits)}
		os.Exit(childProcess(dir, os.Getenv(childWay)))
	}
	os.Exit(idxtest.Main(m, &classify.Few))
}

// small is a run of a second that has everything: dropout, penalties, evaluation, several epochs.
func small() classify.Config {
	cfg := classify.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch = 60, 60, 20
	cfg.Regularizers = append(cfg.Regularizers, gradreg.ParseSpec("spectreg:0.03"))
	cfg.EvalEvery, cfg.LogEvery, cfg.CheckpointEvery = 0, 7, 11
	return cfg
}

// fit runs a configuration.
func fit(t *testing.T, ctx context.Context, cfg classify.Config, opt classify.Options) error {
	t.Helper()
	opt.Draw = figures.Draw
	_, err := classify.Run(ctx, cfg, opt)
	return err
}

// weights returns the model file of a run folder.
func weights(t *testing.T, dir string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, classify.ModelFile))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// losses returns the lines of metrics without what depends on the clock.
func losses(t *testing.T, dir string) []float64 {
	t.Helper()
	lines, err := classify.ReadMetrics(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	for _, m := range lines {
		out = append(out, float64(m.Step), m.Loss, m.Penalties["datagrad"], m.Penalties["spectreg"])
	}
	return out
}

// TestDeterminism checks that neither threads nor interruptions change a bit of weights or metrics.
func TestDeterminism(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole")
	if err := fit(t, context.Background(), small(), classify.Options{Dir: whole, DataDirs: classify.Few, Threads: 1}); err != nil {
		t.Fatal(err)
	}
	for _, threads := range []int{2, 3} {
		dir := filepath.Join(t.TempDir(), "threads")
		if err := fit(t, context.Background(), small(), classify.Options{Dir: dir, DataDirs: classify.Few, Threads: threads}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(weights(t, dir), weights(t, whole)) {
			t.Errorf("%d threads give other weights than one", threads)
		}
	}
	for _, at := range []int{1, 10, 11, 30, 59} {
		dir := filepath.Join(t.TempDir(), "interrupted")
		ctx, cancel := context.WithCancel(context.Background())
		opt := classify.Options{Dir: dir, DataDirs: classify.Few, Stepped: func(p classify.Progress) {
			if p.Step == at {
				cancel()
			}
		}}
		if err := fit(t, ctx, small(), opt); !errors.Is(err, classify.ErrInterrupted) {
			t.Fatalf("interrupted at step %d: %v", at, err)
		}
		cfg, err := classify.FolderConfig(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := fit(t, context.Background(), cfg, classify.Options{Dir: dir, Resume: true}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(weights(t, dir), weights(t, whole)) {
			t.Errorf("interrupted at step %d: other weights", at)
		}
		if got, want := losses(t, dir), losses(t, whole); !equal(got, want) {
			t.Errorf("interrupted at step %d: metrics %v, want %v", at, got, want)
		}
	}
}

func equal(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestDivergence checks that a run whose numbers explode stops with an error that says where, and keeps its
// last good checkpoint.
func TestDivergence(t *testing.T) {
	cfg := small()
	cfg.LearningRate, cfg.Optimizer, cfg.CheckpointEvery = 1e8, optim.ParseSpec("sgd"), 1
	dir := filepath.Join(t.TempDir(), "run")
	err := fit(t, context.Background(), cfg, classify.Options{Dir: dir})
	if err == nil || fault.IsInput(err) || !strings.Contains(err.Error(), "at step") || !strings.Contains(err.Error(), "norms") {
		t.Fatalf("error is %v", err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "checkpoint.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := tensorfile.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for name, tensor := range f.Tensors {
		for _, v := range tensor.F32 {
			if v-v != 0 {
				t.Fatalf("the checkpoint's %s is not finite", name)
			}
		}
	}
}

// TestBadInput checks that what is wrong with the input is said in one line, and that nothing is written.
func TestBadInput(t *testing.T) {
	for name, change := range map[string]func(*classify.Config){
		"data":               func(c *classify.Config) { c.Data = dataset.ParseSource("mnits") },
		"model":              func(c *classify.Config) { c.Model = model.ParseSpec("lenett") },
		"model option":       func(c *classify.Config) { c.Model = model.ParseSpec("lenet:drop=0.3") },
		"dropout":            func(c *classify.Config) { c.Model = model.ParseSpec("lenet:dropout=1") },
		"regularizer":        func(c *classify.Config) { c.Regularizers = gradreg.Specs("datagard:1") },
		"key":                func(c *classify.Config) { c.Regularizers = gradreg.Specs("datagrad:1,every=0") },
		"negative λ":         func(c *classify.Config) { c.Regularizers = gradreg.Specs("datagrad:-1") },
		"NaN λ":              func(c *classify.Config) { c.Regularizers = gradreg.Specs("datagrad:NaN") },
		"no λ":               func(c *classify.Config) { c.Regularizers = gradreg.Specs("datagrad") },
		"twice":              func(c *classify.Config) { c.Regularizers = gradreg.Specs("datagrad:1", "datagrad:2") },
		"negative size":      func(c *classify.Config) { c.TrainSize = -1 },
		"too many images":    func(c *classify.Config) { c.TrainSize = 60001 },
		"batch above images": func(c *classify.Config) { c.Batch = 61 },
		"no batch":           func(c *classify.Config) { c.Batch = -1 },
		"optimizer":          func(c *classify.Config) { c.Optimizer = optim.ParseSpec("adma") },
		"momentum":           func(c *classify.Config) { c.Optimizer = optim.ParseSpec("sgd:momentum=1") },
		"schedule":           func(c *classify.Config) { c.Schedule = optim.ParseScheduleSpec("linear") },
		"rate":               func(c *classify.Config) { c.LearningRate = 0 },
		"steps":              func(c *classify.Config) { c.Steps = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			cfg, dir := small(), filepath.Join(t.TempDir(), "run")
			change(&cfg)
			err := fit(t, context.Background(), cfg, classify.Options{Dir: dir})
			if !fault.IsInput(err) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %v", err)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("a folder was made")
			}
		})
	}
}

// TestFolders checks what happens to folders that are taken, finished, damaged or in use.
func TestFolders(t *testing.T) {
	cfg := small()
	cfg.Steps = 2
	dir := filepath.Join(t.TempDir(), "run")
	if err := fit(t, context.Background(), cfg, classify.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	for name, opt := range map[string]classify.Options{
		"existing": {Dir: dir},
		"finished": {Dir: dir, Resume: true},
		"a file":   {Dir: filepath.Join(dir, "config.yaml", "run")},
		"not made": {Dir: filepath.Join(dir, "none"), Resume: true},
	} {
		if err := fit(t, context.Background(), cfg, opt); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := os.Remove(filepath.Join(dir, "summary.json")); err != nil {
		t.Fatal(err)
	}
	other := cfg
	other.Seed = 9
	if err := fit(t, context.Background(), other, classify.Options{Dir: dir, Resume: true}); !fault.IsInput(err) {
		t.Errorf("resumed with another configuration: %v", err)
	}
	checkpoint := filepath.Join(dir, "checkpoint.safetensors")
	data, err := os.ReadFile(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(checkpoint, data[:len(data)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if err := fit(t, context.Background(), cfg, classify.Options{Dir: dir, Resume: true}); !fault.IsInput(err) {
		t.Errorf("resumed from a damaged checkpoint: %v", err)
	}
	if after, _ := os.ReadFile(checkpoint); !bytes.Equal(after, data[:len(data)/2]) {
		t.Error("the damaged checkpoint was changed")
	}
	// A folder that another process writes to.
	long := cfg
	long.Steps = 1 << 20
	busy := filepath.Join(t.TempDir(), "busy")
	ctx, cancel := context.WithCancel(context.Background())
	begun, ended := make(chan bool), make(chan error)
	go func() {
		once := false
		ended <- fit(t, ctx, long, classify.Options{Dir: busy, Stepped: func(classify.Progress) {
			if !once {
				close(begun)
			}
			once = true
		}})
	}()
	<-begun
	if err := fit(t, context.Background(), long, classify.Options{Dir: busy, Resume: true}); !fault.IsInput(err) {
		t.Errorf("two writers: %v", err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, classify.ErrInterrupted) {
		t.Error(err)
	}
}

// TestPredict checks that a saved model answers as the run did, and refuses foreign files.
func TestPredict(t *testing.T) {
	cfg := small()
	dir := filepath.Join(t.TempDir(), "run")
	if err := fit(t, context.Background(), cfg, classify.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	m, err := classify.Load(filepath.Join(dir, classify.ModelFile), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	p, err := m.Predict(make([]byte, 784))
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	if len(p) != 10 || sum < 0.999999 || sum > 1.000001 {
		t.Errorf("probabilities %v", p)
	}
	if _, err := m.Predict(make([]byte, 783)); !fault.IsInput(err) {
		t.Errorf("an image of the wrong size: %v", err)
	}
	for _, name := range []string{"config.yaml", "checkpoint.safetensors", "none"} {
		if _, err := classify.Load(filepath.Join(dir, name), 1, 1); !fault.IsInput(err) {
			t.Errorf("%s as a model: %v", name, err)
		}
	}
}

// FuzzConfigText checks that a text is refused or read again as the same configuration.
func FuzzConfigText(f *testing.F) {
	good, err := classify.Default().YAML()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("stepz: 3"))
	f.Add([]byte("regularizers: [a, b]\nseed: 18446744073709551615"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := classify.ReadConfig(classify.Default(), data)
		if err != nil || cfg.Validate() != nil {
			return
		}
		text, err := cfg.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := classify.ReadConfig(classify.Config{}, text)
		if err != nil {
			t.Fatalf("written configuration is refused: %v\n%s", err, text)
		}
		if second, _ := again.YAML(); !bytes.Equal(text, second) {
			t.Errorf("read again: %s, want %s", second, text)
		}
	})
}
