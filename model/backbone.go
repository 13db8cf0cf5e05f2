package model

import (
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Backbone is an architecture for photos, whose weights may come from a training on other images.
// It is made of parts by depth, and each is a scope of the parameters' names:
// stage1/block2/conv1.weight.
type Backbone interface {
	Model
	// Features builds the features [B, F] of images x: [B, C, H, W], means over the pixels.
	// Logits is a dense layer of them, after a dropout if there is one.
	Features(c *nn.Context, x *sym.Expr) *sym.Expr
	// Parts lists the parts from the images on: stem, stage1, …, head. The last one is the dense
	// layer of the classes.
	Parts() []string
	// WithNorm returns the same network with another kind of [nn.Norm]: with "frozen" batch norm
	// is a fixed map, so that samples are not coupled; with "affine" its scale and shift are
	// trained.
	WithNorm(kind string) Backbone
	// TensorName returns the name that files of pretrained weights, in the canonical form of package
	// backbone, have for a parameter of the network, whose name is without the prefix of a scope
	// that the network is in: layer1.0.conv1.weight for stage1/block1/conv1.weight. Shapes are
	// the same but that of a dense weight, which is transposed there: [out, in].
	TensorName(parameter string) string
}

// Head is the part of a [Backbone] that knows the classes.
const Head = "head"

// PartOf returns the part of a [Backbone] that a parameter belongs to, by its name: that of
// stage1/block2/conv1.weight is stage1. prefix is that of the network's scope, "" if it is in none.
func PartOf(name, prefix string) string {
	part, _, _ := strings.Cut(strings.TrimPrefix(name, prefix), "/")
	return part
}

// classifier is the head of a backbone: dropout and a dense layer of its features.
func classifier(c *nn.Context, features *sym.Expr, dropout float64, classes int) *sym.Expr {
	return c.In(Head, func(c *nn.Context) *sym.Expr {
		return nn.Dense{Out: classes}.Apply(c, nn.Dropout{Rate: dropout}.Apply(c, features))
	})
}

// parts lists the parts of a backbone with that many stages: stem, stage1, …, head, after parts
// between the last stage and the head.
func parts(stages int, more ...string) []string {
	out := []string{"stem"}
	for stage := range stages {
		out = append(out, stageName(stage))
	}
	return append(append(out, more...), Head)
}

// stageName and blockName name scopes by a number counted from 0.
func stageName(stage int) string { return fmt.Sprintf("stage%d", stage+1) }
func blockName(block int) string { return fmt.Sprintf("block%d", block+1) }
