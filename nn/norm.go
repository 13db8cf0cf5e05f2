package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/sym"
)

// Norm is a normalization by name, as the option norm of a model chooses it; the zero value is none.
//
//	name    normalization
//	none    none
//	batch   [BatchNorm]
//	group   [GroupNorm] with Groups groups
//	affine  batch norm with fixed running averages; γ and β are trained
//	frozen  batch norm with fixed running averages and fixed γ and β
//
// The parameters of batch, affine and frozen have the same names and shapes, so that a network
// trained with one of them goes on with another.
type Norm struct {
	Kind   string
	Groups int
	// Epsilon is that of [BatchNorm] and [GroupNorm], 1e-5 if 0.
	Epsilon float64
}

// Norms lists the kinds.
func Norms() []string { return []string{"none", "batch", "group", "affine", "frozen"} }

// Validate returns an error for an unknown kind and for groups where there are none.
func (n Norm) Validate() error {
	switch n.Kind {
	case "", "none", "batch", "affine", "frozen":
		if n.Groups != 0 {
			return fmt.Errorf("groups is %d, expected norm=group with it", n.Groups)
		}
	case "group":
		if n.Groups < 1 {
			return fmt.Errorf("groups is %d, expected at least 1", n.Groups)
		}
	default:
		return spec.Unknown("norm", n.Kind, Norms())
	}
	if !(n.Epsilon >= 0) {
		return fmt.Errorf("epsilon is %v, expected at least 0", n.Epsilon)
	}
	return nil
}

// None reports whether there is no normalization, so that the layer before it needs a bias.
func (n Norm) None() bool { return n.Kind == "" || n.Kind == "none" }

// Apply applies the normalization. An unknown kind is an error.
func (n Norm) Apply(c *Context, x *sym.Expr) *sym.Expr {
	switch n.Kind {
	case "", "none":
		return x
	case "batch", "affine", "frozen":
		return BatchNorm{
			Epsilon:         n.Epsilon,
			FixedStatistics: n.Kind != "batch",
			FixedAffine:     n.Kind == "frozen",
		}.Apply(c, x)
	case "group":
		return GroupNorm{Groups: n.Groups, Epsilon: n.Epsilon}.Apply(c, x)
	}
	return sym.Refuse(x, fmt.Errorf("%s: %w", c.Name("norm"), spec.Unknown("kind", n.Kind, Norms())))
}
