package classify

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model"
)

// tiny is a run of two steps of a network of a few thousand weights.
func tiny(t testing.TB) (cfg Config, dir string) {
	cfg = Default()
	cfg.Model, cfg.TrainSize, cfg.Batch, cfg.Steps, cfg.EvalEvery = model.ParseSpec("mlp:hidden=2"), 20, 5, 2, 0
	dir = filepath.Join(t.TempDir(), "run")
	if _, err := Run(context.Background(), cfg, Options{Dir: dir, Threads: 1}); err != nil {
		t.Fatal(err)
	}
	return cfg, dir
}

// seed adds a file, one without a checksum, which would refuse nearly all that is made of the first, and what is left after
// usual accidents.
func seed(f *testing.F, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(bytes.Replace(data, []byte(`"sha256":`), []byte(`"sha-no":`), 1))
	f.Add(data[:len(data)/2])
	f.Add(append(bytes.Clone(data), 0))
	f.Add([]byte{})
}

// FuzzModel checks that a model file is refused or classifies an image without a panic.
func FuzzModel(f *testing.F) {
	_, dir := tiny(f)
	seed(f, filepath.Join(dir, ModelFile))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := readModel(func(accept func(tensorfile.Header) error) (tensorfile.File, error) {
			return tensorfile.Decode(bytes.NewReader(data), int64(len(data)), accept)
		}, nil, 1, 1)
		if err != nil {
			return
		}
		defer m.Close()
		if _, err := m.Predict(make([]byte, m.shape().Size())); err != nil {
			t.Error(err)
		}
	})
}

// FuzzCheckpoint checks that a checkpoint is refused, which changes nothing, or restores finite weights.
func FuzzCheckpoint(f *testing.F) {
	cfg, dir := tiny(f)
	seed(f, filepath.Join(dir, checkpointFile))
	p, err := cfg.resolve()
	if err != nil {
		f.Fatal(err)
	}
	on, err := engine.Native(engine.Options{Level: "generic", Threads: 1})
	if err != nil {
		f.Fatal(err)
	}
	e, err := newTrainer(cfg, p, dataset.Shape{C: 1, H: 28, W: 28}, 10, on)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(e.close)
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), checkpointFile)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := e.restore(path)
		if err == nil && (p.step < 0 || len(p.sums) != 1+len(e.regularizers)) {
			t.Errorf("read %+v", p)
		}
	})
}

// FuzzMetrics checks that what ReadMetrics accepts is in the lines of the file.
func FuzzMetrics(f *testing.F) {
	_, dir := tiny(f)
	seed(f, filepath.Join(dir, metricsFile))
	f.Add([]byte("{\"step\":1}\n{\"step\":2}\n{\"st"))
	f.Add([]byte("{\"step\":1}\n{\"st\n{\"step\":2}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), metricsFile)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		lines, err := ReadMetrics(path)
		if err == nil && len(lines) > bytes.Count(data, []byte("\n"))+1 {
			t.Errorf("%d lines of metrics in %d of text", len(lines), bytes.Count(data, []byte("\n"))+1)
		}
	})
}
