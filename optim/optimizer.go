package optim

import (
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Optimizer changes parameters by their gradients.
type Optimizer interface {
	// Build returns the update of params for the gradients grads.
	//
	// Learning rate, corrections and state are inputs named after the innermost scope that holds
	// all of params ([nn.Params.Scope]): "optim/lr", in a scope "optim/critic/lr". So a generator's
	// and a critic's optimizer are two. Building the same optimizer of the same parameters once
	// more, for another objective, gives the same inputs. A second one that would share them with a
	// first, of other options or parameters, gives updates with an error.
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

	prefix string // of the scope that the names of leaves lie in
	owner  string // who the leaves belong to: the optimizer and its parameters
}

// newStep returns an empty step of an optimizer on parameters.
func newStep(o Optimizer, params []*nn.Param, values func(t int, lr float64) []float32) *Step {
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Name
	}
	return &Step{
		Values: values, prefix: nn.CommonPrefix(params),
		owner: fmt.Sprintf("%v of %s", o, strings.Join(names, " ")),
	}
}

// state returns the optimizer's leaf for a parameter and keeps it.
func (s *Step) state(kind string, p *nn.Param) *sym.Expr {
	name := kind + "/" + strings.TrimPrefix(p.Name, s.prefix)
	e := s.leaf(p.Expr.Graph(), name, p.Expr.Shape()...)
	s.State = append(s.State, e)
	return e
}

// scalar returns a scalar leaf and keeps it.
func (s *Step) scalar(g *sym.Graph, name string) *sym.Expr {
	e := s.leaf(g, name)
	s.Scalars = append(s.Scalars, e)
	return e
}

// leaf returns an input of the optimizer, an error if another optimizer has it: its learning rate
// would be this one's, too.
func (s *Step) leaf(g *sym.Graph, name string, shape ...int) *sym.Expr {
	name = "optim/" + s.prefix + name
	if !g.Own(name, s.owner) {
		return sym.Refuse(g.Const(0), fmt.Errorf("another optimizer of the graph has %q: expected the"+
			" parameters of each in an nn.Params.Scope of their own", name))
	}
	return g.Input(name, sym.Float, shape...)
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

// Parse reads a text form: adam, adamw:decay=0.01, sgd:momentum=0.9,nesterov=true. It returns an
// error for an unknown name or option and for options that do not validate.
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
