package generative

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Gulrajani is the pair of Gulrajani et al. 2017 for MNIST, which the authors of DataGrad used, for
// images of 28×28 pixels.
//
// Critic: 5×5 convolutions of stride 2 with zeros at the border, of Width, 2·Width and 4·Width
// channels, 28 → 14 → 7 → 4, each with leaky ReLU of slope 0.2; a dense layer gives the score.
//
// Generator: a dense layer makes an image of 4×4 pixels and 4·Width channels, transposed 5×5
// convolutions of stride 2 double it, 4 → 7 → 14 → 28, with ReLU between them. At the end stands
// 2σ(y)−1 = tanh(y/2): the paper's sigmoid, on images in [−1, 1] instead of [0, 1]. Distances are
// twice the paper's on them, and so a slope of 1 here is one of 2 there.
//
// Initial values are uniform: of variance 4/(fanIn+fanOut) for filters, after He et al. 2015,
// 2/(fanIn+fanOut) for dense layers, after Glorot and Bengio 2010.
type Gulrajani struct {
	Shape []int // [C, 28, 28] of the images
	Width int   // 64 if 0
}

func parseGulrajani(s spec.Spec, shape []int) (Pair, error) {
	p := Gulrajani{Shape: slices.Clone(shape), Width: 64}
	if err := s.Fields(map[string]any{"width": &p.Width}); err != nil {
		return nil, err
	}
	if err := checkRange("width", p.Width, 1, maxWidth); err != nil {
		return nil, err
	}
	return p, p.Validate()
}

func (p Gulrajani) width() int {
	if p.Width == 0 {
		return 64
	}
	return p.Width
}

// Validate returns what is wrong with the options or the shape.
func (p Gulrajani) Validate() error {
	if err := checkRange("width", p.width(), 1, maxWidth); err != nil {
		return err
	}
	if err := checkImages(p.Shape); err != nil {
		return err
	}
	if p.Shape[1] != 28 || p.Shape[2] != 28 {
		return fmt.Errorf("images of %dx%d pixels, expected 28x28", p.Shape[1], p.Shape[2])
	}
	return nil
}

// Couples returns false: no normalization.
func (p Gulrajani) Couples() bool { return false }

// String returns the text form.
func (p Gulrajani) String() string { return fmt.Sprintf("gulrajani:width=%d", p.width()) }

// Score builds the critic.
func (p Gulrajani) Score(c *nn.Context, x *sym.Expr) *sym.Expr {
	if err := p.Validate(); err != nil {
		return sym.Refuse(x, err)
	}
	h := checked(x, p.Shape)
	for i := range 3 {
		layer := nn.Conv{
			Out: p.width() << i, Kernel: 5, Stride: 2, Padding: nn.Same, Init: nn.UniformHe,
		}
		h = sym.LeakyReLU(layer.Apply(c, h), slope)
	}
	return nn.Dense{Out: 1}.Apply(c, nn.Flatten(h))
}

// Generate builds the generator.
func (p Gulrajani) Generate(c *nn.Context, z *sym.Expr) *sym.Expr {
	if err := p.Validate(); err != nil {
		return sym.Refuse(z, err)
	}
	y := nn.Dense{Out: 4 * 4 * 4 * p.width()}.Apply(c, z)
	if y.Err() != nil {
		return y
	}
	y = sym.Reshape(y, y.Shape()[0], 4*p.width(), 4, 4)
	for i, out := range []int{2 * p.width(), p.width(), p.Shape[0]} {
		layer := nn.ConvTranspose{
			Out: out, Kernel: 5, Stride: 2, Padding: nn.Same, Init: nn.UniformHe,
		}
		if i == 0 {
			layer.Crop = 1 // to 7 pixels
		}
		y = layer.Apply(c, sym.ReLU(y))
	}
	return sym.Tanh(sym.Scale(y, 0.5))
}
