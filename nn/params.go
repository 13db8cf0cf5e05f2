package nn

import "github.com/gradreg/gradreg/sym"

// Param is a tensor of a model that is kept between steps.
type Param struct {
	Name      string    // such as "conv1.weight"
	Expr      *sym.Expr // the input leaf that holds it
	Init      Init
	Trainable bool // false for the running statistics of a normalization
	Decay     bool // subject to weight decay: weights are, biases and norm parameters are not
	// Auxiliary is what training keeps beside the model, such as a penalty's vectors: checkpoints hold it, a saved
	// model does not.
	Auxiliary bool

	index int
}

// Fill writes the parameter's initial values: a function of the seed and the parameter's place in the
// registry only.
func (p *Param) Fill(dst []float32, seed uint64) { p.Init.fill(dst, seed, uint32(p.index)) }

// Params is the ordered registry of a model's parameters.
type Params struct {
	graph  *sym.Graph
	list   []*Param
	byName map[string]*Param
}

// NewParams returns an empty registry of leaves in g.
func NewParams(g *sym.Graph) *Params { return &Params{graph: g, byName: map[string]*Param{}} }

// Graph returns the graph of the parameters' leaves.
func (ps *Params) Graph() *sym.Graph { return ps.graph }

// All returns the parameters in the order of their registration.
func (ps *Params) All() []*Param { return ps.list }

// Trainable returns the parameters that an optimizer changes.
func (ps *Params) Trainable() []*Param {
	var out []*Param
	for _, p := range ps.list {
		if p.Trainable {
			out = append(out, p)
		}
	}
	return out
}

// State returns an auxiliary tensor of that name, which a step may update: the existing one if there is one.
func (ps *Params) State(name string, init Init, shape ...int) *Param {
	return ps.get(Param{Name: name, Init: init, Auxiliary: true}, shape...)
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

// get returns the parameter of that name, registering p if there is none.
func (ps *Params) get(p Param, shape ...int) *Param {
	if old, ok := ps.byName[p.Name]; ok {
		// Asking for the leaf again reports another shape as an error.
		old.Expr = ps.graph.Input("param/"+p.Name, sym.Float, shape...)
		return old
	}
	p.Expr = ps.graph.Input("param/"+p.Name, sym.Float, shape...)
	p.index = len(ps.list)
	ps.list = append(ps.list, &p)
	ps.byName[p.Name] = &p
	return &p
}
