package model

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// LeNet is the network of the paper's MNIST experiments (REFERENCE.md section 3): convolution 5×5×6 with
// zero padding, ReLU, max-pool 2; convolution 5×5×16, ReLU, max-pool 2; convolution 5×5×120, ReLU; dense 84,
// ReLU; dropout or batch norm; dense. 61,706 parameters for 28×28 grey images and 10 classes.
type LeNet struct {
	Dropout float64 // rate on the 84 units, 0 ≤ rate < 1
	// Norm is "none", or "batch" for batch norm after the ReLU of the 84 units, in the place of dropout.
	Norm string
}

// NewLeNet returns the variant with dropout ½.
func NewLeNet() LeNet { return LeNet{Dropout: 0.5, Norm: "none"} }

func parseLeNet(s spec.Spec) (Model, error) {
	m := NewLeNet()
	err := s.Fields(map[string]any{"dropout": &m.Dropout, "norm": &m.Norm})
	if m.Norm == "batch" && !s.Has("dropout") {
		m.Dropout = 0
	}
	return m, err
}

// String returns the text form.
func (m LeNet) String() string {
	return fmt.Sprintf("lenet:dropout=%s,norm=%s", spec.Format(m.Dropout), m.norm())
}

func (m LeNet) norm() string {
	if m.Norm == "" {
		return "none"
	}
	return m.Norm
}

// Validate returns what is wrong with the options.
func (m LeNet) Validate() error {
	if m.norm() != "none" && m.norm() != "batch" {
		return spec.Unknown("norm", m.Norm, []string{"none", "batch"})
	}
	return checkRate(m.Dropout)
}

// Logits builds the network. Images are at least 28×28.
//
// ReLU comes after the pooling, as the bias does ([nn.Conv.MaxPool]): the maximum of a window commutes with
// any monotone function, so value and derivatives are those of the textbook's order, at a quarter of the
// element-wise work. Where a whole window is not positive the textbook's derivative is zero, and so is this
// one.
func (m LeNet) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	h := nn.ReLU(nn.Conv{Out: 6, Kernel: 5, Padding: nn.Same, MaxPool: 2}.Apply(c, x))
	h = nn.ReLU(nn.Conv{Out: 16, Kernel: 5, MaxPool: 2}.Apply(c, h))
	h = nn.Flatten(nn.ReLU(nn.Conv{Out: 120, Kernel: 5}.Apply(c, h)))
	h = nn.ReLU(nn.Dense{Out: 84}.Apply(c, h))
	if m.Norm == "batch" {
		h = nn.BatchNorm{}.Apply(c, h)
	}
	h = nn.Dropout{Rate: m.Dropout}.Apply(c, h)
	return nn.Dense{Out: classes}.Apply(c, h)
}

// LeNetCaffe is the LeNet that comes with Caffe: convolution 5×5×20, max-pool 2, convolution 5×5×50,
// max-pool 2, dense 500, ReLU, dense; no nonlinearity after the convolutions but the pooling. 431,080
// parameters for 28×28 grey images and 10 classes.
type LeNetCaffe struct{}

func parseLeNetCaffe(s spec.Spec) (Model, error) {
	return LeNetCaffe{}, s.Fields(nil)
}

// String returns the text form.
func (LeNetCaffe) String() string { return "lenet-caffe" }

// Validate returns nil: there are no options.
func (LeNetCaffe) Validate() error { return nil }

// Logits builds the network. Images are at least 16×16.
func (LeNetCaffe) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	h := nn.Conv{Out: 20, Kernel: 5, MaxPool: 2}.Apply(c, x)
	h = nn.Conv{Out: 50, Kernel: 5, MaxPool: 2}.Apply(c, h)
	h = nn.ReLU(nn.Dense{Out: 500}.Apply(c, nn.Flatten(h)))
	return nn.Dense{Out: classes}.Apply(c, h)
}
