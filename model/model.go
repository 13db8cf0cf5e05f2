package model

import (
	"fmt"

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

// entry is a row of the table of architectures.
type entry struct {
	name string
	doc  string
	// parse makes the model with its defaults and sets the options of s.
	parse func(s spec.Spec) (Model, error)
}

// entries is the table of architectures.
func entries() []entry {
	const units = "norm=batch|group|none, groups=8, activation=relu"
	return []entry{
		{
			"lenet",
			"conv 5x5x6, pool, conv 5x5x16, pool, conv 5x5x120, dense 84; dropout=0.5, " +
				"norm=none|batch|group, groups=7, activation=relu",
			parseLeNet,
		},
		{"lenet-caffe", "conv 5x5x20, pool, conv 5x5x50, pool, dense 500; activation=relu", parseLeNetCaffe},
		{"vgg", "five stages of 3x3 convolutions; depth=11|13|16|19, channels=32, dropout=0, " + units, parseVGG},
		{
			"resnet",
			"residual network for small images; depth=20, width=1, shortcut=average-pool|pad|projection, " + units,
			parseResNet,
		},
		{
			"wideresnet",
			"wide residual network, pre-activated; depth=16, width=4, dropout=0, " +
				"shortcut=projection|average-pool|pad, " + units,
			parseWideResNet,
		},
		{"mlp", "dense layers; hidden=256x256, activation=relu, dropout=0, norm=none|batch|group, groups=8", parseMLP},
	}
}

// Names lists the architectures.
func Names() []string {
	var names []string
	for _, e := range entries() {
		names = append(names, e.name)
	}
	return names
}

// Describe returns a line about the architecture of that name.
func Describe(name string) string {
	for _, e := range entries() {
		if e.name == name {
			return e.doc
		}
	}
	return ""
}

// Parse reads a text form: a name and options, as lenet:dropout=0.3. It returns an error for an
// unknown name or option and for options that do not validate.
func Parse(text string) (Model, error) {
	s, err := spec.Parse(text)
	if err != nil {
		return nil, err
	}
	for _, e := range entries() {
		if e.name != s.Name {
			continue
		}
		if s.Value != "" {
			return nil, fmt.Errorf("%q: found %q, expected key=value options", text, s.Value)
		}
		m, err := e.parse(s)
		if err == nil {
			err = m.Validate()
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		return m, nil
	}
	return nil, spec.Unknown("model", s.Name, Names())
}
