package classify_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// own is an MLP under a name that no file reader knows.
type own struct{ model.MLP }

func (m own) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	return m.MLP.Logits(c, x, classes)
}
func (own) String() string { return "own" }

// TestArchitecture checks a model of a user's own: its run records its name, its numbers are those of the same network
// named in text, and it is validated.
func TestArchitecture(t *testing.T) {
	cfg := classify.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.EvalEvery = 100, 5, 10, 0
	cfg.Model = model.ParseSpec("mlp:hidden=8")
	named, err := classify.Run(context.Background(), cfg, classify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	cfg.Architecture = own{model.MLP{Hidden: []int{8}}}
	got, err := classify.Run(context.Background(), cfg, classify.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if got.Model.String() != "own" || got.TestNLL != named.TestNLL || got.Parameters != named.Parameters {
		t.Errorf("%+v, by name %+v", got, named)
	}
	text, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
	if err != nil || !strings.Contains(string(text), "model: own\n") || strings.Contains(string(text), "rchitecture") {
		t.Errorf("the configuration is %s, %v", text, err)
	}
	loadOwn(t, filepath.Join(dir, classify.ModelFile), cfg.Architecture)
	examined, err := classify.ExamineArchitecture(t.Context(), dir, cfg.Architecture, classify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer examined.Close()
	if score := examined.Logits.Score(); score.NLL() != got.TestNLL || score.Accuracy() != got.TestAccuracy {
		t.Errorf("examined: %v and %v, after the run %v and %v", score.NLL(), score.Accuracy(), got.TestNLL, got.TestAccuracy)
	}
	if _, err := classify.Examine(t.Context(), dir, classify.Options{}); !fault.IsInput(err) || !strings.Contains(err.Error(), "ExamineArchitecture") {
		t.Errorf("examined without the architecture: %v", err)
	}
	cfg.Architecture = own{model.MLP{}}
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "model: hidden is empty") {
		t.Errorf("a model without layers: %v", err)
	}
}

// loadOwn loads a model of a user's own and classifies images with it, alone and several at once.
func loadOwn(t *testing.T, path string, arch model.Model) {
	t.Helper()
	if _, err := classify.Load(path, 1, 1); !fault.IsInput(err) || !strings.Contains(err.Error(), "LoadArchitecture") {
		t.Errorf("without the architecture: %v", err)
	}
	if _, err := classify.LoadArchitecture(path, model.MLP{Hidden: []int{8}}, 1, 1); !fault.IsInput(err) || !strings.Contains(err.Error(), "found own, expected the given mlp") {
		t.Errorf("with another architecture: %v", err)
	}
	if _, err := classify.LoadArchitecture(path, arch, 0, 1); !fault.IsInput(err) {
		t.Errorf("a batch of 0: %v", err)
	}
	m, err := classify.LoadArchitecture(path, arch, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	images := make([][]byte, 5)
	for i := range images {
		images[i] = make([]byte, 28*28)
		for j := range images[i] {
			images[i][j] = byte(i * j)
		}
	}
	all, err := m.PredictAll(images)
	if err != nil || len(all) != len(images) {
		t.Fatalf("%d answers, %v", len(all), err)
	}
	for i, image := range images {
		alone, err := m.Predict(image)
		if err != nil {
			t.Fatal(err)
		}
		for k, p := range alone {
			if math.Abs(p-all[i][k]) > 1e-6 {
				t.Errorf("image %d, class %d: %v alone, %v among others", i, k, p, all[i][k])
			}
		}
	}
	if _, err := m.PredictAll([][]byte{images[0], {1}}); !fault.IsInput(err) || !strings.Contains(err.Error(), "image 1 of 1 bytes") {
		t.Errorf("an image of another size: %v", err)
	}
	if all, err := m.PredictAll(nil); err != nil || len(all) != 0 {
		t.Errorf("no images: %v, %v", all, err)
	}
}
