package train_test

import (
	"context"
	"runtime"
	"strconv"
	"testing"

	"github.com/gradreg/gradreg/train"
)

// numbers is the loss on the test images, by kernel level, after 60 steps of the default job. It depends on every weight.
var numbers = map[string]string{
	"avx512":  "0x1.ff02de56eec97p+00",
	"avx2":    "0x1.fd872546fb8ep+00",
	"generic": "0x1.fd8399d64d5dep+00",
}

// TestNumbers notices changes that make an equal configuration train to other bits: results of studies from before and after
// are then not of the same run. Raise train.Numbers, and put the new values here.
func TestNumbers(t *testing.T) {
	if train.Numbers != 1 {
		t.Fatalf("train.Numbers is %d: put the numbers of that version here", train.Numbers)
	}
	cfg := train.Default()
	cfg.Steps, cfg.EvalEvery = 60, 0
	s, err := train.Run(context.Background(), cfg, train.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the numbers are those of amd64: elsewhere Go may fuse multiplications and additions")
	}
	if got := strconv.FormatFloat(s.TestNLL, 'x', -1, 64); got != numbers[s.CPU] {
		t.Errorf("with %s the loss is %s, not %s: if that is meant, raise train.Numbers", s.CPU, got, numbers[s.CPU])
	}
}
