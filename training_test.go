package gradreg_test

import (
	"errors"
	"go/build"
	"io/fs"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
)

// training is that of a small classifier of eight images.
func training(t *testing.T, regs ...string) *gradreg.ClassifierTraining {
	t.Helper()
	parsed, err := gradreg.ParseAll(regs)
	if err != nil {
		t.Fatal(err)
	}
	o, err := optim.Parse("sgd:momentum=0.9")
	if err != nil {
		t.Fatal(err)
	}
	c, err := gradreg.NewClassifierTraining(gradreg.ClassifierOptions{
		Model: "small", Shape: [3]int{1, 3, 3}, Classes: 3, Batch: 8, Regularizers: parsed, Optimizer: o,
		Forward: func(c *nn.Context, x *sym.Expr) *sym.Expr {
			return nn.Dense{Out: 3}.Apply(c, sym.Tanh(nn.Dense{Out: 6}.Apply(c, nn.Flatten(x))))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTrainingOnEngines takes the same steps, with penalties in turn, weights that vary and
// decoupled decay, on every engine and compares losses and weights with those of the reference.
func TestTrainingOnEngines(t *testing.T) {
	const steps = 7
	engines := []engine.Engine{engine.Reference()}
	for _, level := range engine.Levels() {
		e, err := engine.Native(engine.Options{Level: level, Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		engines = append(engines, e)
	}
	var want []float32
	for _, e := range engines {
		c := training(t, "datagrad:0.5,every=2", "spectreg:0.1,every=3,warmup=4", "weight-decay:0.1,decoupled=true,warmup=3", "spectral-norm:0.01")
		p, err := e.Compile(c.Steps(steps)...)
		if err != nil {
			t.Fatal(err)
		}
		images, labels := make([]float32, c.X.Shape().Size()), make([]int32, 8)
		for i := range images {
			images[i] = float32(math.Sin(float64(i * i)))
		}
		for i := range labels {
			labels[i] = int32(i % 3)
		}
		if err := c.Params.Initialize(p, 1); err != nil {
			t.Fatal(err)
		}
		var got []float32
		for s := 1; s <= steps; s++ {
			if err := c.Feed(p, images, labels, 1); err != nil {
				t.Fatal(err)
			}
			if err := c.Run(p, 5, s, steps, 0.1); err != nil {
				t.Fatal(err)
			}
			loss, err := engine.Scalar(p, 0)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, loss)
		}
		err = c.Params.Each(p, func(_ *nn.Param, values []float32) error {
			got = append(got, values...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		p.Close()
		if want == nil {
			want = got
		}
		for i, v := range got {
			if !(math.Abs(float64(v-want[i])) <= 1e-5) {
				t.Errorf("%s: number %d is %v, by the reference %v", e.Name(), i, v, want[i])
			}
		}
		if got[0] <= got[steps-1] {
			t.Errorf("%s: losses %v do not fall", e.Name(), got[:steps])
		}
	}
}

// TestSteps checks which steps a run has and which of them each step is.
func TestSteps(t *testing.T) {
	c := training(t, "datagrad:1,every=2", "spectreg:1,every=3")
	var outputs []int
	for _, s := range c.Steps(100) {
		outputs = append(outputs, len(s.Outputs))
	}
	if !slices.Equal(outputs, []int{3, 1, 2, 2}) { // both at 1, none at 2, DataGrad at 3, SpectReg at 4
		t.Errorf("steps with %v outputs", outputs)
	}
	var at []int
	for s := 1; s <= 8; s++ {
		at = append(at, c.At(s))
	}
	if !slices.Equal(at, []int{0, 1, 2, 3, 2, 1, 0, 1}) {
		t.Errorf("steps 1 to 8 are %v", at)
	}
	if n := len(training(t, "datagrad:1,every=2", "spectreg:1,every=3").Steps(2)); n != 2 {
		t.Errorf("a run of two steps has %d", n)
	}
	if n := len(training(t, "datagrad:1,every=1000000000", "spectreg:1,every=999999937").Steps(3)); n != 2 {
		t.Errorf("%d steps of rare penalties", n)
	}
}

// packageDirs returns the folders of the module that hold Go files.
func packageDirs(t *testing.T) []string {
	t.Helper()
	dirs := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (name[0] == '.' || name[0] == '_' || name == "testdata"):
			return filepath.SkipDir
		case strings.HasSuffix(name, ".go"):
			dirs[filepath.ToSlash(filepath.Dir(path))] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(dirs) < 20 {
		t.Fatalf("found %d packages only", len(dirs))
	}
	return slices.Collect(maps.Keys(dirs))
}

// TestOnlyEngineCompiles checks that package engine is the only way to a compiled program.
func TestOnlyEngineCompiles(t *testing.T) {
	for _, dir := range packageDirs(t) {
		p, err := build.ImportDir(dir, 0)
		if errors.As(err, new(*build.NoGoError)) { // files that are run one by one
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if dir == "engine" || dir == "internal/plan" {
			continue
		}
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if strings.HasSuffix(path, "/internal/plan") {
				t.Errorf("%s imports %s, expected engine to be the only one", dir, path)
			}
		}
	}
}
