package plan

import "slices"

// A chunk of a lane may be more than a cache holds: eight images of sixteen channels of 32×32 are
// half a megabyte in every tensor. Nodes that follow each other and can work on fewer slabs than a
// chunk therefore take it part by part, so that what one of them writes is in the cache when the
// next one reads it. Partial sums stay those of chunks, added in the same order.

// stretch is a row of runs that take a chunk part by part.
type stretch struct {
	runs []laneRun
	part int // slabs, the whole chunk if it is no smaller
}

// divisible is a kernel call that can work on parts of a chunk, with the same bits.
type divisible interface {
	// divides reports whether parts of so many slabs are possible. Each chunk is a multiple of them.
	divides(slabs int) bool
}

// largestPart is how many bytes of a chunk's tensors are worked on at a time, if it can be: half of
// a second-level cache.
const largestPart = 1 << 19

// arrange decides how the lane does a chunk.
func (l *laneNodes) arrange(opt Options) {
	if opt.apart {
		for _, r := range grouped(opt, l.nodes) {
			l.stretches = append(l.stretches, stretch{[]laneRun{r}, l.lane.chunkSize})
		}
		return
	}
	l.stretches = l.lane.grouped(grouped(opt, l.lane.undividedLast(l.nodes)))
	if !slices.ContainsFunc(l.stretches, func(s stretch) bool { return s.part < l.lane.chunkSize }) {
		l.stretches = l.lane.grouped(grouped(opt, l.nodes))
	}
}

// grouped makes stretches of the runs of a lane.
func (l lane) grouped(runs []laneRun) (list []stretch) {
	for len(runs) > 0 {
		n := 0
		for n < len(runs) && len(l.parts(runs[:n+1])) > 0 {
			n++
		}
		s := stretch{runs: runs[:max(n, 1)], part: l.chunkSize}
		if n > 1 {
			s.part = l.part(s.runs)
			s.provide()
		}
		list, runs = append(list, s), runs[len(s.runs):]
	}
	return list
}

// provide makes what nodes need for parts of the stretch's size.
func (s *stretch) provide() {
	for _, r := range s.runs {
		for _, n := range r.nodes {
			if w, ok := n.call.(*winogradCall); ok {
				w.sizes.provide(s.part)
			}
		}
	}
}

// parts returns the numbers of slabs, fewer than a chunk has, that all runs can work on.
func (l lane) parts(runs []laneRun) (list []int) {
	for n := 1; n < l.chunkSize; n++ {
		if l.chunkSize%n == 0 && l.slabs%l.chunkSize%n == 0 && !slices.ContainsFunc(runs, func(r laneRun) bool {
			return slices.ContainsFunc(r.nodes, func(m *node) bool { return !m.divides(n) })
		}) {
			list = append(list, n)
		}
	}
	return list
}

// divides reports whether n can work on parts of so many slabs.
func (n *node) divides(slabs int) bool {
	d, ok := n.call.(divisible)
	return ok && !n.private && d.divides(slabs)
}

// part returns the slabs that runs work on at a time: as many as are small enough, the fewest if
// none are, and the chunk if that is small enough itself.
func (l lane) part(runs []laneRun) int {
	seen, bytes := map[*value]bool{}, 0
	add := func(v *value) {
		if !seen[v] {
			seen[v] = true
			bytes += 4 * v.size / l.slabs
		}
	}
	for _, r := range runs {
		for _, n := range r.nodes {
			for _, u := range n.args {
				if u.aligned {
					add(u.value)
				}
			}
			add(n.outs[0])
		}
	}
	if bytes*l.chunkSize <= largestPart {
		return l.chunkSize
	}
	parts := l.parts(runs)
	part := parts[0]
	for _, n := range parts {
		if n*bytes <= largestPart {
			part = n
		}
	}
	return part
}

// run does a chunk, slabs c.first…hi−1.
func (s *stretch) run(c *chunk, hi int) {
	for c.part = c.first; c.part < hi; c.part += s.part {
		stop := min(c.part+s.part, hi)
		for i := range s.runs {
			if p := s.runs[i].strips; p != nil {
				p.run(c, c.part, stop)
			} else {
				s.runs[i].nodes[0].call.run(c, c.part, stop)
			}
		}
	}
}

// undividedLast moves nodes that need whole chunks to the end of a lane where no other node of it
// waits for them: they would interrupt a stretch.
func (l lane) undividedLast(nodes []*node) []*node {
	if slices.ContainsFunc(nodes, func(n *node) bool { return n.outs[0].overwrites != nil }) {
		return nodes // a state may be read before it is overwritten only
	}
	var first, last []*node
	for _, n := range nodes {
		waits := slices.ContainsFunc(nodes, func(m *node) bool {
			return slices.ContainsFunc(m.args, func(u use) bool { return u.value.def == n })
		})
		whole := true
		for p := 1; p < l.chunkSize; p++ {
			whole = whole && !n.divides(p)
		}
		if whole && !waits {
			last = append(last, n)
		} else {
			first = append(first, n)
		}
	}
	return append(first, last...)
}

// localWithin returns the stretch that alone uses the local value v, or nil: such a value exists for
// a part at a time.
func localWithin(list []stretch, v *value) *stretch {
	for i := range list {
		s := &list[i]
		if s.computes(v.def) {
			for _, r := range v.readers {
				if !s.computes(r) {
					return nil
				}
			}
			return s
		}
	}
	return nil
}

// computes reports whether n is a node of s.
func (s *stretch) computes(n *node) bool {
	return slices.ContainsFunc(s.runs, func(r laneRun) bool { return slices.Contains(r.nodes, n) })
}

// divides: maps work on any number of slabs.
func (m *mapCall) divides(int) bool { return true }

// divides: sums do if no block of their tape crosses slabs, or all blocks are whole.
func (s *sumCall) divides(slabs int) bool {
	space := s.tape.space
	last := len(space.dims) - 1
	out := space.steps[len(s.tape.operands)]
	switch {
	case last == 0:
		return slabs*space.lead%blockSize == 0
	case last == 1:
		return space.dims[1] >= blockSize || out[0] != 0
	}
	return true
}

// divides: planes are pooled one by one.
func (x *poolCall) divides(int) bool { return true }

// divides: images are convolved one by one.
func (x *convCall) divides(int) bool { return true }

// divides: boxes whose slabs are the output's are.
func (m *moveCall) divides(int) bool { return m.split }

// divides: blocks of tiles have to be those of the chunk.
func (x *winogradCall) divides(slabs int) bool { return x.sizes.chunk.Whole(slabs) }
