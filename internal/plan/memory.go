package plan

import (
	"slices"

	"github.com/gradreg/gradreg/internal/kernel"
)

// alignment of values, in floats: a cache line.
const alignment = 16

// span is a value that needs memory from one time to another, both inclusive.
type span struct {
	value       *value
	size        int
	first, last int
}

// layout gives every value its place and returns the floats that the arena and a worker's local
// memory take.
func layout(nodes []*node, regions []*region, keep map[*value]bool) (arena, local int) {
	var shared []span
	for _, n := range nodes {
		for _, v := range n.outs {
			if v.place == placePersistent {
				continue
			}
			if !keep[v] && isLocal(v) {
				v.place = placeLocal
				continue
			}
			s := span{value: v, size: v.size, first: n.region, last: n.region}
			for _, r := range v.readers {
				s.last = max(s.last, r.region)
			}
			if keep[v] {
				s.last = len(regions)
			}
			shared = append(shared, s)
		}
	}
	arena = place(shared)
	for _, r := range regions {
		for _, l := range r.lanes {
			for _, run := range l.runs {
				if run.strips != nil {
					run.strips.unread()
				}
			}
			local = max(local, place(localSpans(l)))
		}
	}
	return arena, local
}

// isLocal reports whether v is used only slab by slab by the lane that computes it.
func isLocal(v *value) bool {
	for _, r := range v.readers {
		if r.region != v.def.region || r.lane() != v.def.lane() {
			return false
		}
		for _, u := range r.args {
			if u.value == v && !u.aligned {
				return false
			}
		}
	}
	return !v.def.private && v.size%v.def.slabs == 0 && v.def.sliced()
}

// sliced reports whether slab i of the output is what slabs of the node compute. A sum over the
// leading axis has an output for every chunk instead.
func (n *node) sliced() bool {
	s, ok := n.call.(interface{ perChunk() bool })
	return !ok || !s.perChunk()
}

// localSpans returns what the local values of a lane need, by the positions of what runs in one go.
func localSpans(l laneNodes) []span {
	at := map[*node]int{}
	for i, r := range l.runs {
		for _, n := range r.nodes {
			at[n] = i
		}
	}
	var spans []span
	for _, n := range l.nodes {
		for _, v := range n.outs {
			if v.place != placeLocal {
				continue
			}
			s := span{value: v, size: v.size / l.lane.slabs * l.lane.chunkSize, first: at[n], last: at[n]}
			for _, r := range v.readers {
				s.last = max(s.last, at[r])
			}
			spans = append(spans, s)
		}
	}
	return spans
}

// place assigns offsets so that values which live at the same time do not overlap, and returns the
// total: the largest first, each at the lowest offset that is free.
func place(spans []span) int {
	slices.SortStableFunc(spans, func(a, b span) int { return b.size - a.size })
	total := 0
	var placed []span // by their offsets
	for _, s := range spans {
		offset := 0
		for _, p := range placed {
			if p.last < s.first || s.last < p.first {
				continue
			}
			if offset+s.size <= p.value.offset {
				break
			}
			offset = max(offset, roundUp(p.value.offset+p.size))
		}
		s.value.offset = offset
		at, _ := slices.BinarySearchFunc(placed, offset, func(p span, at int) int { return p.value.offset - at })
		placed = slices.Insert(placed, at, s)
		total = max(total, offset+s.size)
	}
	return total
}

// roundUp returns the next multiple of the alignment.
func roundUp(n int) int { return (n + alignment - 1) / alignment * alignment }

// allocate returns n floats, aligned to a cache line, with the slack kernels may read behind them.
func allocate(n int) []float32 {
	raw := make([]float32, n+kernel.Slack+alignment)
	adviseHugePages(raw)
	return raw[misalignment(raw):][: n : n+kernel.Slack]
}
