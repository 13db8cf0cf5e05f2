package generative

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// MLP is a pair of dense networks: Layers hidden layers of Width units with leaky ReLU of slope 0.2
// and initial values after He et al. 2015, and a linear output. Samples are points of N numbers, or
// images, whose pixels stand in a row.
type MLP struct {
	Shape      []int  // [N] of the points, [C, H, W] of the images
	Width      int    // 256 if 0
	Layers     int    // 2 if 0
	CriticNorm string // none, group, spectral or batch; none if empty
	Groups     int    // of group norm, 8 if 0; divides Width
}

func parseMLP(s spec.Spec, shape []int) (Pair, error) {
	p := MLP{Shape: slices.Clone(shape), Width: 256, Layers: 2, CriticNorm: "none"}
	err := s.Fields(map[string]any{
		"width": &p.Width, "layers": &p.Layers, "critic-norm": &p.CriticNorm, "groups": &p.Groups,
	})
	if err != nil {
		return nil, err
	}
	p.Groups = p.critic().norm.Groups
	if err := checkRange("width", p.Width, 1, maxUnits); err != nil {
		return nil, err
	}
	if err := checkRange("layers", p.Layers, 1, maxLayers); err != nil {
		return nil, err
	}
	return p, p.Validate()
}

// The bounds of an MLP: a matrix between its layers has at most 2²⁶ elements.
const (
	maxUnits  = 1 << 13
	maxLayers = 64
)

func (p MLP) critic() hidden { return newHidden(p.CriticNorm, p.Groups) }

func (p MLP) width() int {
	if p.Width == 0 {
		return 256
	}
	return p.Width
}

func (p MLP) layers() int {
	if p.Layers == 0 {
		return 2
	}
	return p.Layers
}

// Validate returns what is wrong with the options or the shape.
func (p MLP) Validate() error {
	if err := checkRange("width", p.width(), 1, maxUnits); err != nil {
		return err
	}
	if err := checkRange("layers", p.layers(), 1, maxLayers); err != nil {
		return err
	}
	if err := p.critic().check("critic-norm", criticNorms(), p.width()); err != nil {
		return err
	}
	if len(p.Shape) == 1 {
		return checkRange("the number of a point's coordinates", p.Shape[0], 1, maxPoints)
	}
	if err := checkImages(p.Shape); err != nil {
		return fmt.Errorf("%w, or points [N]", err)
	}
	return checkRange("the number of an image's pixels", p.Shape[1]*p.Shape[2], 1, maxPoints)
}

// Couples reports whether the critic has batch norm.
func (p MLP) Couples() bool { return p.critic().couples() }

// String returns the text form.
func (p MLP) String() string {
	return fmt.Sprintf("mlp:width=%d,layers=%d", p.width(), p.layers()) +
		p.critic().option("critic-norm")
}

// Score builds the critic.
func (p MLP) Score(c *nn.Context, x *sym.Expr) *sym.Expr {
	if err := p.Validate(); err != nil {
		return sym.Refuse(x, err)
	}
	h, u := nn.Flatten(checked(x, p.Shape)), p.critic()
	for range p.layers() {
		h = u.dense(c, h, p.width())
	}
	return u.score(c, h)
}

// Generate builds the generator. Points start with a standard deviation of about 1, images with ⅓.
func (p MLP) Generate(c *nn.Context, z *sym.Expr) *sym.Expr {
	if err := p.Validate(); err != nil {
		return sym.Refuse(z, err)
	}
	h := z
	for range p.layers() {
		h = newHidden("none", 0).dense(c, h, p.width())
	}
	output := nn.Dense{Out: sym.Shape(p.Shape).Size(), Init: nn.He(1)}
	if len(p.Shape) == 3 {
		output.Init = output.Init.Times(spread)
	}
	y := output.Apply(c, h)
	if y.Err() != nil {
		return y
	}
	return sym.Reshape(y, append([]int{y.Shape()[0]}, p.Shape...)...)
}
