package plan

import "slices"

// region is a set of lanes that do not depend on each other. All workers meet at its end.
type region struct {
	lanes   []laneNodes
	tasks   []task
	batches []batch // of tasks
}

// laneNodes are the nodes of a lane, in the order they run in on every chunk.
type laneNodes struct {
	lane  lane
	nodes []*node
	runs  []laneRun // of these nodes
}

// task is some chunks of a lane.
type task struct {
	lane        int
	first, stop int // chunks
	cost        int
}

// schedule distributes nodes over regions that follow others, each as early as possible: into the
// region that is being filled if everything it reads comes from earlier ones, or from its own lane
// slab by slab.
func schedule(nodes []*node, regions []*region) []*region {
	nodes = slices.Clone(nodes)
	for _, n := range nodes {
		n.region = -1
	}
	for len(nodes) > 0 {
		r := &region{}
		later := nodes[:0]
		for _, n := range nodes {
			if !canRunIn(n, len(regions)) {
				later = append(later, n)
				continue
			}
			n.region = len(regions)
			r.add(n)
		}
		regions = append(regions, r)
		nodes = later
	}
	return regions
}

// canRunIn reports whether n can run in region r, given that the nodes before it have been placed.
func canRunIn(n *node, r int) bool {
	for _, u := range n.args {
		d := u.value.def
		if d == nil || (d.region >= 0 && d.region < r) {
			continue
		}
		if d.region < 0 || !u.aligned || n.private || d.lane() != n.lane() {
			return false
		}
	}
	for _, d := range n.after {
		if d.region < 0 || (d.region == r && (d.lane() != n.lane() || !readsAligned(d, n.outs[0].overwrites))) {
			return false
		}
	}
	return true
}

// readsAligned reports whether d reads a state only at its own slabs, so that in its lane another
// node may overwrite them afterwards.
func readsAligned(d *node, state *value) bool {
	for _, u := range d.args {
		if u.value == state && !u.aligned {
			return false
		}
	}
	return true
}

// settle cuts a region that no node will be added to into tasks and runs.
func (r *region) settle(opt Options) {
	r.split()
	for i := range r.lanes {
		r.lanes[i].runs = grouped(opt, r.lanes[i].nodes)
	}
}

// add puts n at the end of its lane.
func (r *region) add(n *node) {
	for i := range r.lanes {
		if r.lanes[i].lane == n.lane() {
			r.lanes[i].nodes = append(r.lanes[i].nodes, n)
			return
		}
	}
	r.lanes = append(r.lanes, laneNodes{lane: n.lane(), nodes: []*node{n}})
}

// smallTask is the cost in multiply-adds, some ten microseconds, below which splitting work costs
// more than it gains.
const smallTask = 1 << 17

// split cuts lanes into tasks, of several chunks where chunks are small, the largest first so that
// workers end together.
func (r *region) split() {
	for i, l := range r.lanes {
		cost := 0
		for _, n := range l.nodes {
			cost += n.cost
		}
		count := chunks(l.lane.slabs, l.lane.chunkSize)
		each := max(1, smallTask*count/max(cost, 1))
		for first := 0; first < count; first += each {
			stop := min(first+each, count)
			// The last chunk may have fewer slabs than the others.
			share := min(stop*l.lane.chunkSize, l.lane.slabs) - first*l.lane.chunkSize
			r.tasks = append(r.tasks, task{i, first, stop, cost / l.lane.slabs * share})
		}
	}
	slices.SortStableFunc(r.tasks, func(a, b task) int { return b.cost - a.cost })
	for i, t := range r.tasks {
		if last := len(r.batches) - 1; i > 0 && r.tasks[i-1].lane == t.lane && r.tasks[i-1].cost == t.cost {
			r.batches[last].stop++
		} else {
			r.batches = append(r.batches, batch{first: i, stop: i + 1})
		}
	}
}

// run does a task: the nodes of its lane, chunk by chunk.
func (r *region) run(w *worker, t task, state *runState) {
	l := &r.lanes[t.lane]
	c := &w.chunk // not a variable: calls through an interface would move it to the heap
	*c = chunk{worker: w, state: state}
	for c.index = t.first; c.index < t.stop; c.index++ {
		c.first = c.index * l.lane.chunkSize
		hi := min(c.first+l.lane.chunkSize, l.lane.slabs)
		for i := range l.runs {
			if p := l.runs[i].strips; p != nil {
				p.run(c, c.first, hi)
			} else {
				l.runs[i].nodes[0].call.run(c, c.first, hi)
			}
		}
	}
}
