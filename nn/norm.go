package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/sym"
)

// Norm is a normalization by name, as the option norm of a model chooses it: "none", "batch" for
// [BatchNorm] or "group" for [GroupNorm] with Groups groups. The zero value is none.
type Norm struct {
	Kind   string
	Groups int
}

// Norms lists the kinds.
func Norms() []string { return []string{"none", "batch", "group"} }

// Validate returns an error for an unknown kind and for groups where there are none.
func (n Norm) Validate() error {
	switch n.Kind {
	case "", "none", "batch":
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
	return nil
}

// None reports whether there is no normalization, so that the layer before it needs a bias.
func (n Norm) None() bool { return n.Kind == "" || n.Kind == "none" }

// Apply applies the normalization. An unknown kind is an error.
func (n Norm) Apply(c *Context, x *sym.Expr) *sym.Expr {
	switch n.Kind {
	case "", "none":
		return x
	case "batch":
		return BatchNorm{}.Apply(c, x)
	case "group":
		return GroupNorm{Groups: n.Groups}.Apply(c, x)
	}
	return sym.Refuse(x, fmt.Errorf("%s: %w", c.Name("norm"), spec.Unknown("kind", n.Kind, Norms())))
}
