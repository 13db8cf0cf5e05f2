package model

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// LeNet is the network of the paper's MNIST experiments (Varga et al. 2017, arXiv 1712.09936):
// convolution 5×5×6 with zero padding, ReLU, max-pool 2; convolution 5×5×16, ReLU, max-pool 2;
// convolution 5×5×120, ReLU; dense 84, ReLU; dropout or a normalization; dense. 61,706 parameters
// for 28×28 grey images and 10 classes.
type LeNet struct {
	Dropout float64 // rate on the 84 units, 0 ≤ rate < 1
	// Norm is "none", or "batch" or "group" for that normalization after the ReLU of the 84 units,
	// in the place of dropout.
	Norm       string
	Groups     int           // of group norm, 7 if 0; divides 84
	Activation nn.Activation // in the place of every ReLU
}

// lenetGroups is the number of groups of norm=group: 12 units a group.
const lenetGroups = 7

// NewLeNet returns the variant with dropout ½.
func NewLeNet() LeNet { return LeNet{Dropout: 0.5, Norm: "none", Activation: "relu"} }

func parseLeNet(s spec.Spec) (Model, error) {
	m := NewLeNet()
	err := s.Fields(map[string]any{
		"dropout": &m.Dropout, "norm": &m.Norm, "groups": &m.Groups, "activation": (*string)(&m.Activation),
	})
	if m.Norm != "none" && !s.Has("dropout") {
		m.Dropout = 0
	}
	m.Groups = m.unit().norm.Groups
	return m, err
}

func (m LeNet) unit() unit {
	groups := m.Groups
	if m.Norm == "group" && groups == 0 {
		groups = lenetGroups
	}
	return newUnit(m.Norm, "none", groups, m.Activation)
}

// String returns the text form.
func (m LeNet) String() string {
	u := m.unit()
	return fmt.Sprintf("lenet:dropout=%s,norm=%s", spec.Format(m.Dropout), u.norm.Kind) + u.groups() + u.nonlinearity()
}

// Validate returns what is wrong with the options.
func (m LeNet) Validate() error {
	if err := m.unit().validate(); err != nil {
		return err
	}
	return checkRate(m.Dropout)
}

// Logits builds the network. Images are at least 28×28.
//
// ReLU comes after the pooling, as the bias does ([nn.Conv.MaxPool]): the maximum of a window
// commutes with any monotone function, so value and derivatives are those of the textbook's order,
// at a quarter of the element-wise work. Where a whole window is not positive the textbook's
// derivative is zero, and so is this one. A nonlinearity that is not monotone comes before the
// pooling.
func (m LeNet) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	u := m.unit()
	h := m.pooled(c, atLeast(x, 28), nn.Conv{Out: 6, Kernel: 5, Padding: nn.Same})
	h = m.pooled(c, h, nn.Conv{Out: 16, Kernel: 5})
	h = nn.Flatten(u.activation.Apply(nn.Conv{Out: 120, Kernel: 5}.Apply(c, h)))
	h = u.activation.Apply(nn.Dense{Out: 84}.Apply(c, h))
	h = nn.Dropout{Rate: m.Dropout}.Apply(c, u.norm.Apply(c, h))
	return nn.Dense{Out: classes}.Apply(c, h)
}

// pooled is a convolution with nonlinearity and max-pooling.
func (m LeNet) pooled(c *nn.Context, x *sym.Expr, conv nn.Conv) *sym.Expr {
	a := m.unit().activation
	if !a.Monotone() {
		return nn.MaxPool(c, a.Apply(conv.Apply(c, x)), 2)
	}
	conv.MaxPool = 2
	return a.Apply(conv.Apply(c, x))
}

// LeNetCaffe is the LeNet that comes with Caffe: convolution 5×5×20, max-pool 2, convolution
// 5×5×50, max-pool 2, dense 500, ReLU, dense; no nonlinearity after the convolutions but the
// pooling. 431,080 parameters for 28×28 grey images and 10 classes.
type LeNetCaffe struct {
	Activation nn.Activation // in the place of the ReLU
}

func parseLeNetCaffe(s spec.Spec) (Model, error) {
	m := LeNetCaffe{Activation: "relu"}
	return m, s.Fields(map[string]any{"activation": (*string)(&m.Activation)})
}

// String returns the text form.
func (m LeNetCaffe) String() string {
	if m.Activation == "" || m.Activation == "relu" {
		return "lenet-caffe"
	}
	return "lenet-caffe:activation=" + string(m.Activation)
}

// Validate returns what is wrong with the options.
func (m LeNetCaffe) Validate() error { return m.Activation.Validate() }

// Logits builds the network. Images are at least 16×16.
func (m LeNetCaffe) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	h := nn.Conv{Out: 20, Kernel: 5, MaxPool: 2}.Apply(c, atLeast(x, 16))
	h = nn.Conv{Out: 50, Kernel: 5, MaxPool: 2}.Apply(c, h)
	h = m.Activation.Apply(nn.Dense{Out: 500}.Apply(c, nn.Flatten(h)))
	return nn.Dense{Out: classes}.Apply(c, h)
}
