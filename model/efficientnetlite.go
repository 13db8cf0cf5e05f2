package model

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/photonet"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// EfficientNetLite is EfficientNet (Tan and Le 2019, arXiv 1905.11946) without squeeze-and-excite
// and with ReLU6, as Google published it in 2020: a 3×3 convolution of stride 2 with 32 channels,
// inverted residual blocks in seven stages, a 1×1 convolution with 1280 channels, mean over the
// pixels, dropout, dense. The variants differ in the channels of the blocks, times width and
// rounded to multiples of 8, and in the blocks of the stages but the first and the last one, times
// depth and rounded up:
//
//	variant  width  depth  images  dropout in training
//	0        1.0    1.0    224     0.2
//	1        1.0    1.1    240     0.2
//	2        1.1    1.2    260     0.3
type EfficientNetLite struct {
	Variant int     // 0 to 2
	Dropout float64 // rate before the dense layer
	// Padding is where the borders of convolutions are: same (TensorFlow's, with the larger half
	// behind, if empty) or symmetric (half the kernel on every side, which weights that were
	// trained in PyTorch expect).
	Padding string
	// Epsilon is ε of the normalization, 1e-3 if 0: TensorFlow's. Weights trained in PyTorch expect
	// 1e-5.
	Epsilon    float64
	Norm       string        // a kind of nn.Norm; batch if empty
	Groups     int           // of group norm, 8 if 0; divides 8
	Activation nn.Activation // relu6 if empty
}

// liteEpsilon is ε of batch norm where nothing else is said.
const liteEpsilon = 1e-3

// parseEfficientNetLite returns the function that parses the options of a variant.
func parseEfficientNetLite(variant int) func(spec.Spec) (Model, error) {
	return func(s spec.Spec) (Model, error) {
		m := EfficientNetLite{
			Variant: variant, Padding: "same", Epsilon: liteEpsilon, Norm: "batch",
			Activation: "relu6",
		}
		err := s.Fields(map[string]any{
			"dropout": &m.Dropout, "padding": &m.Padding, "epsilon": &m.Epsilon, "norm": &m.Norm,
			"groups": &m.Groups, "activation": (*string)(&m.Activation),
		})
		m.Groups = m.unit().norm.Groups
		return m, err
	}
}

func (m EfficientNetLite) unit() unit {
	u := newReLU6Unit(m.Norm, m.Groups, m.Activation)
	u.norm.Epsilon = m.epsilon()
	return u
}

func (m EfficientNetLite) epsilon() float64 {
	if m.Epsilon == 0 {
		return liteEpsilon
	}
	return m.Epsilon
}

// String returns the text form.
func (m EfficientNetLite) String() string {
	options := rate(m.Dropout)
	if m.Padding == "symmetric" {
		options += ",padding=symmetric"
	}
	if m.epsilon() != liteEpsilon {
		options += ",epsilon=" + spec.Format(m.Epsilon)
	}
	options += m.unit().optionsOver("batch", "relu6")
	return optional(fmt.Sprintf("efficientnet-lite%d", m.Variant), options)
}

// Validate returns what is wrong with the options.
func (m EfficientNetLite) Validate() error {
	if m.Variant < 0 || m.Variant >= len(photonet.Lites) {
		return fmt.Errorf("variant is %d, expected 0 to %d", m.Variant, len(photonet.Lites)-1)
	}
	if err := checkRate(m.Dropout); err != nil {
		return err
	}
	if m.Padding != "" && m.Padding != "same" && m.Padding != "symmetric" {
		return spec.Unknown("padding", m.Padding, []string{"same", "symmetric"})
	}
	if !(m.epsilon() > 0 && m.epsilon() <= 1) {
		return fmt.Errorf("epsilon is %v, expected above 0 up to 1", m.Epsilon)
	}
	return m.unit().validate()
}

// Parts lists stem, stage1 to stage7, last, head.
func (m EfficientNetLite) Parts() []string {
	return parts(len(photonet.EfficientNetLite(0)), lastPart)
}

// WithNorm returns the network with another normalization.
func (m EfficientNetLite) WithNorm(kind string) Backbone {
	m.Norm, m.Groups = kind, 0
	return m
}

// Logits builds the network. Images may have any extent.
func (m EfficientNetLite) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	return classifier(c, m.Features(c, x), m.Dropout, classes)
}

// Features builds the network up to the mean over the pixels: 1280 features.
func (m EfficientNetLite) Features(c *nn.Context, x *sym.Expr) *sym.Expr {
	n := inverted{
		unit: m.unit(), stem: 32, last: 1280, padding: nn.Same, stages: photonet.EfficientNetLite(m.Variant),
	}
	if m.Padding == "symmetric" {
		n.padding = nn.Valid
	}
	return n.features(c, x)
}
