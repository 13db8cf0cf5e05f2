package model

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// WideResNet is the wide residual network (Zagoruyko and Komodakis 2016, table 1), whose blocks are
// pre-activated (He et al. 2016b): a 3×3 convolution of 16 channels, three stages of blocks with
// 16, 32 and 64 channels times Width, the later stages at half the extent, norm, activation, mean
// over the pixels, dense. A block is norm, activation, conv 3×3, norm, activation, dropout, conv
// 3×3, plus the block's input; where extent or channels change, the shortcut is taken of the input
// after the block's first activation. Depth counts the convolutions, with a projection in each
// stage: 6·blocks + 4. WRN-28-10 has 36.5 million parameters.
type WideResNet struct {
	Depth      int // 16 has two blocks a stage
	Width      int // factor of the channels
	Dropout    float64
	Shortcut   Shortcut // Projection if empty
	Norm       string   // none, batch or group; batch if empty
	Groups     int      // of group norm, 8 if 0; divides 16
	Activation nn.Activation
}

func parseWideResNet(s spec.Spec) (Model, error) {
	m := WideResNet{Depth: 16, Width: 4, Shortcut: Projection, Norm: "batch", Activation: "relu"}
	err := s.Fields(map[string]any{
		"depth": &m.Depth, "width": &m.Width, "dropout": &m.Dropout, "shortcut": (*string)(&m.Shortcut),
		"norm": &m.Norm, "groups": &m.Groups, "activation": (*string)(&m.Activation),
	})
	m.Groups = m.unit().norm.Groups
	return m, err
}

func (m WideResNet) unit() unit { return newUnit(m.Norm, "batch", m.Groups, m.Activation) }

func (m WideResNet) shortcut() Shortcut {
	if m.Shortcut == "" {
		return Projection
	}
	return m.Shortcut
}

// String returns the text form.
func (m WideResNet) String() string {
	text := fmt.Sprintf("wideresnet:depth=%d,width=%d", m.Depth, m.Width) + rate(m.Dropout)
	if m.shortcut() != Projection {
		text += ",shortcut=" + string(m.Shortcut)
	}
	return text + m.unit().options("batch")
}

// Validate returns what is wrong with the options.
func (m WideResNet) Validate() error {
	if m.Depth < 10 || m.Depth > 6*maxBlocks+4 || m.Depth%6 != 4 {
		return fmt.Errorf("depth is %d, expected 6·blocks + 4, as 10, 16, 28, at most %d", m.Depth, 6*maxBlocks+4)
	}
	if err := checkWidth(m.Width); err != nil {
		return err
	}
	if err := checkRate(m.Dropout); err != nil {
		return err
	}
	if err := m.shortcut().validate(); err != nil {
		return err
	}
	return m.unit().validate()
}

// Logits builds the network. Images may have any extent.
func (m WideResNet) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	h := m.convolution(c, x, 16, 1)
	for stage := range 3 {
		for block := range (m.Depth - 4) / 6 {
			stride := 1
			if stage > 0 && block == 0 {
				stride = 2
			}
			h = m.block(c, h, (16<<stage)*m.Width, stride)
		}
	}
	h = m.unit().apply(c, h)
	return nn.Dense{Out: classes}.Apply(c, nn.GlobalAvgPool(c, h))
}

// convolution is a 3×3 convolution with a border of one zero; it has a bias where the network has
// no normalization.
func (m WideResNet) convolution(c *nn.Context, x *sym.Expr, channels, stride int) *sym.Expr {
	return nn.Conv{Out: channels, Kernel: 3, Stride: stride, Border: 1, NoBias: !m.unit().norm.None()}.Apply(c, x)
}

// block is a pre-activated residual block.
func (m WideResNet) block(c *nn.Context, x *sym.Expr, channels, stride int) *sym.Expr {
	u := m.unit()
	h := u.apply(c, x)
	if x.Err() == nil && (stride > 1 || x.Shape()[1] != channels) {
		x = h
	}
	h = u.apply(c, m.convolution(c, h, channels, stride))
	h = m.convolution(c, nn.Dropout{Rate: m.Dropout}.Apply(c, h), channels, 1)
	return sym.Add(h, m.shortcut().apply(c, x, channels, stride, nn.Norm{}))
}
