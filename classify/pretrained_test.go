package classify_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
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

// transfer returns the configuration of a run that begins with a file of weights.
func transfer(data, weights string) classify.Config {
	cfg := classify.Default()
	cfg.Data, cfg.TrainSize, cfg.Regularizers = dataset.ParseSource(data), 0, nil
	cfg.Augment, cfg.Backbone, cfg.Batch = "", weights, 0
	return cfg
}

// TestFrozen trains a head on features, and checks that its model needs the file of weights no
// more, that the run can be evaluated, repeated and resumed, and that features are computed once.
func TestFrozen(t *testing.T) {
	data, weights, cache := backbonetest.Photos(t, 10), backbonetest.Write(t, true), t.TempDir()
	cfg := transfer(data, weights)
	dir := filepath.Join(t.TempDir(), "run")
	told := 0
	opt := classify.Options{
		Dir: dir, FeatureCache: cache, Threads: 1, Embedding: func(done, total int) { told = done*1000 + total },
	}
	s, err := classify.Run(t.Context(), cfg, opt)
	if err != nil {
		t.Fatal(err)
	}
	if s.Head == nil || s.Head.Features != 1280 || s.Head.Computed != 20 || s.Head.Cached != 0 || s.Head.Folds != 5 || told != 20020 {
		t.Errorf("head %+v, told %d", s.Head, told)
	}
	if s.TestImages != 4 || s.TestAccuracy != 1 || s.Steps != 1 || s.Model.String() != "mobilenet-v2:width=1" {
		t.Errorf("%d test images, accuracy %v, %d steps, model %s", s.TestImages, s.TestAccuracy, s.Steps, s.Model)
	}
	model, err := os.ReadFile(filepath.Join(dir, classify.ModelFile))
	if err != nil {
		t.Fatal(err)
	}
	again := opt
	again.Dir, again.Threads = dir+"-2", 2
	s2, err := classify.Run(t.Context(), cfg, again)
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(filepath.Join(again.Dir, classify.ModelFile))
	if err != nil || s2.Head.Computed != 0 || s2.Head.Cached != 20 || string(model) != string(second) {
		t.Errorf("another model of the same features, %+v, %v", s2.Head, err)
	}
	recorded, err := classify.FolderConfig(dir)
	if err != nil || recorded.Fit != "crop:share=0.875,chroma=interpolated" || recorded.Size != backbonetest.Size || len(recorded.BackboneSHA256) != 64 {
		t.Errorf("recorded %+v, %v", recorded, err)
	}
	opt.Resume = true
	if _, err := classify.Run(t.Context(), recorded, opt); err != nil {
		t.Errorf("resumed: %v", err)
	}
	if err := os.Remove(weights); err != nil {
		t.Fatal(err)
	}
	e, err := classify.Evaluate(t.Context(), dir, classify.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if score := e.Logits.Score(); score.Accuracy() != 1 || math.Abs(score.NLL()-s.TestNLL) > 1e-6 {
		t.Errorf("evaluated: NLL %v, expected %v", score.NLL(), s.TestNLL)
	}
	m, err := classify.Load(filepath.Join(dir, classify.ModelFile), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	picture, err := os.ReadFile(filepath.Join(data, "red", "3.png"))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := m.PredictPicture(picture, false); err != nil || p[1] < 0.5 {
		t.Errorf("a red picture is predicted as %v of %v, %v", p, m.Classes, err)
	}
	if runs, err := classify.List(dir); err != nil || len(runs) != 1 || runs[0].State != classify.StateFinished {
		t.Errorf("listed %+v, %v", runs, err)
	}
}

// TestFrozenInterrupted checks that a run that was interrupted goes on to the same model.
func TestFrozenInterrupted(t *testing.T) {
	data, weights := backbonetest.Photos(t, 12), backbonetest.Write(t, true)
	cfg := transfer(data, weights)
	var models []string
	for _, interrupted := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "run")
		ctx, cancel := context.WithCancel(t.Context())
		opt := classify.Options{Dir: dir, FeatureCache: t.TempDir(), Threads: 1}
		if interrupted {
			opt.Embedding = func(done, _ int) {
				if done > 0 { // the first is what the cache had
					cancel()
				}
			}
		}
		_, err := classify.Run(ctx, cfg, opt)
		cancel()
		if interrupted {
			if !errors.Is(err, classify.ErrInterrupted) {
				t.Fatalf("%v, expected an interruption", err)
			}
			opt.Resume, opt.Embedding = true, nil
			recorded, err := classify.FolderConfig(dir)
			if err != nil {
				t.Fatal(err)
			}
			s, err := classify.Run(t.Context(), recorded, opt)
			if err != nil || s.Head.Cached == 0 || s.Head.Computed == 0 {
				t.Fatalf("resumed: %+v, %v", s.Head, err)
			}
		} else if err != nil {
			t.Fatal(err)
		}
		model, err := os.ReadFile(filepath.Join(dir, classify.ModelFile))
		if err != nil {
			t.Fatal(err)
		}
		models = append(models, string(model))
	}
	if models[0] != models[1] {
		t.Error("the model of the interrupted run is another one")
	}
}

