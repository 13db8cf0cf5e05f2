package model

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/photonet"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Model is an architecture for image classification.
type Model interface {
	// Logits builds the unnormalized class scores [B, classes] of images x: [B, C, H, W].
	Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr
	// Validate returns what is wrong with the options.
	Validate() error
	// String returns the text form, which Parse reads.
	String() string
}

// entries is the table of architectures: a function makes one with its defaults and sets the
// options of a text form.
func entries() spec.Table[func(spec.Spec) (Model, error)] {
	const units = "norm=batch|group|none|affine|frozen, groups=8, activation=relu"
	const mobile = "norm=batch|group|none|affine|frozen, groups=8, activation=relu6"
	return spec.Table[func(spec.Spec) (Model, error)]{
		{
			Name: "lenet",
			Doc: "conv 5x5x6, pool, conv 5x5x16, pool, conv 5x5x120, dense 84; dropout=0.5, " +
				"norm=none|batch|group|affine|frozen, groups=7, activation=relu",
			Parse: parseLeNet,
		},
		{
			Name:  "lenet-caffe",
			Doc:   "conv 5x5x20, pool, conv 5x5x50, pool, dense 500; activation=relu",
			Parse: parseLeNetCaffe,
		},
		{
			Name: "vgg",
			Doc: "five stages of 3x3 convolutions; depth=11|13|16|19, channels=32, dropout=0, " +
				units,
			Parse: parseVGG,
		},
		{
			Name: "resnet",
			Doc: "residual network for small images; depth=20, width=1, " +
				"shortcut=average-pool|pad|projection, " + units,
			Parse: parseResNet,
		},
		{
			Name: "wideresnet",
			Doc: "wide residual network, pre-activated; depth=16, width=4, dropout=0, " +
				"shortcut=projection|average-pool|pad, " + units,
			Parse: parseWideResNet,
		},
		{
			Name:  "resnet18",
			Doc:   "residual network for photos, 18 layers; " + units,
			Parse: parseImageNetResNet(18),
		},
		{
			Name:  "resnet34",
			Doc:   "the same with 34 layers; " + units,
			Parse: parseImageNetResNet(34),
		},
		{
			Name:  "resnet50",
			Doc:   "the same with 50 layers in bottlenecks; " + units,
			Parse: parseImageNetResNet(50),
		},
		{
			Name: "mobilenet-v2",
			Doc: "inverted residual blocks with depthwise convolutions; width=1, dropout=0, " +
				mobile,
			Parse: parseMobileNetV2,
		},
		efficientNetLite(0, mobile),
		efficientNetLite(1, mobile),
		efficientNetLite(2, mobile),
		{
			Name: "mlp",
			Doc: "dense layers; hidden=256x256, activation=relu, dropout=0, " +
				"norm=none|batch|group|affine|frozen, groups=8",
			Parse: parseMLP,
		},
	}
}

// efficientNetLite is the row of a variant.
func efficientNetLite(variant int, units string) spec.Row[func(spec.Spec) (Model, error)] {
	return spec.Row[func(spec.Spec) (Model, error)]{
		Name: fmt.Sprintf("efficientnet-lite%d", variant),
		Doc: fmt.Sprintf("the like for images of %d pixels; dropout=0, padding=same|symmetric, "+
			"epsilon=0.001, ", photonet.Lites[variant].Size) + units,
		Parse: parseEfficientNetLite(variant),
	}
}

// Names lists the architectures.
func Names() []string { return entries().Names() }

// Describe returns a line about the architecture of that name.
func Describe(name string) string { return entries().Describe(name) }

// Parse reads a text form: a name and options, as lenet:dropout=0.3. It returns an error for an
// unknown name or option and for options that do not validate.
func Parse(text string) (Model, error) {
	parse, s, err := entries().Find("model", text)
	if err != nil {
		return nil, err
	}
	m, err := parse(s)
	if err == nil {
		err = m.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	return m, nil
}
