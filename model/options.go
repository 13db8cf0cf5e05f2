package model

import (
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// unit is what follows a linear layer: a normalization and a nonlinearity, as a model's options
// norm, groups and activation choose them.
type unit struct {
	norm       nn.Norm
	activation nn.Activation
}

// defaultGroups is the number of groups of norm=group. Wu and He 2018 use 32 for 64 and more
// channels; networks for small images start with 16, and 8 leaves two channels a group.
const defaultGroups = 8

// newUnit resolves the options of a model whose normalization is fallback where norm is empty.
func newUnit(norm, fallback string, groups int, activation nn.Activation) unit {
	if norm == "" {
		norm = fallback
	}
	if norm == "group" && groups == 0 {
		groups = defaultGroups
	}
	if activation == "" {
		activation = "relu"
	}
	return unit{nn.Norm{Kind: norm, Groups: groups}, activation}
}

// newReLU6Unit resolves the options of a model with batch norm and ReLU6 where they are empty.
func newReLU6Unit(norm string, groups int, activation nn.Activation) unit {
	if activation == "" {
		activation = "relu6"
	}
	return newUnit(norm, "batch", groups, activation)
}

// validate returns what is wrong with the options.
func (u unit) validate() error {
	if err := u.norm.Validate(); err != nil {
		return err
	}
	return u.activation.Validate()
}

// apply applies normalization and nonlinearity.
func (u unit) apply(c *nn.Context, x *sym.Expr) *sym.Expr {
	return u.activation.Apply(u.norm.Apply(c, x))
}

// options returns the text form of what differs from the defaults of a model, each with a comma
// before it. Options that a model had from its first version are not among them: their text forms
// stand in files.
func (u unit) options(fallback string) string { return u.optionsOver(fallback, "relu") }

// optionsOver is options of a model whose activation is another one where it is empty.
func (u unit) optionsOver(norm string, activation nn.Activation) string {
	var b strings.Builder
	if u.norm.Kind != norm {
		fmt.Fprintf(&b, ",norm=%s", u.norm.Kind)
	}
	b.WriteString(u.groups())
	if u.activation != activation {
		fmt.Fprintf(&b, ",activation=%s", u.activation)
	}
	return b.String()
}

// groups returns the text form of the number of groups, if there are any.
func (u unit) groups() string {
	if u.norm.Groups == 0 {
		return ""
	}
	return fmt.Sprintf(",groups=%d", u.norm.Groups)
}

// nonlinearity returns the text form of the activation unless it is relu.
func (u unit) nonlinearity() string {
	if u.activation == "relu" {
		return ""
	}
	return fmt.Sprintf(",activation=%s", u.activation)
}

// optional returns the text form of a model's name and options, each with a comma before it.
func optional(name, options string) string {
	if options == "" {
		return name
	}
	return name + ":" + options[1:]
}

// rate returns the text form of a dropout rate unless it is 0.
func rate(dropout float64) string {
	if dropout == 0 {
		return ""
	}
	return ",dropout=" + spec.Format(dropout)
}

// checkRate returns an error unless 0 ≤ rate < 1.
func checkRate(rate float64) error {
	if !(rate >= 0 && rate < 1) {
		return fmt.Errorf("dropout is %v, expected 0 ≤ dropout < 1", rate)
	}
	return nil
}

// checkWidth returns an error unless the factor of the channels is positive.
func checkWidth(width int) error {
	if width < 1 || width > maxChannels/64 {
		return fmt.Errorf("width is %d, expected 1 to %d", width, maxChannels/64)
	}
	return nil
}

// maxChannels bounds the channels of a layer: a 3×3 filter between two such layers has fewer
// elements than a tensor may have.
const maxChannels = 1 << 13

// atLeast returns x: [B, C, H, W], with an error if its images are smaller than n×n pixels.
func atLeast(x *sym.Expr, n int) *sym.Expr {
	if s := x.Shape(); len(s) == 4 && min(s[2], s[3]) < n {
		return sym.Refuse(x, fmt.Errorf("images of %dx%d pixels, expected at least %dx%d", s[2], s[3], n, n))
	}
	return x
}

// maxBlocks bounds the blocks of a residual stage: He et al. 2016 stop at 200, with 1202 layers.
const maxBlocks = 200
