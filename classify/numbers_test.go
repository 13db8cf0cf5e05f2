package classify_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
)

// numbersCase is a job and its loss on the test images by kernel level, which depends on every
// weight.
type numbersCase struct {
	name    string
	change  func(*classify.Config)
	numbers map[string]string
}

// numbersCases are the first steps of the default job, and a job that ends with sure predictions:
// what float32 loses of a probability near 1 is seen there only.
var numbersCases = []numbersCase{
	{"default", func(c *classify.Config) { c.Steps = 60 }, map[string]string{
		"avx512":  "0x1.ff02de56eec97p+00",
		"avx2":    "0x1.fd872546fb8ep+00",
		"generic": "0x1.fd8399d64d5dep+00",
	}},
	{"sure", func(c *classify.Config) {
		c.Model, c.Steps, c.LearningRate = model.ParseSpec("mlp:hidden=32"), 200, 0.01
		c.Regularizers = gradreg.Specs("datagrad:1", "softmaxgrad:0.001", "confidence:0.01", "virtual-adversarial:0.1")
	}, map[string]string{
		"avx512":  "0x1.6616664edb544p-02",
		"avx2":    "0x1.6616664ad6f2bp-02",
		"generic": "0x1.6616661e002e9p-02",
	}},
	{"batch norm, Winograd's algorithm, SGD with momentum, augmentation", func(c *classify.Config) {
		c.Architecture, c.Steps, c.Batch, c.LearningRate = planes{"batch", 2, 3}, 4, 32, 0.01
		c.Optimizer, c.Augment = optim.ParseSpec("sgd:momentum=0.9"), "crop:2,flip,cutout:4"
	}, map[string]string{
		"avx512":  "0x1.0a7fcdc601e2dp+05",
		"avx2":    "0x1.0a7fcc5c7d98cp+05",
		"generic": "0x1.0a7fcfb3ee96dp+05",
	}},
	{"group norm, Winograd's algorithm, AdamW, every=2", func(c *classify.Config) {
		c.Architecture, c.Steps, c.Batch, c.Optimizer = planes{"group", 2, 3}, 5, 32, optim.ParseSpec("adamw:decay=0.1")
		c.Regularizers = gradreg.Specs("spectreg:0.03,every=2", "weight-decay:0.001")
	}, map[string]string{
		"avx512":  "0x1.14fc829428c6ap+01",
		"avx2":    "0x1.14fc82bc2aa83p+01",
		"generic": "0x1.14fc82691c5a2p+01",
	}},
	{"group norm, wide convolutions", func(c *classify.Config) {
		c.Architecture, c.Steps, c.Batch, c.Optimizer = planes{"group", 4, 7}, 5, 32, optim.ParseSpec("adamw:decay=0.1")
		c.Regularizers = gradreg.Specs("spectreg:0.03,every=2")
	}, map[string]string{
		"avx512":  "0x1.05fd0f3b8c3a3p+01",
		"avx2":    "0x1.05fd0f5e50702p+01",
		"generic": "0x1.05fd0f54faf72p+01",
	}},
	{"group norm, Winograd's algorithm of 5×5", func(c *classify.Config) {
		c.Architecture, c.Steps, c.Batch, c.Optimizer = planes{"group", 4, 5}, 5, 32, optim.ParseSpec("adamw:decay=0.1")
		c.Regularizers = gradreg.Specs("spectreg:0.03,every=2")
	}, map[string]string{
		"avx512":  "0x1.0aa287305696ep+01",
		"avx2":    "0x1.0aa28b3e7f8aep+01",
		"generic": "0x1.0aa283406b1fp+01",
	}},
	{"Winograd's algorithm of phases, Adam", func(c *classify.Config) {
		c.Architecture, c.Steps, c.Batch = halving{}, 3, 64
		c.Regularizers = gradreg.Specs("datagrad:0.03")
	}, map[string]string{
		"avx512":  "0x1.0657de789aadcp+01",
		"avx2":    "0x1.0657de1b0a9b7p+01",
		"generic": "0x1.0657d24623a13p+01",
	}},
	{"fixed statistics", func(c *classify.Config) {
		c.Architecture, c.Steps, c.Batch, c.LearningRate = planes{"affine", 2, 3}, 4, 32, 0.01
		c.Regularizers = gradreg.Specs("datagrad:0.01")
	}, map[string]string{
		"avx512":  "0x1.570566412d4f6p+01",
		"avx2":    "0x1.570566ab7269cp+01",
		"generic": "0x1.570567116ffedp+01",
	}},
	{"dropout, Nesterov momentum, rotation", func(c *classify.Config) {
		c.Model, c.Steps, c.Batch, c.Optimizer = model.ParseSpec("lenet:norm=batch,dropout=0.2"), 4, 12, optim.ParseSpec("sgd:momentum=0.9,nesterov=true")
		c.Regularizers = gradreg.Specs("datagrad:0.01")
		c.LearningRate, c.Augment = 0.01, "rotate:10,scale:0.1,shift:0.1"
	}, map[string]string{
		"avx512":  "0x1.a5679377cca63p+01",
		"avx2":    "0x1.a57134d4cc6aap+01",
		"generic": "0x1.a5676868d39ecp+01",
	}},
	{"decoupled decay, mixup", func(c *classify.Config) {
		c.Model, c.Steps, c.Batch, c.Augment = model.ParseSpec("mlp:hidden=24x16,norm=batch"), 6, 20, "mixup:1"
		c.Regularizers = gradreg.Specs("weight-decay:0.01,decoupled=true", "label-smoothing:0.1")
	}, map[string]string{
		"avx512":  "0x1.34bb05431e959p+01",
		"avx2":    "0x1.35333e957f2f5p+01",
		"generic": "0x1.351f219f4477ap+01",
	}},
	{"spectral norm, warm-up, noise", func(c *classify.Config) {
		c.Model, c.Steps, c.Batch = model.ParseSpec("mlp:hidden=24,norm=group,activation=gelu"), 6, 20
		c.Regularizers = gradreg.Specs("spectral-norm:0.01", "jacreg:0.1,warmup=4", "input-noise:0.1")
	}, map[string]string{
		"avx512":  "0x1.3c63933dc3ecdp+01",
		"avx2":    "0x1.3c6391f703407p+01",
		"generic": "0x1.3c63962ad4541p+01",
	}},
	{"penalties in turn", func(c *classify.Config) {
		c.Model, c.Steps, c.Batch, c.Optimizer = model.ParseSpec("mlp:hidden=32"), 7, 12, optim.ParseSpec("sgd")
		c.Regularizers = gradreg.Specs("frobreg:0.01,every=3", "onehot:0.1,every=2", "hoffman:0.01,ramp=up")
	}, map[string]string{
		"avx512":  "0x1.6b2db49447d8bp+01",
		"avx2":    "0x1.6b2db4933d83dp+01",
		"generic": "0x1.6b2db49215833p+01",
	}},
}

