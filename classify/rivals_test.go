package classify_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/backbonetest"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/optim"
)

// readTensors reads a model or a checkpoint.
func readTensors(t *testing.T, path string) map[string]tensorfile.Tensor {
	t.Helper()
	f, err := tensorfile.ReadFile(path, func(tensorfile.Header) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return f.Tensors
}

// TestFinetuneRivals finetunes with L2-SP and DELTA: at the first step the network is the pretrained
// one, a checkpoint keeps its weights, a run that goes on comes to the same bits, and the saved model
// has no use for them. Both are refused where nothing is pretrained.
func TestFinetuneRivals(t *testing.T) {
	data, weights := backbonetest.Photos(t, 10), backbonetest.Write(t, true)
	cfg := transfer(data, weights)
	cfg.Transfer, cfg.Steps, cfg.Batch, cfg.Optimizer, cfg.LearningRate = "finetune", 4, 4, optim.ParseSpec("sgd"), 1e-2
	cfg.Schedule = optim.ParseScheduleSpec("constant")
	cfg.Regularizers = gradreg.Specs("l2-sp:0.1,head=1e-30", "delta:0.1,head=1e-30", "weight-decay:1e-30")
	cfg.LogEvery, cfg.CheckpointEvery, cfg.EvalEvery = 1, 2, 0
	opt := classify.Options{Dir: filepath.Join(t.TempDir(), "run"), FeatureCache: t.TempDir(), Threads: 1}
	if _, err := classify.Run(t.Context(), cfg, opt); err != nil {
		t.Fatal(err)
	}
	metrics, err := classify.ReadMetrics(filepath.Join(opt.Dir, "metrics.jsonl"))
	if err != nil || len(metrics) != 4 {
		t.Fatalf("%d metrics, %v", len(metrics), err)
	}
	for _, name := range []string{"l2-sp", "delta"} {
		first, last := metrics[0].Penalties[name], metrics[3].Penalties[name]
		if !(first < 1e-20) || !(last > 1e-12) {
			t.Errorf("%s is %v at the first step and %v at the last, expected 0 and more", name, first, last)
		}
	}
	model := readTensors(t, filepath.Join(opt.Dir, classify.ModelFile))
	for name := range model {
		if strings.HasPrefix(name, "start/") {
			t.Errorf("the saved model has %s", name)
		}
	}
	half := opt
	half.Dir += "-2"
	stopped(t, cfg, half, 2)
	must(t, half.Dir, half)
	for name, tensor := range readTensors(t, filepath.Join(half.Dir, classify.ModelFile)) {
		if !slices.Equal(tensor.F32, model[name].F32) {
			t.Errorf("%s is another one after an interruption", name)
		}
	}
	cfg.Steps, cfg.Seed, cfg.Regularizers = 1, 2, gradreg.Specs() // the file has the values of seed 1
	trained, err := classify.Train(t.Context(), cfg, classify.Options{FeatureCache: opt.FeatureCache, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer trained.Close()
	checkStarts(t, trained, weights)
	for _, text := range []string{"l2-sp:0.1", "delta:0.1"} {
		scratch := classify.Default()
		scratch.Data, scratch.TrainSize, scratch.Steps = dataset.ParseSource("mnist"), 100, 1
		scratch.Regularizers = gradreg.Specs(text)
		_, err := classify.Run(t.Context(), scratch, classify.Options{Threads: 1})
		if !fault.IsInput(err) || !errors.Is(err, gradreg.ErrNotPretrained) {
			t.Errorf("%s from scratch: %v, expected a refusal", text, err)
		}
	}
}

// checkStarts checks that a plain training which is measured with another penalty gives it the
// pretrained weights, and not the random ones that a parameter begins with otherwise.
func checkStarts(t *testing.T, trained *classify.Trained, weights string) {
	t.Helper()
	other, err := trained.With(gradreg.L2SP{Weight: 1})
	if err != nil {
		t.Fatal(err)
	}
	program, err := trained.Engine().Compile(other.Steps(1)...)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if err := trained.Load(other, program); err != nil {
		t.Fatal(err)
	}
	file, found := readTensors(t, weights)["conv_stem.weight"].F32, false
	for _, p := range other.Params.All() {
		if p.StartOf == nil || p.StartOf.Name != "stem/conv1.weight" {
			continue
		}
		found = true
		got := make([]float32, len(file))
		if err := program.Read(p.Expr, got); err != nil || !slices.Equal(got, file) {
			t.Errorf("%s is not that of the file, %v", p.Name, err)
		}
	}
	if !found {
		t.Error("no copy of the first convolution")
	}
}
