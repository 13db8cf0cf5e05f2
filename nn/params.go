package nn

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/sym"
)

// Param is a tensor of a model that is kept between steps.
type Param struct {
	Name      string    // such as "conv1.weight", in a scope "critic/conv1.weight"
	Expr      *sym.Expr // the input leaf that holds it
	Init      Init
	Trainable bool // false for the running statistics of a normalization
	Decay     bool // subject to weight decay: weights are, biases and norm parameters are not
	// Auxiliary is what training keeps beside the model, such as a penalty's vectors: checkpoints
	// hold it, a saved model does not.
	Auxiliary bool

	// StartOf is the parameter whose first values this one keeps ([Params.Start]), nil of others.
	StartOf *Param

	scope  *Params
	stream uint32
}

// Fill writes the parameter's initial values: a function of the seed, the parameter's scope and its
// place in it only.
// Of one that keeps the first values of another they are those of the other.
func (p *Param) Fill(dst []float32, seed uint64) {
	if p.StartOf != nil {
		p = p.StartOf
	}
	p.Init.fill(dst, seed, p.stream)
}

// Scope returns the scope that holds the parameter, nil if it was not made by a [Params].
func (p *Param) Scope() *Params { return p.scope }

// Params is the ordered registry of a model's parameters, or a named part of it ([Params.Scope]).
type Params struct {
	registry *registry
	parent   *Params // nil of the root
	prefix   string  // of names: "" of the root, "critic/" or "critic/block1/" of scopes
	// firstStream is the first of the random streams of the scope's contexts and of its initial
	// values.
	firstStream uint32
	count       int   // of parameters in this scope, without those of scopes in it
	err         error // of a scope that cannot be
}

// registry is what the scopes of one NewParams share.
type registry struct {
	graph  *sym.Graph
	list   []*Param
	byName map[string]*Param
	scopes map[string]*Params // by prefix
	taken  map[uint32]string  // prefixes by first stream
}

// NewParams returns an empty registry of leaves in g. Two networks in one graph are two scopes of
// one registry. Two registries would draw the same random numbers; a parameter that another
// registry of the graph has is an expression with an error.
func NewParams(g *sym.Graph) *Params {
	root := &Params{registry: &registry{graph: g, byName: map[string]*Param{}}}
	root.registry.scopes = map[string]*Params{"": root}
	root.registry.taken = map[uint32]string{0: ""}
	return root
}

// Graph returns the graph of the parameters' leaves.
func (ps *Params) Graph() *sym.Graph { return ps.registry.graph }

// All returns the parameters of the scope and of scopes in it, in the order of their registration.
func (ps *Params) All() []*Param {
	return ps.having(func(*Param) bool { return true })
}

// Trainable returns those parameters that an optimizer changes.
func (ps *Params) Trainable() []*Param {
	return ps.having(func(p *Param) bool { return p.Trainable })
}

// having returns the parameters of the scope, and of scopes in it, for which keep holds.
func (ps *Params) having(keep func(*Param) bool) []*Param {
	var out []*Param
	for _, p := range ps.registry.list {
		if p.scope.within(ps) && keep(p) {
			out = append(out, p)
		}
	}
	return out
}

// Count returns the number of trainable scalars.
func (ps *Params) Count() int {
	n := 0
	for _, p := range ps.Trainable() {
		n += p.Expr.Shape().Size()
	}
	return n
}

// Exprs returns the leaves of parameters.
func Exprs(list []*Param) []*sym.Expr {
	out := make([]*sym.Expr, len(list))
	for i, p := range list {
		out[i] = p.Expr
	}
	return out
}

// State returns an auxiliary tensor of that name, which a step may update: the existing one if
// there is one.
func (ps *Params) State(name string, init Init, shape ...int) *Param {
	return ps.Get(Param{Name: name, Init: init, Auxiliary: true}, shape...)
}

// Start returns an auxiliary tensor that keeps the values with which training began a parameter of
// the scope: the existing one if there is one. Whoever begins with others than [Param.Fill] has,
// such as pretrained ones, writes them to both.
func (ps *Params) Start(p *Param) *Param {
	name := "start/" + strings.TrimPrefix(p.Name, ps.prefix)
	return ps.Get(Param{Name: name, Auxiliary: true, StartOf: p}, p.Expr.Shape()...)
}

// Get returns the scope's parameter of that name, registering p under it if there is none: a
// layer's tensor that is neither a [Context.Weight] nor a [Context.Bias]. The scope's prefix comes
// before p.Name; Expr is made here. Another shape than at first, an empty name, and a name of
// another scope or registry of the graph are errors of Expr.
func (ps *Params) Get(p Param, shape ...int) *Param {
	r := ps.registry
	if err := ps.check(p.Name); err != nil {
		p.Expr = sym.Refuse(r.graph.Const(0), err)
		return &p
	}
	p.Name = ps.prefix + p.Name
	leaf := "param/" + p.Name
	if old, ok := r.byName[p.Name]; ok {
		// Asking for the leaf again reports another shape as an error.
		if e := r.graph.Input(leaf, sym.Float, shape...); e != old.Expr {
			return &Param{Name: p.Name, Expr: e}
		}
		return old
	}
	if !r.graph.Own(leaf, r) {
		p.Expr = sym.Refuse(r.graph.Const(0), fmt.Errorf("another nn.Params of the graph has a"+
			" parameter %q: expected one nn.Params with a Scope for each network", p.Name))
		return &p
	}
	p.Expr = r.graph.Input(leaf, sym.Float, shape...)
	p.scope, p.stream = ps, ps.firstStream+uint32(ps.count)
	ps.count++
	r.list = append(r.list, &p)
	r.byName[p.Name] = &p
	return &p
}

// check returns why the scope cannot have a parameter of that name.
func (ps *Params) check(name string) error {
	if ps.err != nil {
		return ps.err
	}
	if name == "" {
		return errors.New("a parameter has no name")
	}
	if old, ok := ps.registry.byName[ps.prefix+name]; ok && old.scope != ps {
		return fmt.Errorf("parameter %q of scope %q is there already,"+
			" expected another name in scope %q",
			old.Name, old.scope.path(), ps.path())
	}
	if ps.parent != nil && ps.count == scopeStreams {
		return fmt.Errorf("scope %q has %d parameters, expected scopes in it for further ones",
			ps.path(), ps.count)
	}
	return nil
}
