package optim

import (
	"fmt"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// WithRates returns an optimizer whose steps of each parameter are a factor of those of o: w ← w +
// factor·Δw, as if the parameter had a learning rate of its own. With 1 the bits are those of o. Its
// text form is that of o, which does not know the factors.
func WithRates(o Optimizer, factor func(p *nn.Param) float64) Optimizer { return rates{o, factor} }

type rates struct {
	Optimizer
	factor func(p *nn.Param) float64
}

// Build returns the update.
func (o rates) Build(params []*nn.Param, grads []*sym.Expr) *Step {
	s := o.Optimizer.Build(params, grads)
	byLeaf := map[*sym.Expr]float64{}
	for _, p := range params {
		f := o.factor(p)
		if !(f >= 0) || f-f != 0 {
			s.set(p.Expr, sym.Refuse(p.Expr,
				fmt.Errorf("the rate of %s is %v times the others', expected a finite number from 0",
					p.Name, f)))
		}
		byLeaf[p.Expr] = f
	}
	for i, u := range s.Updates {
		if f, ok := byLeaf[u.Target]; ok && f != 1 {
			change := sym.Sub(u.Value, u.Target)
			s.Updates[i].Value = sym.Add(u.Target, sym.Scale(change, f))
		}
	}
	return s
}
