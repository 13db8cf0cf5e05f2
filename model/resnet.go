package model

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// ResNet is the residual network for small images (He et al. 2016, section 4.2): a 3×3 convolution,
// three stages of blocks with 16, 32 and 64 channels times Width, the later stages at half the
// extent, mean over the pixels, dense. A block is conv 3×3, norm, activation, conv 3×3, norm, plus
// the block's input by the shortcut, activation. Depth counts the 3×3 convolutions and the dense
// layer: 6·blocks + 2.
//
// Without a normalization the convolutions have biases, and every block doubles the variance, so
// that deep networks need a small learning rate.
type ResNet struct {
	Depth      int      // 20 has three blocks a stage
	Width      int      // factor of the channels
	Shortcut   Shortcut // AveragePool if empty
	Norm       string   // none, batch or group; batch if empty
	Groups     int      // of group norm, 8 if 0; divides 16·Width
	Activation nn.Activation
}

func parseResNet(s spec.Spec) (Model, error) {
	m := ResNet{Depth: 20, Width: 1, Shortcut: AveragePool, Norm: "batch", Activation: "relu"}
	err := s.Fields(map[string]any{
		"depth": &m.Depth, "width": &m.Width, "shortcut": (*string)(&m.Shortcut),
		"norm": &m.Norm, "groups": &m.Groups, "activation": (*string)(&m.Activation),
	})
	m.Groups = m.unit().norm.Groups
	return m, err
}

func (m ResNet) unit() unit { return newUnit(m.Norm, "batch", m.Groups, m.Activation) }

func (m ResNet) shortcut() Shortcut {
	if m.Shortcut == "" {
		return AveragePool
	}
	return m.Shortcut
}

// String returns the text form.
func (m ResNet) String() string {
	text := fmt.Sprintf("resnet:depth=%d,width=%d", m.Depth, m.Width)
	if m.shortcut() != AveragePool {
		text += ",shortcut=" + string(m.Shortcut)
	}
	return text + m.unit().options("batch")
}

// Validate returns what is wrong with the options.
func (m ResNet) Validate() error {
	if m.Depth < 8 || m.Depth > 6*maxBlocks+2 || m.Depth%6 != 2 {
		return fmt.Errorf("depth is %d, expected 6·blocks + 2, as 8, 14, 20, at most %d", m.Depth, 6*maxBlocks+2)
	}
	if err := checkWidth(m.Width); err != nil {
		return err
	}
	if err := m.shortcut().validate(); err != nil {
		return err
	}
	return m.unit().validate()
}

// Logits builds the network. Images may have any extent.
func (m ResNet) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	h := m.unit().apply(c, m.convolution(c, x, 16*m.Width, 1))
	for stage := range 3 {
		for block := range (m.Depth - 2) / 6 {
			stride := 1
			if stage > 0 && block == 0 {
				stride = 2
			}
			h = m.block(c, h, (16<<stage)*m.Width, stride)
		}
	}
	return nn.Dense{Out: classes}.Apply(c, nn.GlobalAvgPool(c, h))
}

// convolution is a 3×3 convolution with a border of one zero; it has a bias where the network has
// no normalization.
func (m ResNet) convolution(c *nn.Context, x *sym.Expr, channels, stride int) *sym.Expr {
	return nn.Conv{Out: channels, Kernel: 3, Stride: stride, Border: 1, NoBias: !m.unit().norm.None()}.Apply(c, x)
}

// block is a residual block.
func (m ResNet) block(c *nn.Context, x *sym.Expr, channels, stride int) *sym.Expr {
	u := m.unit()
	h := u.apply(c, m.convolution(c, x, channels, stride))
	h = u.norm.Apply(c, m.convolution(c, h, channels, 1))
	return u.activation.Apply(sym.Add(h, m.shortcut().apply(c, x, channels, stride, u.norm)))
}
