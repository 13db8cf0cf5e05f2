package generative

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// DCGAN is a pair after Radford et al. 2015 for square images whose size is a multiple of 4 from 28
// to 128, of any number of channels.
//
// The critic halves the extents by 4×4 convolutions of stride 2 and border 1, down to 3, 4 or 5
// pixels: 28 → 14 → 7 → 3, 64 → 32 → 16 → 8 → 4. The first has Width channels, each further one
// twice as many; a dense layer gives the score.
//
// The generator goes the other way: a dense layer makes an image of 4 to 7 pixels, transposed 4×4
// convolutions double it, 7 → 14 → 28, 4 → 8 → 16 → 32 → 64, without the last row and column where
// the extent is odd, and a 3×3 convolution gives the channels. The last doubling has Width/2
// channels, each earlier layer twice as many.
//
// All hidden layers have leaky ReLU of slope 0.2 and initial values after He et al. 2015. The
// output is linear, without tanh, and starts with a standard deviation of about ⅓.
type DCGAN struct {
	Shape      []int  // [C, H, W] of the images
	Width      int    // channels of the critic's first layer, 48 if 0
	CriticNorm string // none, group, spectral or batch; none if empty
	Groups     int    // of group norm, 8 if 0; divides Width
	Norm       string // of the generator: none or batch; none if empty
}

func parseDCGAN(s spec.Spec, shape []int) (Pair, error) {
	p := DCGAN{Shape: slices.Clone(shape), Width: 48, CriticNorm: "none", Norm: "none"}
	err := s.Fields(map[string]any{
		"width": &p.Width, "critic-norm": &p.CriticNorm, "groups": &p.Groups, "norm": &p.Norm,
	})
	if err != nil {
		return nil, err
	}
	p.Groups = p.critic().norm.Groups
	if err := checkRange("width", p.Width, 1, maxWidth); err != nil {
		return nil, err
	}
	return p, p.Validate()
}

// maxWidth bounds Width: the filters between the last layers for 128 pixels have 2²⁷ elements then.
const maxWidth = 256

func (p DCGAN) critic() hidden { return newHidden(p.CriticNorm, p.Groups) }

func (p DCGAN) generator() hidden { return newHidden(p.Norm, 0) }

func (p DCGAN) width() int {
	if p.Width == 0 {
		return 48
	}
	return p.Width
}

// Validate returns what is wrong with the options or the shape.
func (p DCGAN) Validate() error {
	if err := checkRange("width", p.width(), 1, maxWidth); err != nil {
		return err
	}
	if err := p.critic().check("critic-norm", criticNorms(), p.width()); err != nil {
		return err
	}
	if err := p.generator().check("norm", []string{"none", "batch"}, 0); err != nil {
		return err
	}
	if err := checkImages(p.Shape); err != nil {
		return err
	}
	if h, w := p.Shape[1], p.Shape[2]; h != w || h%4 != 0 || h < 28 || h > 128 {
		const expected = "squares of a multiple of 4 from 28 to 128"
		return fmt.Errorf("images of %dx%d pixels, expected %s", h, w, expected)
	}
	return nil
}

// Couples reports whether the critic has batch norm.
func (p DCGAN) Couples() bool { return p.critic().couples() }

// String returns the text form.
func (p DCGAN) String() string {
	return fmt.Sprintf("dcgan:width=%d", p.width()) +
		p.critic().option("critic-norm") + p.generator().option("norm")
}

// Score builds the critic.
func (p DCGAN) Score(c *nn.Context, x *sym.Expr) *sym.Expr {
	if err := p.Validate(); err != nil {
		return sym.Refuse(x, err)
	}
	x, u := checked(x, p.Shape), p.critic()
	for i, n := 0, p.Shape[1]; n >= 6; i, n = i+1, n/2 {
		stage := u
		if i == 0 {
			stage.norm = nn.Norm{} // of the image itself, as in the paper
		}
		layer := nn.Conv{
			Out: p.width() << i, Kernel: 4, Stride: 2, Border: 1, NoBias: !stage.norm.None(),
			Init: nn.He(slope), Spectral: u.spectral,
		}
		x = stage.apply(c, layer.Apply(c, x))
	}
	return u.score(c, x)
}

// extents returns the extents of the generator's images from the first to the last.
func (p DCGAN) extents() []int {
	extents := []int{p.Shape[1]}
	for extents[0] > 7 {
		extents = slices.Insert(extents, 0, (extents[0]+1)/2)
	}
	return extents
}

// Generate builds the generator.
func (p DCGAN) Generate(c *nn.Context, z *sym.Expr) *sym.Expr {
	if err := p.Validate(); err != nil {
		return sym.Refuse(z, err)
	}
	extents, u := p.extents(), p.generator()
	first, doublings := extents[0], len(extents)-1
	// channels returns those of the image before the last i doublings.
	channels := func(i int) int { return max((p.width()<<i)/2, 1) }
	h := u.image(c, z, channels(doublings), first)
	for i, extent := range extents[1:] {
		layer := nn.ConvTranspose{
			Out: channels(doublings - 1 - i), Kernel: 4, Stride: 2, Border: 1,
			Crop: 2*extents[i] - extent, NoBias: !u.norm.None(), Init: nn.He(slope),
		}
		h = u.apply(c, layer.Apply(c, h))
	}
	output := nn.Conv{Out: p.Shape[0], Kernel: 3, Border: 1, Init: nn.He(1).Times(spread)}
	return output.Apply(c, h)
}

// image applies a hidden dense layer that makes images of channels and n×n pixels from z: [B, Z].
// A normalization is per channel.
func (h hidden) image(c *nn.Context, z *sym.Expr, channels, n int) *sym.Expr {
	layer := nn.Dense{Out: channels * n * n, NoBias: !h.norm.None(), Init: nn.He(slope)}
	y := layer.Apply(c, z)
	if y.Err() != nil {
		return y
	}
	return h.apply(c, sym.Reshape(y, y.Shape()[0], channels, n, n))
}
