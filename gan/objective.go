package gan

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/sym"
)

// Objective is what a critic D and its generator want: the losses of each sample, of real samples r
// and generated ones f of the same index.
type Objective struct {
	Name   string
	Critic string // formula of the critic's loss of a pair
	// Generator is the formula of the generator's loss of a sample.
	Generator string
	Source    string
	// Relative is set where a loss compares the scores of a pair, so that the generator's step needs
	// real samples, too.
	Relative bool

	real, fake func(own, other *sym.Expr) *sym.Expr // of the critic; one loss of the pair where relative
	generator  func(fake, real *sym.Expr) *sym.Expr
}

// DefaultObjective is the name of the default, the first of the table.
const DefaultObjective = "relativistic"

// Objectives is the table of objectives.
func Objectives() []Objective {
	return []Objective{
		{
			Name: DefaultObjective, Relative: true,
			Critic: "softplus(D(f) − D(r))", Generator: "softplus(D(r) − D(f))",
			Source: "Jolicoeur-Martineau 2018, relativistic pairing; Huang et al. 2024, R3GAN, equation 6",
			real:   func(own, other *sym.Expr) *sym.Expr { return sym.Softplus(sym.Sub(other, own)) },
			fake:   func(own, other *sym.Expr) *sym.Expr { return sym.Softplus(sym.Sub(own, other)) },
			generator: func(fake, real *sym.Expr) *sym.Expr {
				return sym.Softplus(sym.Sub(real, fake))
			},
		},
		{
			Name: "original", Critic: "softplus(−D(r)) + softplus(D(f))", Generator: "softplus(−D(f))",
			Source:    "Goodfellow et al. 2014, with the generator's loss that does not saturate",
			real:      func(own, _ *sym.Expr) *sym.Expr { return sym.Softplus(sym.Neg(own)) },
			fake:      func(own, _ *sym.Expr) *sym.Expr { return sym.Softplus(own) },
			generator: func(fake, _ *sym.Expr) *sym.Expr { return sym.Softplus(sym.Neg(fake)) },
		},
		{
			Name: "least-squares", Critic: "½(D(r) − 1)² + ½D(f)²", Generator: "½(D(f) − 1)²",
			Source:    "Mao et al. 2017, equation 9",
			real:      func(own, _ *sym.Expr) *sym.Expr { return halfSquare(sym.AddScalar(own, -1)) },
			fake:      func(own, _ *sym.Expr) *sym.Expr { return halfSquare(own) },
			generator: func(fake, _ *sym.Expr) *sym.Expr { return halfSquare(sym.AddScalar(fake, -1)) },
		},
		{
			Name: "hinge", Critic: "max(0, 1 − D(r)) + max(0, 1 + D(f))", Generator: "−D(f)",
			Source:    "Lim and Ye 2017; Miyato et al. 2018, equations 16 and 17",
			real:      func(own, _ *sym.Expr) *sym.Expr { return sym.ReLU(sym.AddScalar(sym.Neg(own), 1)) },
			fake:      func(own, _ *sym.Expr) *sym.Expr { return sym.ReLU(sym.AddScalar(own, 1)) },
			generator: func(fake, _ *sym.Expr) *sym.Expr { return sym.Neg(fake) },
		},
		{
			Name: "wasserstein", Critic: "D(f) − D(r)", Generator: "−D(f)",
			Source:    "Arjovsky, Chintala and Bottou 2017, equation 2",
			real:      func(own, _ *sym.Expr) *sym.Expr { return sym.Neg(own) },
			fake:      func(own, _ *sym.Expr) *sym.Expr { return own },
			generator: func(fake, _ *sym.Expr) *sym.Expr { return sym.Neg(fake) },
		},
	}
}

func halfSquare(x *sym.Expr) *sym.Expr { return sym.Scale(sym.Square(x), 0.5) }

// ObjectiveNames lists the objectives.
func ObjectiveNames() []string {
	var names []string
	for _, o := range Objectives() {
		names = append(names, o.Name)
	}
	return names
}

// ParseObjective returns the objective of a name; an empty one is the default.
func ParseObjective(name string) (Objective, error) {
	for _, o := range Objectives() {
		if o.Name == name || name == "" {
			return o, nil
		}
	}
	return Objective{}, spec.Unknown("objective", name, ObjectiveNames())
}

// side is the task of a critic at one of its places: its losses compare its scores with those of the
// other side, which stand where a classifier has targets.
type side struct {
	place  string
	losses func(own, other *sym.Expr) *sym.Expr // [B, 1] of [B, 1]; nil where there is no loss
}

// Losses returns the losses [B] of scores [B, 1] and those of the other side.
func (s side) Losses(own, other *sym.Expr) *sym.Expr {
	if s.losses == nil {
		return sym.Refuse(own, fmt.Errorf("a critic has no loss at samples %s", s.place))
	}
	return flat(s.losses(own, other))
}

// flat returns [B] of [B, 1].
func flat(e *sym.Expr) *sym.Expr {
	if e.Err() != nil {
		return e
	}
	return sym.Reshape(e, e.Shape().Size())
}
