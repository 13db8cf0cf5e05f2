package plan

import (
	"slices"
	"sync/atomic"

	"github.com/gradreg/gradreg/sym"
)

// What a step makes of weights that no step changes, such as packed filters, stays as it is until
// somebody writes to the weights. These nodes are prepared: they have regions of their own, before
// all others, which are left out of a run where nothing has been written since the last one. What
// other nodes read of theirs has memory that nobody else uses.

// input is a leaf that a program holds. Programs that share it share all of it.
type input struct {
	data    []float32
	written atomic.Uint64 // how often its memory was given away to be written
}

// preparation is a kernel call that puts a tensor, mostly weights, into the order in which others
// read it.
type preparation interface{ prepares() }

func (*packFilterCall) prepares()     {}
func (*packTapsCall) prepares()       {}
func (*winogradFilterCall) prepares() {}

// prepared returns the nodes that are done once for the content of the inputs that they are made
// of, in order, and these inputs: packed filters, the terms of epilogues, and what they are computed
// from, if it is inputs that no step changes.
func (low *lowering) prepared(changing map[*sym.Expr]bool) (nodes []*node, from map[*value]bool) {
	changes := map[*value]bool{}
	for e := range changing {
		if v := low.values[e]; v != nil {
			changes[v] = true
		}
	}
	settled, wanted := map[*node]bool{}, map[*node]bool{}
	for _, n := range low.nodes {
		settled[n] = n.settled(settled, changes)
	}
	for i := len(low.nodes) - 1; i >= 0; i-- {
		n := low.nodes[i]
		_, prepares := n.call.(preparation)
		wanted[n] = settled[n] && (prepares || wanted[n])
		if f, ok := n.call.(finisher); ok {
			if v := f.terms(); v != nil && v.def != nil {
				wanted[v.def] = true
			}
		}
		if wanted[n] {
			for _, u := range n.args {
				if u.value.def != nil {
					wanted[u.value.def] = true
				}
			}
		}
	}
	from = map[*value]bool{}
	for _, n := range low.nodes {
		if !wanted[n] || !settled[n] {
			continue
		}
		nodes = append(nodes, n)
		for _, u := range n.args {
			if u.value.def == nil {
				from[u.value] = true
			}
		}
	}
	return nodes, from
}

// settled reports whether n is computed from inputs alone that do not change in a run, given which
// of the nodes before it are.
func (n *node) settled(before map[*node]bool, changes map[*value]bool) bool {
	if _, random := n.call.(*randomCall); random || len(n.after) > 0 || len(n.args) == 0 {
		return false
	}
	for _, v := range n.outs {
		if v.overwrites != nil {
			return false
		}
	}
	for _, u := range n.args {
		if u.value.def == nil && changes[u.value] || u.value.def != nil && !before[u.value.def] {
			return false
		}
	}
	return true
}

// schedule distributes the nodes of a step, prepared ones before all others, and gives what is read of
// these by others, or is an output, a place of its own.
func (p *part) schedule(low *lowering, opt Options, changing map[*sym.Expr]bool) {
	p.nodes = low.nodes
	prepared, from := low.prepared(changing)
	for e, v := range p.inputs {
		if from[v] {
			p.sources = append(p.sources, e)
		}
	}
	rest := slices.DeleteFunc(slices.Clone(p.nodes), func(n *node) bool { return slices.Contains(prepared, n) })
	p.regions = schedule(prepared, nil)
	p.preparing = len(p.regions)
	p.regions = schedule(rest, p.regions)
	for _, n := range prepared {
		v := n.outs[0]
		needed := func(r *node) bool { return r.region >= p.preparing }
		if slices.Contains(p.outputs, v) || slices.ContainsFunc(v.readers, needed) {
			v.place = placePersistent
			p.lasting = append(p.lasting, v)
		}
	}
	if !opt.stored {
		p.nodes = recompute(p.nodes, p.regions, p.kept())
	}
	for _, r := range p.regions {
		r.settle(opt)
	}
}

// writes returns how often the inputs that the step's prepared nodes are made of were given away to be
// written.
func (p *Program) writes(s *part) (n uint64) {
	for _, e := range s.sources {
		n += p.inputs[e].written.Load()
	}
	return n
}
