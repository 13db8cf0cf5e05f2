package model

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// MLP is a network of dense layers with a normalization, a nonlinearity and dropout after each
// hidden one.
type MLP struct {
	Hidden     []int // units of the hidden layers
	Activation nn.Activation
	Dropout    float64 // 0 ≤ rate < 1
	Norm       string  // none, batch or group; none if empty
	Groups     int     // of group norm, 8 if 0; divides the units
}

func parseMLP(s spec.Spec) (Model, error) {
	m := MLP{Hidden: []int{256, 256}, Activation: "relu", Norm: "none"}
	err := s.Fields(map[string]any{
		"hidden": &m.Hidden, "activation": (*string)(&m.Activation), "dropout": &m.Dropout,
		"norm": &m.Norm, "groups": &m.Groups,
	})
	m.Groups = m.unit().norm.Groups
	return m, err
}

func (m MLP) unit() unit { return newUnit(m.Norm, "none", m.Groups, m.Activation) }

// String returns the text form.
func (m MLP) String() string {
	u := m.unit()
	text := fmt.Sprintf(
		"mlp:hidden=%s,activation=%s,dropout=%s", spec.FormatInts(m.Hidden), u.activation,
		spec.Format(m.Dropout),
	)
	if !u.norm.None() {
		text += ",norm=" + u.norm.Kind
	}
	return text + u.groups()
}

// Validate returns what is wrong with the options.
func (m MLP) Validate() error {
	if len(m.Hidden) == 0 {
		return fmt.Errorf("hidden is empty, expected the units of at least one layer")
	}
	for _, n := range m.Hidden {
		if n < 1 {
			return fmt.Errorf("hidden has %d units, expected at least 1", n)
		}
	}
	if err := m.unit().validate(); err != nil {
		return err
	}
	return checkRate(m.Dropout)
}

// Logits builds the network on the pixels of x in a row.
func (m MLP) Logits(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	h, u := nn.Flatten(x), m.unit()
	for _, n := range m.Hidden {
		h = u.apply(c, nn.Dense{Out: n, NoBias: !u.norm.None()}.Apply(c, h))
		h = nn.Dropout{Rate: m.Dropout}.Apply(c, h)
	}
	return nn.Dense{Out: classes}.Apply(c, h)
}
