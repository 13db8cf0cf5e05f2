package gan

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/tensorfile"
)

// TestConfig checks that the default and the presets are valid, that a configuration written in full
// stays itself, also through YAML, and what is refused, with the field's name.
func TestConfig(t *testing.T) {
	all := map[string]Config{"default": Default(), "points": onPoints(), "images": onImages()}
	for _, p := range Presets() {
		c := Default()
		p.Set(&c)
		all[p.Name] = c
	}
	for name, c := range all {
		full, err := c.Resolved()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := full.Resolved()
		if err != nil || !reflect.DeepEqual(again, full) {
			t.Errorf("%s: in full twice it is %+v, once %+v (%v)", name, again, full, err)
		}
		text, err := full.YAML()
		if err != nil {
			t.Fatal(err)
		}
		read, err := ReadConfig(Config{}, text)
		if err != nil || !reflect.DeepEqual(read, full) {
			t.Errorf("%s: YAML gives %+v, expected %+v (%v)", name, read, full, err)
		}
		if full.identity() != read.identity() || full.identity() == "" {
			t.Errorf("%s: another identity after YAML", name)
		}
	}
	seen := map[string]string{}
	for name, c := range all {
		if other := seen[c.identity()]; other != "" {
			t.Errorf("%s and %s have one identity", name, other)
		}
		seen[c.identity()] = name
	}
	moved := Default()
	moved.DataDir = "/elsewhere"
	if def := Default(); moved.identity() != def.identity() {
		t.Error("the folder of the data is a part of a run's identity")
	}
	for want, change := range map[string]func(c *Config){
		"batch is -1": func(c *Config) { c.Batch = -1 }, "steps is -1": func(c *Config) { c.Steps = -1 },
		"critic_steps is 0": func(c *Config) { c.CriticSteps = 0 }, "log_every is 0": func(c *Config) { c.LogEvery = 0 },
		"noise is 0": func(c *Config) { c.Noise = 0 }, "train_size is -2": func(c *Config) { c.TrainSize = -2 },
		"learning_rate is NaN":      func(c *Config) { c.LearningRate = math.NaN() },
		"learning_rate is +Inf":     func(c *Config) { c.LearningRate = math.Inf(1) },
		"average_half_life is -1":   func(c *Config) { c.HalfLife = -1 },
		"average_ramp is 2":         func(c *Config) { c.Ramp = 2 },
		`objective "wasserstien"`:   func(c *Config) { c.Objective = "wasserstien" },
		`regularizer "r3"`:          func(c *Config) { c.Regularizers = []string{"r3:1"} },
		"frobreg@real stands twice": func(c *Config) { c.Regularizers = []string{"r1:1", "r1:2"} },
		"none and r1:1, expected":   func(c *Config) { c.Regularizers = []string{"none", "r1:1"} },
		"r1:1 and none, expected":   func(c *Config) { c.Regularizers = []string{"r1:1", "none"} },
		`network "dcgna"`:           func(c *Config) { c.Network = "dcgna" },
		`"blur"`:                    func(c *Config) { c.Augment = "blur" },
		`optimizer "adma"`:          func(c *Config) { c.Optimizer = "adma" },
		"schedule":                  func(c *Config) { c.Schedule = "cosin" },
	} {
		c := Default()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, expected %q in one line", err, want)
		}
	}
	for _, text := range []string{"batchsize: 3", "batch: many", "batch: 3\nbatch: 4", "- 1", "batch: 1e99"} {
		if _, err := ReadConfig(Default(), []byte(text)); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

// TestWarnings checks what a reader of a configuration is told.
func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		objective string
		regs      []string
		want      string
	}{
		{"wasserstein", nil, "kept small"}, {"wasserstein", []string{"r1:0"}, "kept small"},
		{"wasserstein", []string{"wgan-gp:10"}, ""}, {"wasserstein", []string{"gradient-shrinking:1"}, ""},
		{"relativistic", []string{"r1+r2:1,every=16"}, "16-th step"}, {"relativistic", []string{"r1+r2:1"}, ""},
		{"original", []string{"r1:1,every=16"}, ""}, {"original", nil, ""},
	} {
		cfg := Default()
		cfg.Objective, cfg.Regularizers = c.objective, c.regs
		if got := strings.Join(cfg.Warnings(), "\n"); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s with %v: %q, expected %q", c.objective, c.regs, got, c.want)
		}
	}
}

