package plan

import (
	"maps"
	"slices"

	"github.com/gradreg/gradreg/internal/kernel"
)

// recompute has element-wise nodes computed again in later regions that read their results, instead
// of storing these for a whole batch and reading them: an activation, from what its batch norm
// reads anyway, or what a batch norm's backward pass gives. In its own region, and in each of the
// others, the result is then local: it does not leave the caches. Numbers stay bit for bit. It
// returns all nodes, those that were added behind the others.
func recompute(nodes []*node, regions []*region, keep map[*value]bool) []*node {
	r := recomputation{keep: keep, regions: regions, dropped: map[*value]bool{}, overwriters: map[*value]*node{}}
	for _, n := range nodes {
		if v := n.outs[0]; v.overwrites != nil {
			r.overwriters[v.overwrites] = n
		}
	}
	for _, n := range nodes {
		if later := r.readers(n); r.gains(n, later) {
			r.apply(n, later)
		}
	}
	return append(slices.Clip(nodes), r.added...)
}

// recomputation is what the pass knows.
type recomputation struct {
	keep        map[*value]bool // outputs
	regions     []*region
	dropped     map[*value]bool  // results that are local now
	overwriters map[*value]*node // of states
	added       []*node
}

// worthStoring is how many floats a result has that is stored and read: a smaller one stays in the
// caches from region to region.
const worthStoring = 1 << 19

// readers returns the readers of n's result in later regions, nil if it cannot become local or is
// not worth it.
func (r *recomputation) readers(n *node) map[int][]*node {
	m, elementwise := n.call.(*mapCall)
	v := n.outs[0]
	if !elementwise || n.private || v.size < worthStoring || v.size%n.slabs != 0 || r.keep[v] ||
		v.place == placePersistent || !m.tape.simple() {
		return nil
	}
	later, here := map[int][]*node{}, false
	for _, reader := range v.readers {
		if reader.lane() != n.lane() || slices.Contains(reader.args, use{v, false}) {
			return nil
		}
		if reader.region == n.region {
			here = true
		} else if !slices.Contains(later[reader.region], reader) {
			later[reader.region] = append(later[reader.region], reader)
		}
	}
	if !here {
		return nil
	}
	return later
}

// simple reports whether a tape takes about the time that its operands take to be read.
func (t *tape) simple() bool {
	return !slices.ContainsFunc(t.code, func(x instr) bool {
		switch x.kind {
		case instrUnary:
			return x.unary != kernel.Neg && x.unary != kernel.Abs && x.unary != kernel.Not
		case instrPow:
			return true
		}
		return x.binary == kernel.Div
	})
}

// instructionsOfStream is how many instructions take as long as reading a tensor from memory: 0.5 ns
// for 64 floats, and 28 GB/s.
const instructionsOfStream = 16

// gains reports whether to compute n again in some regions saves more numbers that are written and
// read than it has to read in addition, its instructions counted as well.
func (r *recomputation) gains(n *node, later map[int][]*node) bool {
	if len(later) == 0 {
		return false
	}
	v, code := n.outs[0], n.call.(*mapCall).tape.code
	saved := v.size // the write
	for region := range later {
		saved += v.size - v.size*len(code)/instructionsOfStream
		for _, u := range n.args {
			x := u.value
			if o := r.overwriters[x]; o != nil && o.region <= region {
				return false
			}
			if !u.aligned {
				continue
			}
			if r.dropped[x] || x.def != nil && !r.keep[x] && isLocal(x) {
				return false
			}
			reads := func(m *node) bool { return m.region == region && m.lane() == n.lane() }
			if !slices.ContainsFunc(x.readers, reads) {
				saved -= x.size
			}
		}
	}
	return saved > 0
}

// apply computes n again in the regions of the readers.
func (r *recomputation) apply(n *node, later map[int][]*node) {
	v := n.outs[0]
	r.dropped[v] = true
	for _, region := range slices.Sorted(maps.Keys(later)) {
		again := &node{
			id: n.id, args: n.args, slabs: n.slabs, chunkSize: n.chunkSize, cost: n.cost, region: region,
		}
		again.outs = []*value{{name: v.name, size: v.size, def: again}}
		again.call = &mapCall{n.call.(*mapCall).tape, again}
		for _, u := range n.args {
			u.value.readers = append(u.value.readers, again)
		}
		for _, reader := range later[region] {
			reader.readInstead(v, again.outs[0])
		}
		r.regions[region].insert(again, later[region])
		r.added = append(r.added, again)
	}
}

// readInstead makes n read w instead of v.
func (n *node) readInstead(v, w *value) {
	args := slices.Clone(n.args) // nodes that are computed again share them
	for i := range args {
		if args[i].value == v {
			args[i].value = w
			w.readers = append(w.readers, n)
		}
	}
	n.args = args
	v.readers = slices.DeleteFunc(v.readers, func(m *node) bool { return m == n })
}

// insert puts n into its lane, before the first of its readers.
func (r *region) insert(n *node, readers []*node) {
	for i := range r.lanes {
		if l := &r.lanes[i]; l.lane == n.lane() {
			at := slices.IndexFunc(l.nodes, func(m *node) bool { return slices.Contains(readers, m) })
			l.nodes = slices.Insert(l.nodes, at, n)
		}
	}
}
