package classify

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/golden"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/optim"
)

// TestPrograms compares the programs that steps are compiled to with those in testdata: a change of the compiler, of a
// layer or of a penalty that alters what is computed shows there, and its commit says why.
func TestPrograms(t *testing.T) {
	grey, colour := dataset.Shape{C: 1, H: 28, W: 28}, dataset.Shape{C: 3, H: 32, W: 32}
	for _, c := range []struct {
		name, model, regularizers, optimizer string
		shape                                dataset.Shape
		step                                 int
	}{
		{"lenet-plain", "lenet", "", "adam", grey, 1},
		{"lenet-datagrad", "lenet", "datagrad:50 weight-decay:5e-4", "adam", grey, 1},
		{"lenet-spectreg-every", "lenet:dropout=0", "spectreg:0.03,every=4", "sgd:momentum=0.9,nesterov=true", grey, 1},
		{"lenet-spectreg-every-without", "lenet:dropout=0", "spectreg:0.03,every=4", "sgd:momentum=0.9,nesterov=true", grey, 2},
		{"lenet-batch-norm-datagrad", "lenet:norm=batch", "datagrad:0.001", "adam", grey, 1},
		{"lenet-caffe-jacreg", "lenet-caffe", "jacreg:1", "adam", grey, 1},
		{"mlp-frobreg", "mlp:hidden=64x32", "frobreg:0.03", "adamw:decay=0.01", grey, 1},
		{"vgg-group-norm-onehot", "vgg:norm=group", "onehot:0.3", "adam", colour, 1},
		{"resnet-datagrad", "resnet:depth=8", "datagrad:1 label-smoothing:0.1", "sgd:momentum=0.9", colour, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Default()
			cfg.Model, cfg.Regularizers, cfg.Optimizer, cfg.Batch = model.ParseSpec(c.model), gradreg.Specs(strings.Fields(c.regularizers)...), optim.ParseSpec(c.optimizer), 20
			p, err := cfg.resolve()
			if err != nil {
				t.Fatal(err)
			}
			for _, level := range engine.Levels() {
				on, err := engine.Native(engine.Options{Level: level, Threads: 1})
				if err != nil {
					t.Fatal(err)
				}
				training, err := p.training(cfg.Batch, c.shape, 10)
				if err != nil {
					t.Fatal(err)
				}
				program, err := on.Compile(training.Step(nil))
				if err == nil && c.step > 1 {
					program.Close()
					program, err = on.Compile(training.Step(func(i int) bool { return training.Active(i, c.step) }))
				}
				if err != nil {
					t.Fatal(err)
				}
				golden.Text(t, filepath.Join("testdata", "programs", c.name+".txt"), program.(engine.Lister).Listing(0))
				program.Close()
			}
		})
	}
}