// version is the numerics version of a case: what Winograd's algorithm does not compute has older bits.
func (c numbersCase) version() int {
	if strings.Contains(c.name, "phases") {
		return 6
	}
	if strings.Contains(c.name, "fixed statistics") {
		return 5
	}
	if strings.Contains(c.name, "Winograd") {
		return 4
	}
	return 2
}

// halving is a small network with convolutions of stride two.
type halving struct{}

func (halving) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	x = sym.LeakyReLU(nn.Conv{Out: 32, Kernel: 3, Stride: 2, Padding: nn.Same}.Apply(c, x), 0.2)
	x = sym.LeakyReLU(nn.Conv{Out: 64, Kernel: 5, Stride: 2, Padding: nn.Same}.Apply(c, x), 0.2)
	return nn.Dense{Out: classes}.Apply(c, nn.Flatten(x))
}

func (halving) Validate() error { return nil }
func (halving) String() string  { return "halving" }

// planes is a small network with the normalization of planes. With a stride of 4 the second
// convolution has few pixels and many channels.
type planes struct {
	norm   string
	stride int // of the first convolution
	kernel int // of the second
}

func (p planes) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	norm := nn.Norm{Kind: p.norm}
	if p.norm == "group" {
		norm.Groups = 4
	}
	x = sym.ReLU(norm.Apply(c, nn.Conv{Out: 32, Kernel: 5, Stride: p.stride, Padding: nn.Same, NoBias: p.norm == "affine"}.Apply(c, x)))
	x = sym.ReLU(norm.Apply(c, nn.Conv{Out: 32, Kernel: p.kernel, Padding: nn.Same, NoBias: p.norm == "affine"}.Apply(c, x)))
	return nn.Dense{Out: classes}.Apply(c, nn.Flatten(x))
}

func (p planes) Validate() error { return nil }
func (p planes) String() string  { return fmt.Sprint("planes:", p.norm, p.stride, p.kernel) }

// TestNumbersOfBatches checks that large batches, whose sums have more parts, have numbers of their
// own.
func TestNumbersOfBatches(t *testing.T) {
	for batch, want := range map[int]int{50: 2, 128: 2, 129: 3, 256: 3} {
		cfg := classify.Config{Model: model.ParseSpec("lenet"), Batch: batch}
		if v, err := classify.Numbers(cfg); err != nil || v != want {
			t.Errorf("batch %d: numbers of version %d, %v, expected %d", batch, v, err, want)
		}
	}
}

// TestNumbers notices changes that make an equal configuration train to other bits: results of
// studies from before and after are then not of the same run. Raise classify.NumericsVersion, and
// put the new values here.
func TestNumbers(t *testing.T) {
	if classify.NumericsVersion != 7 {
		t.Fatalf("classify.NumericsVersion is %d: put the numbers of that version here", classify.NumericsVersion)
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the numbers are those of amd64: elsewhere Go may fuse multiplications and additions")
	}
	for _, c := range numbersCases {
		cfg := classify.Default()
		cfg.EvalEvery = 0
		c.change(&cfg)
		s, err := classify.Run(context.Background(), cfg, classify.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := classify.Numbers(cfg); err != nil || v != c.version() {
			t.Errorf("%s: numbers of version %d, %v, expected %d", c.name, v, err, c.version())
		}
		if got := strconv.FormatFloat(s.TestNLL, 'x', -1, 64); got != c.numbers[s.CPU] {
			t.Errorf("%s: with %s the loss is %s, not %s: if that is meant, raise classify.NumericsVersion", c.name, s.CPU, got, c.numbers[s.CPU])
		}
	}
}
