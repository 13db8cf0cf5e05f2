package model

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/photonet"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// MobileNetV2 is the network of Sandler et al. 2018 (arXiv 1801.04381, table 2): a 3×3 convolution
// of stride 2 with 32 channels, 17 inverted residual blocks in seven stages, a 1×1 convolution with
// 1280 channels, mean over the pixels, dropout, dense. Convolutions have borders of half their
// kernel, as torchvision and timm have them.
type MobileNetV2 struct {
	// Width is the factor of the channels, 0.1 to 8; the products are rounded to multiples of 8,
	// and the 1280 channels do not get fewer.
	Width      float64
	Dropout    float64       // rate before the dense layer; 0.2 in the paper's training
	Norm       string        // a kind of nn.Norm; batch if empty
	Groups     int           // of group norm, 8 if 0; divides 8
	Activation nn.Activation // relu6 if empty
}

func parseMobileNetV2(s spec.Spec) (Model, error) {
	m := MobileNetV2{Width: 1, Norm: "batch", Activation: "relu6"}
	err := s.Fields(map[string]any{
		"width": &m.Width, "dropout": &m.Dropout, "norm": &m.Norm, "groups": &m.Groups,
		"activation": (*string)(&m.Activation),
	})
	m.Groups = m.unit().norm.Groups
	return m, err
}

func (m MobileNetV2) unit() unit { return newReLU6Unit(m.Norm, m.Groups, m.Activation) }

// String returns the text form.
func (m MobileNetV2) String() string {
	return fmt.Sprintf("mobilenet-v2:width=%s", spec.Format(m.Width)) + rate(m.Dropout) +
		m.unit().optionsOver("batch", "relu6")
}

// Validate returns what is wrong with the options.
func (m MobileNetV2) Validate() error {
	if !(m.Width >= 0.1 && m.Width <= 8) {
		return fmt.Errorf("width is %v, expected 0.1 to 8", m.Width)
	}
	if err := checkRate(m.Dropout); err != nil {
		return err
	}
	return m.unit().validate()
}

// Parts lists stem, stage1 to stage7, last, head.
func (m MobileNetV2) Parts() []string { return parts(len(photonet.MobileNetV2), lastPart) }

// WithNorm returns the network with another normalization.
func (m MobileNetV2) WithNorm(kind string) Backbone {
	m.Norm, m.Groups = kind, 0
	return m
}

// Logits builds the network. Images may have any extent.
func (m MobileNetV2) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	return classifier(c, m.Features(c, x), m.Dropout, classes)
}

// Features builds the network up to the mean over the pixels: 1280 features up to width 1.
func (m MobileNetV2) Features(c *nn.Context, x *sym.Expr) *sym.Expr {
	n := inverted{
		unit: m.unit(), stem: photonet.Channels(32 * m.Width),
		last:   photonet.Channels(1280 * max(1, m.Width)),
		stages: photonet.Wider(photonet.MobileNetV2, m.Width),
	}
	return n.features(c, x)
}
