package model

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/photonet"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// ImageNetResNet is the residual network for photos (He et al. 2016, section 4.1, table 1): a 7×7
// convolution of stride 2 with 64 channels, norm, activation, max-pooling 3×3 of stride 2 with a
// border; four stages of blocks with 64, 128, 256 and 512 channels, the later ones at half the
// extent; mean over the pixels, dense.
//
// A block of 18 and 34 layers is conv 3×3, norm, activation, conv 3×3, norm, plus the block's
// input, activation. A block of 50 layers is a bottleneck: conv 1×1, conv 3×3, which has the stride
// (as torchvision has it; in the paper the first one has), conv 1×1 to four times the channels.
// Where extent or channels change, the block's input passes a 1×1 convolution and a norm.
type ImageNetResNet struct {
	Depth      int    // 18, 34 or 50
	Norm       string // a kind of nn.Norm; batch if empty
	Groups     int    // of group norm, 8 if 0; divides 64
	Activation nn.Activation
}

// parseImageNetResNet returns the function that parses the options of a depth.
func parseImageNetResNet(depth int) func(spec.Spec) (Model, error) {
	return func(s spec.Spec) (Model, error) {
		m := ImageNetResNet{Depth: depth, Norm: "batch", Activation: "relu"}
		err := s.Fields(map[string]any{
			"norm": &m.Norm, "groups": &m.Groups, "activation": (*string)(&m.Activation),
		})
		m.Groups = m.unit().norm.Groups
		return m, err
	}
}

func (m ImageNetResNet) unit() unit { return newUnit(m.Norm, "batch", m.Groups, m.Activation) }

// String returns the text form.
func (m ImageNetResNet) String() string {
	return optional(fmt.Sprintf("resnet%d", m.Depth), m.unit().options("batch"))
}

// Validate returns what is wrong with the options.
func (m ImageNetResNet) Validate() error {
	if _, ok := photonet.ResNet[m.Depth]; !ok {
		return fmt.Errorf("depth is %d, expected 18, 34 or 50", m.Depth)
	}
	return m.unit().validate()
}

// Parts lists stem, stage1 to stage4, head.
func (m ImageNetResNet) Parts() []string { return parts(len(photonet.ResNet[m.Depth])) }

// WithNorm returns the network with another normalization.
func (m ImageNetResNet) WithNorm(kind string) Backbone {
	m.Norm, m.Groups = kind, 0
	return m
}

// Logits builds the network. Images may have any extent.
func (m ImageNetResNet) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	return classifier(c, m.Features(c, x), 0, classes)
}

// Features builds the network up to the mean over the pixels: 512 features, 2048 of 50 layers.
func (m ImageNetResNet) Features(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := c.In("stem", func(c *nn.Context) *sym.Expr { return m.stem(c, x) })
	for stage, blocks := range photonet.ResNet[m.Depth] {
		h = c.In(stageName(stage), func(c *nn.Context) *sym.Expr {
			for block := range blocks {
				stride := 1
				if stage > 0 && block == 0 {
					stride = 2
				}
				h = c.In(blockName(block), func(c *nn.Context) *sym.Expr {
					return m.block(c, h, 64<<stage, stride)
				})
			}
			return h
		})
	}
	return nn.GlobalAvgPool(c, h)
}

// stem brings the images to a quarter of their extent. A monotone activation follows the pooling,
// at a quarter of the work, as [nn.Activation.MaxPooled] explains.
func (m ImageNetResNet) stem(c *nn.Context, x *sym.Expr) *sym.Expr {
	u := m.unit()
	h := u.norm.Apply(c, m.convolution(c, x, 64, 7, 2))
	pool := nn.MaxPooling{Window: 3, Stride: 2, Border: 1}
	if u.activation.Monotone() {
		return u.activation.Apply(pool.Apply(c, h))
	}
	return pool.Apply(c, u.activation.Apply(h))
}

// block is a residual block. Its shortcut comes last in the order of the parameters.
func (m ImageNetResNet) block(c *nn.Context, x *sym.Expr, channels, stride int) *sym.Expr {
	u := m.unit()
	var h *sym.Expr
	if m.Depth < 50 {
		h = u.apply(c, m.convolution(c, x, channels, 3, stride))
		h = u.norm.Apply(c, m.convolution(c, h, channels, 3, 1))
	} else {
		h = u.apply(c, m.convolution(c, x, channels, 1, 1))
		h = u.apply(c, m.convolution(c, h, channels, 3, stride))
		channels *= 4
		h = u.norm.Apply(c, m.convolution(c, h, channels, 1, 1))
	}
	return u.activation.Apply(sym.Add(h, Projection.apply(c, x, channels, stride, u.norm)))
}

// convolution has a border of half its kernel; it has a bias where the network has no
// normalization.
func (m ImageNetResNet) convolution(
	c *nn.Context, x *sym.Expr, channels, kernel, stride int,
) *sym.Expr {
	return nn.Conv{
		Out: channels, Kernel: kernel, Stride: stride, Border: kernel / 2,
		NoBias: !m.unit().norm.None(),
	}.Apply(c, x)
}
