package plan

import "github.com/gradreg/gradreg/sym"

// pairSum is a sum over the images of pairs, such as the weight gradients of a loss and a penalty:
// two arguments of the node for each. Every chunk of images has a sum of its own.
type pairSum struct {
	node  *node
	pairs int
}

// perChunk reports that every chunk has an output of its own.
func (s pairSum) perChunk() bool { return true }

// sum returns the output of a chunk.
func (s pairSum) sum(c *chunk) []float32 {
	n := s.node
	return n.outs[0].slab(c, c.index, c.index+1, chunks(n.slabs, n.chunkSize))
}

// pair returns the images of a chunk of pair p: inputs, and gradients of outputs.
func (s pairSum) pair(c *chunk, p, lo, hi int) (x, dy []float32) {
	n := s.node
	return n.args[2*p].value.slab(c, lo, hi, n.slabs), n.args[2*p+1].value.slab(c, lo, hi, n.slabs)
}

// sumOfPairs computes e as the sum of pairs, each of which takes so many multiply-adds and is
// estimated to cost as much as others: chunk by chunk, and then of all chunks.
func (low *lowering) sumOfPairs(
	e *sym.Expr, pairs [][2]*sym.Expr, macs, cost int, call func(pairSum) kernelCall,
) {
	batch := pairs[0][0].Shape()[0]
	parts := chunks(batch, low.chunkSize(batch))
	n := low.bareNode(low.name(e)+"/part", parts*e.Shape().Size(), batch)
	n.call = call(pairSum{n, len(pairs)})
	for _, p := range pairs {
		n.addUse(low.value(p[0]), true)
		n.addUse(low.value(p[1]), true)
	}
	n.macs, n.cost = macs*len(pairs), cost*len(pairs)
	low.combine(e, n.outs[0], parts)
}
