package model

import (
	"fmt"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Summary is what a model consists of for images of one shape.
type Summary struct {
	Layers     []nn.Layer // in the order of their application, of one image: the leading axis of their shapes is 1
	Parameters int        // trainable scalars
	// MACs are the multiply-adds of the linear layers in a forward pass of one image.
	MACs int
	// Activations are the scalars that the layers put out for one image, the input among them: what
	// a forward pass leaves for a backward one if nothing is fused or computed again.
	Activations int
}

// Summarize applies the model to an image of the given shape. It returns the error of the first
// layer that does not take it.
func Summarize(m Model, channels, height, width, classes int) (Summary, error) {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	x := g.Input("x", sym.Float, 1, channels, height, width)
	if err := m.Logits(c, x, classes).Err(); err != nil {
		return Summary{}, fmt.Errorf(
			"model %s does not take images of %dx%dx%d and %d classes: %w", m, channels, height,
			width, classes, err,
		)
	}
	return SummaryOf(c, x), nil
}

// SummaryOf returns the summary of the layers that c has applied to an input x: [1, …].
func SummaryOf(c *nn.Context, x *sym.Expr) Summary {
	s := Summary{Layers: c.Layers, Parameters: c.Params.Count(), Activations: x.Shape().Size()}
	for _, l := range c.Layers {
		s.MACs += l.MACs
		s.Activations += l.Shape.Size()
	}
	return s
}

// ActivationBytes returns the memory of the activations as the engine stores them, in float32.
func (s Summary) ActivationBytes() int { return 4 * s.Activations }
