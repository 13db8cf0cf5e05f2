package plan

import "fmt"

// node is one kernel call of a program.
type node struct {
	id   int
	call kernelCall
	args []use
	outs []*value

	// slabs is the number of independent parts along the leading axis of the output.
	slabs int
	// private is set where the parts are tiles of one operation: nobody else's slabs line up with
	// them.
	private bool
	// macs is the number of multiply-adds of linear operations, cost an estimate of all work in the
	// same unit.
	macs, cost int
	// chunkSize is the number of slabs that are worked on at a time.
	chunkSize int

	// after are nodes that have to be finished before, though no value tells: readers of a state
	// that this node overwrites. This node is in the after of those in before.
	after, before []*node

	region int
}

// use is a value as an argument. An aligned argument is read only at the slabs that are being
// computed.
type use struct {
	value   *value
	aligned bool
}

// kernelCall computes slabs lo…hi−1 of a node's outputs.
type kernelCall interface {
	run(c *chunk, lo, hi int)
	String() string
}

// chunk is the unit of work a worker is busy with.
type chunk struct {
	worker *worker
	first  int // first slab of the chunk
	index  int // number of the chunk within its lane
	state  *runState
}

// runState is what one run of a program is a function of, besides its inputs.
type runState struct{ key, step uint64 }

// lane identifies the nodes whose chunks line up.
type lane struct {
	slabs, chunkSize int
	private          *node
}

func (n *node) lane() lane {
	if n.private {
		return lane{n.slabs, n.chunkSize, n}
	}
	return lane{slabs: n.slabs, chunkSize: n.chunkSize}
}

// chunks returns how many chunks n slabs are worked on in.
func chunks(n, size int) int { return (n + size - 1) / size }

func (n *node) String() string {
	s := n.call.String()
	for i, u := range n.args {
		if i == 0 {
			s += " ←"
		}
		s += " " + u.value.name
		if !u.aligned {
			s += "*"
		}
	}
	for i, v := range n.outs {
		if i == 0 {
			s += " →"
		}
		s += " " + v.name
	}
	return s + fmt.Sprintf("  (%d slabs by %d)", n.slabs, n.chunkSize)
}

// chunkSize returns how many of n slabs are worked on at a time. Up to 128 slabs make at most sixteen
// chunks, seven or more from ten slabs on, which keep several cores busy and end together; a size
// that divides n evenly is worth a few chunks less. More slabs make more chunks, of eight to eleven
// slabs, so that as many more cores have work, up to 64.
func chunkSize(n int) int {
	const fewest, most, enough = 16, 64, 8
	size := max((n+most-1)/most, min((n+fewest-1)/fewest, enough))
	for s := size; s <= size+size/3+1; s++ {
		if n%s == 0 {
			return s
		}
	}
	return size
}
