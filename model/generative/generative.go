package generative

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Pair is a generator and its critic, for images or points of one shape.
type Pair interface {
	// Generate builds samples [B, shape…] from noise z: [B, Z], with the parameters of c's scope.
	Generate(c *nn.Context, z *sym.Expr) *sym.Expr
	// Score builds the critic's scores [B, 1] of samples x: [B, shape…].
	Score(c *nn.Context, x *sym.Expr) *sym.Expr
	// Couples reports whether the score of a sample depends on the others of its batch, as under
	// batch norm, so that it has no gradient of its own.
	Couples() bool
	// String returns the text form, which Parse reads. The shape is not part of it.
	String() string
}

// entries is the table of pairs: a function makes one with its defaults for a shape, sets the
// options of a text form and checks all.
func entries() spec.Table[func(s spec.Spec, shape []int) (Pair, error)] {
	const critic = "critic-norm=none|group|spectral|batch, groups=8"
	return spec.Table[func(s spec.Spec, shape []int) (Pair, error)]{
		{
			Name: "dcgan",
			Doc: "4x4 convolutions and transposed ones of stride 2, for square images of a " +
				"multiple of 4 from 28 to 128 pixels; width=48, norm=none|batch, " + critic,
			Parse: parseDCGAN,
		},
		{
			Name:  "mlp",
			Doc:   "dense layers, for points and images; width=256, layers=2, " + critic,
			Parse: parseMLP,
		},
		{
			Name: "gulrajani",
			Doc: "the pair of Gulrajani et al. 2017 for MNIST, 5x5 filters, for images of 28x28; " +
				"width=64",
			Parse: parseGulrajani,
		},
	}
}

// Names lists the pairs.
func Names() []string { return entries().Names() }

// Describe returns a line about the pair of that name.
func Describe(name string) string { return entries().Describe(name) }

// Parse reads a text form, a name and options, as dcgan:width=32, for samples of a shape: [C, H, W]
// of images, [N] of points. It returns an error for an unknown name or option, and for options and
// shapes that the pair does not take.
func Parse(text string, shape []int) (Pair, error) {
	parse, s, err := entries().Find("pair", text)
	if err != nil {
		return nil, err
	}
	p, err := parse(s, shape)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	return p, nil
}

// Summary is what a pair consists of.
type Summary struct{ Generator, Critic model.Summary }

// Summarize applies the pair to one sample of the shape, made of z numbers. It returns the error of
// the first layer that does not take what comes before it.
func Summarize(p Pair, shape []int, z int) (Summary, error) {
	g := sym.NewGraph()
	params := nn.NewParams(g)
	generator := nn.NewContext(params.Scope("generator"), true, 0)
	critic := nn.NewContext(params.Scope("critic"), true, 0)
	noise := g.Input("z", sym.Float, 1, z)
	x := g.Input("x", sym.Float, append([]int{1}, shape...)...)
	if err := p.Generate(generator, noise).Err(); err != nil {
		return Summary{}, fmt.Errorf("the generator of %s does not take %d numbers: %w", p, z, err)
	}
	if err := p.Score(critic, x).Err(); err != nil {
		return Summary{}, fmt.Errorf("the critic of %s does not take samples of %s: %w",
			p, format(shape), err)
	}
	return Summary{model.SummaryOf(generator, noise), model.SummaryOf(critic, x)}, nil
}
