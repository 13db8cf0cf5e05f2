package train_test

import (
	"context"
	"runtime"
	"strconv"
	"testing"

	"github.com/gradreg/gradreg/train"
)

// numbersCase is a job and its loss on the test images by kernel level, which depends on every weight.
type numbersCase struct {
	name    string
	change  func(*train.Config)
	numbers map[string]string
}

// numbersCases are the first steps of the default job, and a job that ends with sure predictions: what float32 loses of a
// probability near 1 is seen there only.
var numbersCases = []numbersCase{
	{"default", func(c *train.Config) { c.Steps = 60 }, map[string]string{
		"avx512":  "0x1.ff02de56eec97p+00",
		"avx2":    "0x1.fd872546fb8ep+00",
		"generic": "0x1.fd8399d64d5dep+00",
	}},
	{"sure", func(c *train.Config) {
		c.Model, c.Steps, c.LearningRate = "mlp:hidden=32", 200, 0.01
		c.Regularizers = []string{"datagrad:1", "softmaxgrad:0.001", "confidence:0.01", "virtual-adversarial:0.1"}
	}, map[string]string{
		"avx512":  "0x1.6616664edb544p-02",
		"avx2":    "0x1.6616664ad6f2bp-02",
		"generic": "0x1.6616661e002e9p-02",
	}},
}

// TestNumbers notices changes that make an equal configuration train to other bits: results of studies from before and after
// are then not of the same run. Raise train.Numbers, and put the new values here.
func TestNumbers(t *testing.T) {
	if train.Numbers != 2 {
		t.Fatalf("train.Numbers is %d: put the numbers of that version here", train.Numbers)
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the numbers are those of amd64: elsewhere Go may fuse multiplications and additions")
	}
	for _, c := range numbersCases {
		cfg := train.Default()
		cfg.EvalEvery = 0
		c.change(&cfg)
		s, err := train.Run(context.Background(), cfg, train.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got := strconv.FormatFloat(s.TestNLL, 'x', -1, 64); got != c.numbers[s.CPU] {
			t.Errorf("%s: with %s the loss is %s, not %s: if that is meant, raise train.Numbers", c.name, s.CPU, got, c.numbers[s.CPU])
		}
	}
}
