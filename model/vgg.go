package model

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// VGG is a plain network of 3×3 convolutions after Simonyan and Zisserman 2015 (table 1, columns A,
// B, D and E), sized for images of 32×32 and 64×64 pixels: five stages, max-pool 2 between them,
// each convolution with norm and activation. The mean over the pixels, dropout and one dense layer
// stand in the place of the fifth pooling and the three dense layers, which were for 224×224. The
// stages have 1, 2, 4, 8 and 8 times Channels channels; the paper's 64 is the width for ImageNet,
// 32 reaches the multiply-adds of ResNet-20. Depth counts the convolutions, and the three dense
// layers that the paper has.
type VGG struct {
	Depth      int // 11, 13, 16 or 19
	Channels   int // of the first stage
	Dropout    float64
	Norm       string // none, batch or group; batch if empty
	Groups     int    // of group norm, 8 if 0; divides Channels
	Activation nn.Activation
}

// vggStages holds the convolutions of each stage by depth.
var vggStages = map[int][5]int{
	11: {1, 1, 2, 2, 2}, 13: {2, 2, 2, 2, 2}, 16: {2, 2, 3, 3, 3}, 19: {2, 2, 4, 4, 4},
}

func parseVGG(s spec.Spec) (Model, error) {
	m := VGG{Depth: 11, Channels: 32, Norm: "batch", Activation: "relu"}
	err := s.Fields(map[string]any{
		"depth": &m.Depth, "channels": &m.Channels, "dropout": &m.Dropout,
		"norm": &m.Norm, "groups": &m.Groups, "activation": (*string)(&m.Activation),
	})
	m.Groups = m.unit().norm.Groups
	return m, err
}

func (m VGG) unit() unit { return newUnit(m.Norm, "batch", m.Groups, m.Activation) }

// String returns the text form.
func (m VGG) String() string {
	return fmt.Sprintf("vgg:depth=%d,channels=%d", m.Depth, m.Channels) + rate(m.Dropout) + m.unit().options("batch")
}

// Validate returns what is wrong with the options.
func (m VGG) Validate() error {
	if _, ok := vggStages[m.Depth]; !ok {
		return fmt.Errorf("depth is %d, expected 11, 13, 16 or 19", m.Depth)
	}
	if m.Channels < 1 || m.Channels > maxChannels/8 {
		return fmt.Errorf("channels is %d, expected 1 to %d", m.Channels, maxChannels/8)
	}
	if err := checkRate(m.Dropout); err != nil {
		return err
	}
	return m.unit().validate()
}

// Logits builds the network. Images are at least 16×16.
func (m VGG) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	u := m.unit()
	h := atLeast(x, 16)
	for stage, convolutions := range vggStages[m.Depth] {
		conv := nn.Conv{Out: m.Channels * min(1<<stage, 8), Kernel: 3, Border: 1, NoBias: !u.norm.None()}
		for range convolutions - 1 {
			h = u.apply(c, conv.Apply(c, h))
		}
		h = u.norm.Apply(c, conv.Apply(c, h))
		if stage < 4 {
			h = u.activation.MaxPooled(c, h, 2)
		}
	}
	h = nn.GlobalAvgPool(c, u.activation.Apply(h))
	return nn.Dense{Out: classes}.Apply(c, nn.Dropout{Rate: m.Dropout}.Apply(c, h))
}
