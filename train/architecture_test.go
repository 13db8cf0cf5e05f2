package train_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/train"
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
	cfg := train.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.EvalEvery = 100, 5, 10, 0
	cfg.Model = "mlp:hidden=8"
	named, err := train.Run(context.Background(), cfg, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	cfg.Architecture = own{model.MLP{Hidden: []int{8}}}
	got, err := train.Run(context.Background(), cfg, train.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if got.Model != "own" || got.TestNLL != named.TestNLL || got.Parameters != named.Parameters {
		t.Errorf("%+v, by name %+v", got, named)
	}
	text, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
	if err != nil || !strings.Contains(string(text), "model: own\n") || strings.Contains(string(text), "rchitecture") {
		t.Errorf("the configuration is %s, %v", text, err)
	}
	cfg.Architecture = own{model.MLP{}}
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "model: hidden is empty") {
		t.Errorf("a model without layers: %v", err)
	}
}
