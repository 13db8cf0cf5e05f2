package nn_test

import (
	"testing"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// TestMACs compares the multiply-adds that layers say they have with those of their expressions,
// which package sym counts operation by operation.
func TestMACs(t *testing.T) {
	image, vector := sym.Shape{3, 2, 7, 6}, sym.Shape{3, 5}
	for name, c := range map[string]struct {
		shape sym.Shape
		apply func(c *nn.Context, x *sym.Expr) *sym.Expr
		want  int // of one sample, counted by hand
	}{
		"dense":         {vector, nn.Dense{Out: 4}.Apply, 5 * 4},
		"dense no bias": {vector, nn.Dense{Out: 4, NoBias: true}.Apply, 5 * 4},
		"conv":          {image, nn.Conv{Out: 4, Kernel: 3}.Apply, 5 * 4 * 4 * 2 * 9},
		"same":          {image, nn.Conv{Out: 4, Kernel: 3, Padding: nn.Same}.Apply, 7 * 6 * 4 * 2 * 9},
		"stride":        {image, nn.Conv{Out: 4, Kernel: 3, Stride: 2, Padding: nn.Same}.Apply, 4 * 3 * 4 * 2 * 9},
		"dilation":      {image, nn.Conv{Out: 4, Kernel: 2, Dilation: 3}.Apply, 4 * 3 * 4 * 2 * 4},
		"border":        {image, nn.Conv{Out: 1, Kernel: 3, Border: 2, NoBias: true}.Apply, 9 * 8 * 2 * 9},
		"pool":          {image, nn.Conv{Out: 4, Kernel: 2, MaxPool: 2, Padding: nn.Same}.Apply, 7 * 6 * 4 * 2 * 4},
		"pool no bias":  {image, nn.Conv{Out: 4, Kernel: 2, MaxPool: 2, NoBias: true}.Apply, 6 * 5 * 4 * 2 * 4},
		"depthwise":     {image, nn.DepthwiseConv{Kernel: 3, Stride: 2, Padding: nn.Same}.Apply, 4 * 3 * 2 * 9},
		"norms": {image, func(c *nn.Context, x *sym.Expr) *sym.Expr {
			return nn.GroupNorm{Groups: 2}.Apply(c, nn.BatchNorm{}.Apply(c, x))
		}, 0},
		"network": {image, func(c *nn.Context, x *sym.Expr) *sym.Expr {
			x = nn.Conv{Out: 4, Kernel: 3, MaxPool: 2, Padding: nn.Same}.Apply(c, x)
			return nn.Dense{Out: 10}.Apply(c, nn.Dropout{Rate: 0.5}.Apply(c, nn.Flatten(nn.ReLU(x))))
		}, 7*6*4*2*9 + 4*3*3*10},
	} {
		g, context := context(true)
		y := c.apply(context, g.Input("x", sym.Float, c.shape...))
		if y.Err() != nil {
			t.Errorf("%s: %v", name, y.Err())
			continue
		}
		said := 0
		for _, l := range context.Layers {
			said += l.MACs
		}
		if counted := sym.MACs(y); said != c.want || counted != c.want*c.shape[0] {
			t.Errorf("%s: the layers say %d of a sample, the expressions have %d of %d samples, expected %d of one",
				name, said, counted, c.shape[0], c.want)
		}
	}
}
