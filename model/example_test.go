package model_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// mixed is an architecture of a user's own: two branches of different filters side by side, group norm, GELU.
type mixed struct{ channels int }

func (m mixed) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	branch := func(kernel int) *sym.Expr {
		h := nn.Conv{Out: m.channels, Kernel: kernel, Stride: 2, Padding: nn.Same, NoBias: true}.Apply(c, x)
		return nn.GELU(nn.GroupNorm{Groups: 2}.Apply(c, h))
	}
	h := sym.Concat(1, branch(3), branch(7))
	h = nn.ReLU(nn.Conv{Out: 2 * m.channels, Kernel: 3, MaxPool: 2}.Apply(c, h))
	return nn.Dense{Out: classes}.Apply(c, nn.Flatten(h))
}

func (m mixed) Validate() error {
	if m.channels < 2 || m.channels%2 != 0 {
		return errors.New("channels is odd or less than 2")
	}
	return nil
}

func (m mixed) String() string { return fmt.Sprintf("mixed:channels=%d", m.channels) }

// An architecture of one's own is three methods. Its derivatives, those of a penalty on them, its memory and its layer
// table follow.
func ExampleModel() {
	summary, err := model.Summarize(mixed{channels: 6}, 1, 28, 28, 10)
	fmt.Println(summary.Parameters, summary.MACs, err)

	cfg := classify.Default()
	cfg.Architecture = mixed{channels: 6}
	cfg.Regularizers = gradreg.Specs("datagrad:5", "weight-decay:5e-4")
	cfg.TrainSize, cfg.Steps, cfg.EvalEvery, cfg.LearningRate = 500, 100, 0, 5e-3
	result, err := classify.Run(context.Background(), cfg, classify.Options{})
	fmt.Println(result.Model, result.Steps, result.TestAccuracy > 0.85, err)
	// Output:
	// 6010 259152 <nil>
	// mixed:channels=6 100 true <nil>
}

// The layers of a model with the shapes of their outputs.
func ExampleSummarize() {
	m, err := model.Parse("lenet:norm=batch")
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := model.Summarize(m, 1, 28, 28, 10)
	for _, l := range s.Layers {
		fmt.Println(l.Name, l.Kind, l.Shape[1:], l.Parameters, l.MACs)
	}
	fmt.Println(s.Parameters, s.MACs, err)
	// Output:
	// conv1 conv 5x5 [6, 28, 28] 156 117600
	// pool1 max pool 2x2 [6, 14, 14] 0 0
	// conv2 conv 5x5 [16, 10, 10] 2416 240000
	// pool2 max pool 2x2 [16, 5, 5] 0 0
	// conv3 conv 5x5 [120, 1, 1] 48120 48000
	// dense1 dense [84] 10164 10080
	// norm1 batch norm [84] 168 0
	// dense2 dense [10] 850 840
	// 61874 416520 <nil>
}