// TestForeignFolders checks that what a run does not own is refused and left as it is.
func TestForeignFolders(t *testing.T) {
	c := onPoints()
	dir := finished(t, c, 1)
	summary, err := os.ReadFile(filepath.Join(dir, summaryFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), c, RunOptions{Dir: dir}); err == nil {
		t.Error("a folder with a run takes another one")
	}
	if again, err := os.ReadFile(filepath.Join(dir, summaryFile)); err != nil || string(again) != string(summary) {
		t.Error("its result has changed")
	}
	if _, err := Run(t.Context(), c, RunOptions{Dir: t.TempDir(), Resume: true}); err == nil || !strings.Contains(err.Error(), "no gan.yaml") {
		t.Errorf("resuming nothing: %v", err)
	}
	if _, err := LoadGenerator(filepath.Join(dir, "none"), 1); !errors.Is(err, fs.ErrNotExist) && err == nil {
		t.Error(err)
	}
	// A checkpoint of another configuration, and one that is cut off.
	for what, spoil := range map[string]func(dir string) error{
		"another configuration": func(dir string) error {
			other := c
			other.Seed++
			text, err := other.YAML()
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, configFile), text, 0o644)
		},
		"checkpoint.safetensors": func(dir string) error { return os.Truncate(filepath.Join(dir, checkpointFile), 1000) },
		"gan.yaml": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, configFile), []byte("batch: [\n"), 0o644)
		},
	} {
		copied := interruptedAt(t, c, 4)
		if err := spoil(copied); err != nil {
			t.Fatal(err)
		}
		_, err := Run(t.Context(), c, RunOptions{Dir: copied, Resume: true})
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// interruptedAt returns the folder of a run that was interrupted after a step.
func interruptedAt(t *testing.T, c Config, step int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := Run(ctx, c, RunOptions{Dir: dir, Threads: 1, Stepped: func(p Progress) {
		if p.Step == step {
			cancel()
		}
	}})
	if !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	return dir
}

func FuzzReadConfig(f *testing.F) {
	for _, c := range []Config{Default(), onPoints(), onImages()} {
		text, err := c.YAML()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ReadConfig(Default(), text)
		if err != nil {
			return
		}
		full, err := c.Resolved()
		if err != nil {
			return
		}
		data, err := full.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadConfig(Config{}, data)
		if err != nil || !reflect.DeepEqual(again, full) {
			t.Errorf("%+v, in full %+v, is read as %+v, %v", c, full, again, err)
		}
	})
}

// TestClaims checks that a small file that claims a large network is refused before memory is allocated
// for one.
func TestClaims(t *testing.T) {
	c := onPoints()
	c.Steps, c.Network = 1, "mlp:width=4,layers=1"
	path := filepath.Join(finished(t, c, 1), GeneratorFile)
	describe(t, path, "width=4,layers=1", "width=4096,layers=4")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := LoadGenerator(path, 1)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "expected") || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 32 {
		t.Errorf("%d MiB were allocated", mib)
	}
}

// describe replaces a text of the description in a generator file by another.
func describe(t *testing.T, path, from, to string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := tensorfile.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	text := f.Metadata["gradreg"]
	if f.Metadata["gradreg"] = strings.Replace(text, from, to, 1); f.Metadata["gradreg"] == text {
		t.Fatalf("%s is not in %s", from, text)
	}
	var changed bytes.Buffer
	if err := tensorfile.Write(&changed, f); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, changed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestGeneratorConvolution: a generator file that asks for an unknown way to convolve is refused in
// its name, and one that says auto is none.
func TestGeneratorConvolution(t *testing.T) {
	c := onPoints()
	c.Steps, c.Network = 1, "mlp:width=4,layers=1"
	path := filepath.Join(finished(t, c, 1), GeneratorFile)
	describe(t, path, `{`, `{"convolution":"auto",`)
	g, err := LoadGenerator(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	g.Close()
	describe(t, path, `"auto"`, `"driect"`)
	_, err = LoadGenerator(path, 1)
	if err == nil || !strings.Contains(err.Error(), path+`: unknown convolution "driect"`) {
		t.Error(err)
	}
}

func FuzzGenerator(f *testing.F) {
	c := onPoints()
	c.Steps, c.Network = 1, "mlp:width=2,layers=1"
	dir := filepath.Join(f.TempDir(), "run")
	if _, err := Run(f.Context(), c, RunOptions{Dir: dir, Threads: 1}); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, GeneratorFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	for _, change := range []string{`\"noise\":2>\"noise\":0`, `\"noise\":2>\"noise\":9`, `\"shape\":[2]>\"shape\":[3]`, `\"shape\":[2]>\"shape\":[]`, `width=2>width=9`, `gradreg-generator-1>gradreg-generator-7`} {
		from, to, _ := strings.Cut(change, ">")
		changed := strings.Replace(string(data), from, to, 1)
		if changed == string(data) {
			f.Fatalf("the file has no %s", from)
		}
		f.Add([]byte(changed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "g.safetensors")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		g, err := LoadGenerator(path, 1)
		if err != nil {
			if !strings.Contains(err.Error(), "g.safetensors") {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		defer g.Close()
		if err := g.Sample(1, 0, 3, make([]float32, 3*g.size())); err != nil {
			t.Error(err)
		}
	})
}
