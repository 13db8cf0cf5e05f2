package model

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// ResNet is the residual network for small images (He et al. 2016, section 4.2): a 3×3 convolution, three stages of
// blocks with 16, 32 and 64 channels times Width, the later stages at half the extent, mean over the pixels, dense. A
// block is conv 3×3, batch norm, ReLU, conv 3×3, batch norm, plus the block's input, ReLU. Where a stage halves
// the extent, the input is averaged over 2×2 pixels, after a row and column of zeros if its extent is odd, and
// padded with zero channels (REFERENCE.md section 3), so that shortcuts have no parameters. Depth counts the convolutions and the dense layer: 6·blocks + 2.
type ResNet struct {
	Depth int // 20 has three blocks a stage
	Width int // factor of the channels
}

func parseResNet(s spec.Spec) (Model, error) {
	m := ResNet{Depth: 20, Width: 1}
	err := s.Fields(map[string]any{"depth": &m.Depth, "width": &m.Width})
	return m, err
}

// String returns the text form.
func (m ResNet) String() string { return fmt.Sprintf("resnet:depth=%d,width=%d", m.Depth, m.Width) }

// Validate returns what is wrong with the options.
func (m ResNet) Validate() error {
	if m.Depth < 8 || m.Depth%6 != 2 {
		return fmt.Errorf("depth is %d, expected 6·blocks + 2, as 8, 14, 20", m.Depth)
	}
	if m.Width < 1 {
		return fmt.Errorf("width is %d, expected at least 1", m.Width)
	}
	return nil
}

// Logits builds the network.
func (m ResNet) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	h := m.convolution(c, x, 16*m.Width, 1)
	h = nn.ReLU(nn.BatchNorm{}.Apply(c, h))
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

// convolution is a 3×3 convolution with a border of one zero, for a batch norm to follow.
func (m ResNet) convolution(c *nn.Context, x *sym.Expr, channels, stride int) *sym.Expr {
	return nn.Conv{Out: channels, Kernel: 3, Stride: stride, Border: 1, NoBias: true}.Apply(c, x)
}

// block is a residual block.
func (m ResNet) block(c *nn.Context, x *sym.Expr, channels, stride int) *sym.Expr {
	h := nn.ReLU(nn.BatchNorm{}.Apply(c, m.convolution(c, x, channels, stride)))
	h = nn.BatchNorm{}.Apply(c, m.convolution(c, h, channels, 1))
	if stride > 1 {
		x = nn.AvgPool(c, even(x), stride)
	}
	return nn.ReLU(sym.Add(h, widen(x, channels)))
}

// even pads rows and columns of x: [B, C, H, W] with zeros to an even number.
func even(x *sym.Expr) *sym.Expr {
	if x.Err() != nil || (x.Shape()[2]%2 == 0 && x.Shape()[3]%2 == 0) {
		return x
	}
	none := make([]int, 4)
	return sym.Pad(x, none, []int{0, 0, x.Shape()[2] % 2, x.Shape()[3] % 2}, none)
}

// widen pads x: [B, C, H, W] with zero channels.
func widen(x *sym.Expr, channels int) *sym.Expr {
	if x.Err() != nil || x.Shape()[1] == channels {
		return x
	}
	none := make([]int, 4)
	return sym.Pad(x, none, []int{0, channels - x.Shape()[1], 0, 0}, none)
}
