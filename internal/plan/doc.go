// Package plan compiles expressions to a [Program]: a straight line of kernels over static memory.
//
// # The way from an expression to a program
//
//	sym expressions ── simplify ──▶ expressions ── lower ──▶ nodes ── schedule ──▶ regions ── layout ──▶ Program
//
// A [node] is one kernel call: a fused element-wise tape, a convolution, a matrix product. Lowering
// decides which results are kept in memory (a [value]) and which are recomputed inside a tape.
//
// # Factors per sample
//
// Two passes save whole passes over a network. factors takes numbers that are constant within a
// sample out of maps that are linear per sample; products joins products that share an argument:
//
//	loss:     s_b·1 ──▶ s_b·δ₂ ──▶ s_b·δ₁      weights: a ⊗ s·δ  ╮
//	penalty:      1 ──▶     δ₂ ──▶     δ₁ ──▶ …           u ⊗ δ  ╯ ──▶ (s·a + u) ⊗ δ
//
// So a network with one output has one backward pass and one outer product a layer for its loss and
// a penalty of its slope.
//
// # Slabs, lanes, regions
//
// Most computations of a network for one sample do not depend on the other samples. A node is
// split along the leading axis of its output into slabs, and chunks of slabs are the unit of work:
//
//	region 0            region 1                          region 2
//	┌────────────┐      ┌──────────────────────────┐      ┌───────────────────┐
//	│ pack conv1 │      │ conv1 → pool → … → conv1'│      │ Σ of partial dW   │
//	│ pack conv2 │ ──▶  │   chunk 0: images 0…4    │ ──▶  │ matrix products dW│ ──▶ …
//	│ …          │      │   chunk 1: images 5…9 …  │      │                   │
//	└────────────┘      └──────────────────────────┘      └───────────────────┘
//
// All nodes of a lane run one after the other on one chunk before the next chunk is begun, so a
// handful of images flows through the network, forward and backward, while its data is in the
// cache. A region holds lanes that do not depend on each other; between regions all workers meet.
// Values that only one lane uses live in memory of the worker.
//
// Element-wise nodes of a lane that follow each other run as one strip program (strips.go), which
// reads what they share once. That leaves the bits as they are, and the listing of a program names
// nodes one by one. An element-wise operation without a step there stays with the tapes.
//
// An element-wise node whose result a later region reads is computed again there instead of being
// stored, where that reads and writes less (recompute.go): the listing then has it twice.
//
// What a convolution's result alone goes through next, a term for each channel and ReLU or ReLU6, its
// kernel does before it stores a number (epilogue.go). What is made of inputs that no step changes,
// such as packed filters, is made once for their content: regions of such nodes come first, and a
// run leaves them out where nobody has written these inputs since (prepared.go).
//
// # The one invariant
//
// Chunks are a function of shapes, never of the number of threads, and partial results of chunks
// are added in the order of the chunks. Therefore a program gives bit for bit the same result for
// any number of threads.
//
// # A further kernel call, pass or way to convolve
//
// Winograd's algorithm (winograd.go chooses; winograd5.go and winograd_batch.go have its other forms,
// winograd_tiles.go what goes chunk by chunk), images in the lanes (wide.go, wide_taps.go) and
// expanded images (conv.go) are ways to convolve: each says by shapes alone whether it is taken, the
// first that does is.
//
// A kernel call is a type with the methods of kernelCall and an emit function of the lowering that
// makes its node: arguments, slabs, cost. Whether an argument is read at the node's own slabs only
// (aligned) decides which region the node may stand in. A pass over expressions is a row of passes
// in simplify.go. An operation that is linear per sample has its path in passage.go. An expression
// of ops_test.go holds each; TestRandomGraphs compares random programs with the reference on every
// level and for several numbers of threads, and golden texts of package classify show what changed
// in real steps.
package plan
