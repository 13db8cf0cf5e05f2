package optim

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Optimizer changes parameters by their gradients.
type Optimizer interface {
	// Build returns the update of params for the gradients grads.
	Build(params []*nn.Param, grads []*sym.Expr) *Step
	// Validate returns what is wrong with the options.
	Validate() error
	// String returns the text form, which Parse reads.
	String() string
}

// Step is an update in symbolic form.
type Step struct {
	Updates []sym.Update
	// State are the leaves that the optimizer keeps between steps, zero at first.
	State []*sym.Expr
	// Scalars are the leaves whose values Values gives.
	Scalars []*sym.Expr
	// Values returns the scalars for step t, counted from 1, and learning rate lr.
	Values func(t int, lr float64) []float32
}

// state returns the optimizer's leaf for a parameter and keeps it.
func (s *Step) state(kind string, p *nn.Param) *sym.Expr {
	e := p.Expr.Graph().Input("optim/"+kind+"/"+p.Name, sym.Float, p.Expr.Shape()...)
	s.State = append(s.State, e)
	return e
}

// scalar returns a scalar leaf and keeps it.
func (s *Step) scalar(g *sym.Graph, name string) *sym.Expr {
	e := g.Input("optim/"+name, sym.Float)
	s.Scalars = append(s.Scalars, e)
	return e
}

func (s *Step) set(target, value *sym.Expr) {
	s.Updates = append(s.Updates, sym.Update{Target: target, Value: value})
}

// entry is a row of the table of optimizers.
type entry struct {
	name string
	// parse makes the optimizer with its defaults and sets the options of s.
	parse func(s spec.Spec) (Optimizer, error)
}

// entries is the table of optimizers.
func entries() []entry {
	return []entry{{"adam", parseAdam}, {"adamw", parseAdamW}, {"sgd", parseSGD}}
}

// Names lists the optimizers.
func Names() []string {
	var names []string
	for _, e := range entries() {
		names = append(names, e.name)
	}
	return names
}

// Parse reads a text form: adam, adamw:decay=0.01, sgd:momentum=0.9,nesterov=true. It returns an error for an
// unknown name or option and for options that do not validate.
func Parse(text string) (Optimizer, error) {
	s, err := spec.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("optimizer: %w", err)
	}
	for _, e := range entries() {
		if e.name != s.Name {
			continue
		}
		if s.Value != "" {
			return nil, fmt.Errorf("optimizer %q: found %q, expected key=value options", text, s.Value)
		}
		o, err := e.parse(s)
		if err == nil {
			err = o.Validate()
		}
		if err != nil {
			return nil, fmt.Errorf("optimizer %q: %w", text, err)
		}
		return o, nil
	}
	return nil, spec.Unknown("optimizer", s.Name, Names())
}
