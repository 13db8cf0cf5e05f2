package plan

import "github.com/gradreg/gradreg/sym"

// updates makes each target hold its new value at the end of a run; roots are pairs of target and
// value. The node that computes a value writes to the target's memory, if everything that reads the
// old value can come before it; else the value is copied at the end.
func (low *lowering) updates(targets []*value, roots []*sym.Expr) {
	values := make([]*value, len(targets))
	for i, target := range targets {
		v := low.values[roots[2*i+1]]
		if v.def == nil && v != target {
			// The value is the old content of another state, which may change before it is needed.
			v = low.copyOf(v, target.name+"'")
		}
		values[i] = v
	}
	for i, target := range targets {
		if v := values[i]; v != target {
			low.update(target, v)
		}
	}
}

// copyOf adds a node that copies v.
func (low *lowering) copyOf(v *value, name string) *value {
	n := low.bareNode(name, v.size, 1)
	n.call = &copyCall{node: n}
	n.addUse(v, false)
	return n.outs[0]
}

// update makes target hold v.
func (low *lowering) update(target, v *value) {
	if !v.def.overwrites(target) {
		v = low.copyOf(v, target.name+"''")
	}
	v.place, v.overwrites = placePersistent, target
	for _, r := range target.readers {
		if r != v.def {
			v.def.after = append(v.def.after, r)
			r.before = append(r.before, v.def)
		}
	}
}

// overwrites reports whether n can write its output to target: an element-wise node, or one that
// does not read target at all, whose output no reader of target needs.
func (n *node) overwrites(target *value) bool {
	if n.outs[0].place == placePersistent {
		return false
	}
	for _, u := range n.args {
		if _, elementwise := n.call.(*mapCall); u.value == target && (!elementwise || !u.aligned) {
			return false
		}
	}
	needs := n.dependents()
	for _, r := range target.readers {
		if r != n && needs[r] {
			return false
		}
	}
	return true
}

// dependents returns n and the nodes that have to come after it.
func (n *node) dependents() map[*node]bool {
	needs, open := map[*node]bool{n: true}, []*node{n}
	add := func(list []*node) {
		for _, m := range list {
			if !needs[m] {
				needs[m] = true
				open = append(open, m)
			}
		}
	}
	for len(open) > 0 {
		m := open[len(open)-1]
		open = open[:len(open)-1]
		for _, v := range m.outs {
			add(v.readers)
		}
		add(m.before)
	}
	return needs
}

// copyCall copies a value.
type copyCall struct{ node *node }

func (x *copyCall) String() string { return "copy" }

func (x *copyCall) run(c *chunk, _, _ int) {
	copy(x.node.outs[0].slab(c, 0, 1, 1), x.node.args[0].value.slab(c, 0, 1, 1))
}