// TestFrozenNumbers checks a head that learns numbers, and one that learns labels.
func TestFrozenNumbers(t *testing.T) {
	data, weights := backbonetest.Photos(t, 10), backbonetest.Write(t, true)
	numbers, labels := "file,redness\n", "file,red,any\n"
	for i := range 10 {
		numbers += fmt.Sprintf("blue/%d.png,%d.5\nred/%d.png,%d.5\n", i, 10, i, 20)
		labels += fmt.Sprintf("blue/%d.png,0,1\nred/%d.png,1,1\n", i, i)
	}
	for _, table := range []string{numbers, labels} {
		if err := os.WriteFile(filepath.Join(data, "labels.csv"), []byte(table), 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := classify.Run(t.Context(), transfer(data, weights), classify.Options{
			Dir: filepath.Join(t.TempDir(), "run"), FeatureCache: dataset.NoCache, Threads: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		if s.TaskResult == nil || s.Name == "label accuracy" && s.Quality < 0.99 || s.Name != "label accuracy" && s.Quality > 2 {
			t.Errorf("%s: %+v", s.Task, s.TaskResult)
		}
	}
}

// TestTransferRefused checks what a run with a pretrained network refuses, and why.
func TestTransferRefused(t *testing.T) {
	data, weights, bare := backbonetest.Photos(t, 4), backbonetest.Write(t, true), backbonetest.Write(t, false)
	for want, change := range map[string]func(*classify.Config){
		"need transfer finetune":              func(c *classify.Config) { c.Regularizers = gradreg.Specs("datagrad:1") },
		"augment is flip":                     func(c *classify.Config) { c.Augment = "flip" },
		`did you mean "features"?`:            func(c *classify.Config) { c.Transfer = "feature" },
		"takes the pictures of a folder":      func(c *classify.Config) { c.Data = dataset.ParseSource("mnist") },
		"does not say how pictures are prep":  func(c *classify.Config) { c.Backbone = bare },
		"is not the file of weights that the": func(c *classify.Config) { c.BackboneSHA256 = strings.Repeat("0", 64) },
		"head_l2 is -1":                       func(c *classify.Config) { c.HeadL2 = -1 },
		"but there is no backbone":            func(c *classify.Config) { c.Backbone, c.Transfer = "", "finetune" },
		"depth_rate is 0.5, but only":         func(c *classify.Config) { c.DepthRate = 0.5 },
		"depth_rate is 2":                     func(c *classify.Config) { c.DepthRate, c.Transfer = 2, "finetune" },
		`preprocessing "timm:crop=2"`:         func(c *classify.Config) { c.Preprocessing = "timm:crop=2" },
	} {
		cfg := transfer(data, weights)
		change(&cfg)
		dir := filepath.Join(t.TempDir(), "run")
		_, err := classify.Run(t.Context(), cfg, classify.Options{Dir: dir, FeatureCache: dataset.NoCache, Threads: 1})
		if err == nil || !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected %q", err, want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: the folder was made", want)
		}
	}
	cfg := transfer(data, bare)
	cfg.Preprocessing, cfg.Size = "torchvision", backbonetest.Size
	s, err := classify.Run(t.Context(), cfg, classify.Options{FeatureCache: dataset.NoCache, Threads: 1})
	if err != nil || s.Head == nil {
		t.Errorf("with a preprocessing: %v", err)
	}
}

// TestFinetune trains a network that begins with weights of a file: the head is there from the
// start, statistics of norms stay, the first parts move less, and a run that was interrupted goes on
// to the same bits.
func TestFinetune(t *testing.T) {
	data, weights := backbonetest.Photos(t, 10), backbonetest.Write(t, true)
	cfg := transfer(data, weights)
	cfg.Transfer, cfg.Steps, cfg.Batch, cfg.Optimizer, cfg.LearningRate = "finetune", 4, 4, optim.ParseSpec("sgd"), 1e-3
	cfg.Schedule, cfg.Regularizers, cfg.DepthRate = optim.ParseScheduleSpec("constant"), gradreg.Specs("datagrad:0.1"), 0.1
	cfg.LogEvery, cfg.CheckpointEvery, cfg.EvalEvery = 1, 2, 0
	opt := classify.Options{Dir: filepath.Join(t.TempDir(), "run"), FeatureCache: t.TempDir(), Threads: 1}
	s, err := classify.Run(t.Context(), cfg, opt)
	if err != nil {
		t.Fatal(err)
	}
	if s.Model.String() != "mobilenet-v2:width=1,norm=frozen" || s.Steps != 4 || s.TestAccuracy != 1 {
		t.Errorf("model %s, %d steps, accuracy %v", s.Model, s.Steps, s.TestAccuracy)
	}
	metrics, err := classify.ReadMetrics(filepath.Join(opt.Dir, "metrics.jsonl"))
	if err != nil || len(metrics) != 4 || !(metrics[0].Loss < 0.3) || metrics[0].Penalties["datagrad"] <= 0 {
		t.Errorf("metrics %+v, %v: expected a head that knows the classes from the first step on", metrics, err)
	}
	read := func(path string) map[string]tensorfile.Tensor {
		f, err := tensorfile.ReadFile(path, func(tensorfile.Header) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return f.Tensors
	}
	before, after := read(weights), read(filepath.Join(opt.Dir, classify.ModelFile))
	moved := func(parameter, tensor string) float64 {
		sum, all := 0.0, 0.0
		for i, v := range after[parameter].F32 {
			d := float64(v - before[tensor].F32[i])
			sum, all = sum+d*d, all+float64(v)*float64(v)
		}
		return math.Sqrt(sum / all)
	}
	first, last := moved("stem/conv1.weight", "conv_stem.weight"), moved("last/conv1.weight", "conv_head.weight")
	if !(first < last/10) || last == 0 {
		t.Errorf("the first convolution moved by %v of its length, the last one by %v", first, last)
	}
	if d := moved("stage2/block1/norm1.running_var", "blocks.1.0.bn1.running_var"); d != 0 {
		t.Errorf("the statistics of a norm moved by %v", d)
	}
	half := opt
	half.Dir += "-2"
	stopped(t, cfg, half, 3)
	must(t, half.Dir, half)
	for name, tensor := range read(filepath.Join(half.Dir, classify.ModelFile)) {
		if !slices.Equal(tensor.F32, after[name].F32) {
			t.Errorf("%s is another one after an interruption", name)
		}
	}
}

// TestEmbedder checks that a picture has one vector: alone, among others, from a file, and from a
// cache, damaged or not.
func TestEmbedder(t *testing.T) {
	data, weights, cache := backbonetest.Photos(t, 12), backbonetest.Write(t, true), t.TempDir()
	open := func(cache string) *classify.Embedder {
		e, err := classify.OpenEmbedder(weights, classify.EmbedOptions{Threads: 1, Cache: cache})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		return e
	}
	var paths []string
	for i := range 12 {
		paths = append(paths, filepath.Join(data, "red", fmt.Sprintf("%d.png", i)), filepath.Join(data, "blue", fmt.Sprintf("%d.png", i)))
	}
	e := open(dataset.NoCache)
	var images [][]byte
	for _, path := range paths {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		image, err := e.Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		images = append(images, image)
	}
	want, err := e.Embed(t.Context(), images)
	if err != nil || len(want) != 24 || len(want[0]) != e.Count || slices.Equal(want[0], want[1]) {
		t.Fatalf("%d vectors, %v", len(want), err)
	}
	alone, err := e.Embed(t.Context(), images[19:20])
	if err != nil || !slices.Equal(alone[0], want[19]) {
		t.Errorf("a picture alone has another vector, %v", err)
	}
	bad := filepath.Join(t.TempDir(), "bad.png")
	if err := os.WriteFile(bad, []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	withBad := append(slices.Clone(paths), bad)
	for round := range 3 {
		if round == 2 { // the last vector of the cache is damaged
			files, _ := filepath.Glob(filepath.Join(cache, "*", "*"))
			content, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			content[len(content)-1] ^= 1
			if err := os.WriteFile(files[0], content, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		e := open(cache)
		got, errs, err := e.EmbedFiles(t.Context(), withBad, nil)
		if err != nil || errs[24] == nil || got[24] != nil || !strings.Contains(errs[24].Error(), bad) {
			t.Fatalf("round %d: %v, %v", round, err, errs)
		}
		for i := range paths {
			if errs[i] != nil || !slices.Equal(got[i], want[i]) {
				t.Fatalf("round %d: picture %d has another vector, %v", round, i, errs[i])
			}
		}
		computed, cached := e.Computed()
		if n := []int{24, 0, 1}[round]; computed != n || cached != 24-n || (len(e.Notes()) > 0) != (round == 2) {
			t.Errorf("round %d: %d computed, %d cached, notes %q", round, computed, cached, e.Notes())
		}
		e.Close()
	}
	if _, err := e.Embed(t.Context(), [][]byte{{1, 2}}); !fault.IsInput(err) {
		t.Errorf("two bytes: %v", err)
	}
}
