package optim

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// SGD is gradient descent: u ← μ·u + g, w ← w − lr·u, or with Nesterov's momentum w ← w − lr·(g +
// μ·u) (Sutskever et al. 2013, in the form of PyTorch).
type SGD struct {
	Momentum float64 // μ, 0 ≤ μ < 1
	Nesterov bool
}

// Build returns the update.
func (o SGD) Build(params []*nn.Param, grads []*sym.Expr) *Step {
	s := newStep(o, params, func(_ int, lr float64) []float32 { return []float32{float32(lr)} })
	for i, p := range params {
		lr := s.rate(p)
		direction := grads[i]
		if o.Momentum > 0 {
			u := s.state("momentum", p)
			next := sym.Add(sym.Scale(u, o.Momentum), grads[i])
			s.set(u, next)
			direction = next
			if o.Nesterov {
				direction = sym.Add(grads[i], sym.Scale(next, o.Momentum))
			}
		}
		s.set(p.Expr, sym.Sub(p.Expr, sym.Mul(direction, lr)))
	}
	return s
}

// rate returns the leaf of the learning rate, made with the first parameter.
func (s *Step) rate(p *nn.Param) *sym.Expr {
	if len(s.Scalars) == 0 {
		return s.scalar(p.Expr.Graph(), "lr")
	}
	return s.Scalars[0]
}

func parseSGD(s spec.Spec) (Optimizer, error) {
	var o SGD
	err := s.Fields(map[string]any{"momentum": &o.Momentum, "nesterov": &o.Nesterov})
	return o, err
}

// Validate returns what is wrong with the options.
func (o SGD) Validate() error {
	if !(o.Momentum >= 0 && o.Momentum < 1) {
		return fmt.Errorf("momentum is %v, expected 0 ≤ momentum < 1", o.Momentum)
	}
	if o.Nesterov && o.Momentum == 0 {
		return fmt.Errorf("nesterov needs a momentum above 0")
	}
	return nil
}

// String returns the text form.
func (o SGD) String() string {
	return fmt.Sprintf("sgd:momentum=%s,nesterov=%v", spec.Format(o.Momentum), o.Nesterov)
}
