package plan

import "slices"

// A node that multiplies leaves memory idle, and the element-wise nodes after it wait for memory. So
// it asks for what these will read.

// mostAhead is how many values are asked for.
const mostAhead = 4

// lookAhead notes what each run of the lane should ask for: the values that are shared, which the
// runs after it are the first to read, up to the next one that multiplies.
func (l *laneNodes) lookAhead() {
	touched := map[*value]bool{} // by this run and those before it
	for i := range l.runs {
		for _, n := range l.runs[i].nodes {
			touched[n.outs[0]] = true
			for _, u := range n.args {
				touched[u.value] = true
			}
		}
		var ahead []*value
		for _, r := range l.runs[i+1:] {
			if r.strips == nil {
				break
			}
			for _, n := range r.nodes {
				for _, u := range n.args {
					v := u.value
					if u.aligned && v.size >= worthStoring/4 && !touched[v] && v.def != nil && v.def.region != n.region && !slices.Contains(ahead, v) {
						ahead = append(ahead, v)
					}
				}
			}
		}
		l.runs[i].ahead = ahead[:min(len(ahead), mostAhead)]
	}
}

// ahead returns what the running node should ask for, at slabs lo…hi−1.
func (c *chunk) ahead(lo, hi int) [][]float32 {
	w := c.worker
	for i, v := range c.next {
		w.ahead[i] = v.slab(c, lo, hi, v.def.slabs)
	}
	return w.ahead[:len(c.next)]
}
