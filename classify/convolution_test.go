package classify_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model"
)

// transformed returns a short run of a network that is trained with Winograd's algorithm.
func transformed() classify.Config {
	cfg := small()
	cfg.Model = model.ParseSpec("lenet-caffe")
	cfg.TrainSize, cfg.Batch, cfg.Steps, cfg.EvalEvery, cfg.LogEvery, cfg.CheckpointEvery = 100, 50, 6, 0, 1, 2
	return cfg
}

// TestConvolution trains with direct convolutions: to other bits than by default, which the folder, the summary, the model and
// the version of the numbers tell; resumed, repeated and evaluated, the run is the same.
func TestConvolution(t *testing.T) {
	cfg := transformed()
	auto := trained(t, cfg)
	cfg.Convolution = "auto"
	alike(t, "auto is the default", trained(t, cfg), auto)
	cfg.Convolution = "direct"
	direct := trained(t, cfg)
	if a, b := losses(t, auto), losses(t, direct); equal(a, b) {
		t.Errorf("direct and by default the losses are %v", a)
	}
	for dir, want := range map[string]engine.Convolution{auto: "", direct: engine.DirectConvolution} {
		resolved, err := classify.FolderConfig(dir)
		if err != nil {
			t.Fatal(err)
		}
		s, err := classify.FolderSummary(dir)
		if err != nil {
			t.Fatal(err)
		}
		m, err := classify.Load(filepath.Join(dir, classify.ModelFile), 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		m.Close()
		if resolved.Convolution != want || s.Convolution != want || m.Convolution != want {
			t.Errorf("recorded %q, %q and %q, expected %q", resolved.Convolution, s.Convolution, m.Convolution, want)
		}
		for _, name := range []string{"config.yaml", "summary.json"} {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || bytes.Contains(data, []byte("convolution")) != (want != "") {
				t.Errorf("%s of %q: %v\n%s", name, want, err, data)
			}
		}
		e, err := classify.Evaluate(t.Context(), dir, classify.Options{})
		if err != nil || e.Logits.Score().NLL() != s.TestNLL {
			t.Errorf("evaluated again, NLL is %v, expected %v (%v)", e.Logits.Score().NLL(), s.TestNLL, err)
		}
	}
	alike(t, "repeated", repeated(t, direct), direct)

	dir := filepath.Join(t.TempDir(), "run")
	stopped(t, cfg, classify.Options{Dir: dir, DataDirs: classify.Few}, 3)
	if s := must(t, dir, classify.Options{}); len(s.Origins) > 0 {
		t.Errorf("resumed, its steps are of %v", s.Origins)
	}
	alike(t, "resumed", dir, direct)
}

// TestConvolutionNumbers: what is computed directly has the bits of versions before Winograd's algorithm.
func TestConvolutionNumbers(t *testing.T) {
	cfg := transformed()
	auto, err := classify.Numbers(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Convolution = "direct"
	direct, err := classify.Numbers(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Model = model.ParseSpec("lenet")
	plain, err := classify.Numbers(cfg)
	if err != nil || direct != plain || auto <= direct {
		t.Errorf("numbers of version %d, direct %d, of a network without Winograd's algorithm %d (%v)", auto, direct, plain, err)
	}
}

// TestConvolutionRefused names a choice that there is not.
func TestConvolutionRefused(t *testing.T) {
	cfg := transformed()
	cfg.Convolution = "dirct"
	said(t, cfg.Validate(), `"dirct"`, `did you mean "direct"`)
	cfg.Convolution = "direct"
	path := filepath.Join(trained(t, cfg), classify.ModelFile)
	f, err := tensorfile.ReadFile(path, func(tensorfile.Header) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	card := strings.Replace(f.Metadata["gradreg"], `"convolution":"direct"`, `"convolution":"dirct"`, 1)
	if card == f.Metadata["gradreg"] {
		t.Fatalf("the model file says nothing of it: %s", card)
	}
	f.Metadata["gradreg"] = card
	if err := atomicfile.Write(path, func(w io.Writer) error { return tensorfile.Write(w, f) }); err != nil {
		t.Fatal(err)
	}
	if _, err := classify.Load(path, 1, 1); err == nil || !strings.Contains(err.Error(), `"dirct"`) {
		t.Errorf("%v", err)
	}
}
