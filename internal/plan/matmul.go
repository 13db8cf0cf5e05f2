package plan

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// product is one matrix product op(A)·op(B), with the offsets of what the kernels read.
type product struct {
	m, n, k        int
	transA, transB bool
	aRows, aCols   []int32 // element (i, p) of op(A) is at aRows[i] + aCols[p]
	bOff           []int32 // row p of B, or row j where B is transposed and A is not
}

func newProduct(m, n, k int, attr sym.MatMulAttr) product {
	p := product{m: m, n: n, k: k, transA: attr.TransA, transB: attr.TransB}
	p.aRows, p.aCols = multiples(m, k), multiples(k, 1)
	if p.transA {
		p.aRows, p.aCols = multiples(m, 1), multiples(k, m)
	}
	if p.bOff = multiples(k, n); p.transB && !p.transA {
		p.bOff = multiples(n, k)
	}
	return p
}

// multiples returns 0, step, 2·step, … of n numbers.
func multiples(n, step int) []int32 {
	t := make([]int32, n)
	for i := range t {
		t[i] = int32(i * step)
	}
	return t
}

// scratch returns how many floats rows needs for that many rows.
func (p *product) scratch(l kernel.Level, rows int) int {
	switch {
	case !p.transB:
		return l.PackedSize(rows, p.k)
	case p.transA:
		return l.PackedSize(rows, p.k) + p.k*p.n + kernel.Slack
	}
	return 0
}

// rows computes rows lo…hi−1 of the product into c. a is what those rows are made of: the rows
// themselves, or all of A where it is transposed.
func (p *product) rows(l kernel.Level, c, a, b, scratch []float32, lo, hi int, acc bool) {
	if p.transB && !p.transA {
		l.MulDot(c, p.n, a, p.aRows[:hi-lo], 0, b, p.bOff, 0, p.k, 1, acc)
		return
	}
	rows := p.aRows[:hi-lo]
	if p.transA {
		rows = p.aRows[lo:hi]
	}
	if p.transB {
		to := scratch[l.PackedSize(hi-lo, p.k):]
		l.Transpose(to, p.n, b, p.k, p.k, p.n)
		b = to
	}
	l.PackA(scratch, a, rows, p.aCols)
	l.MulPacked(c, p.n, scratch, b, p.bOff, hi-lo, p.n, acc)
}

// matMulCall computes rows of Σ op(A)·op(B) over pairs of matrices.
type matMulCall struct {
	node  *node
	pairs []product
}

func (x *matMulCall) String() string {
	s := "matmul{"
	for i, p := range x.pairs {
		if i > 0 {
			s += " + "
		}
		s += fmt.Sprintf("%dx%dx%d", p.m, p.k, p.n)
	}
	return s + "}"
}

func (x *matMulCall) run(c *chunk, lo, hi int) {
	n := x.node
	out := n.outs[0].slab(c, lo, hi, n.slabs)
	for i := range x.pairs {
		a, b := n.args[2*i], n.args[2*i+1]
		x.pairs[i].rows(c.worker.level, out, a.value.arg(c, a.aligned, lo, hi, n.slabs),
			b.value.arg(c, b.aligned, lo, hi, n.slabs), c.worker.scratch, lo, hi, i > 0)
	}
}

// bigOperand is the size in floats, half of a second-level cache of 1 MiB, beyond which a matrix
// should be read once for the whole batch and not once for every chunk of samples.
const bigOperand = 128 << 10

// emitMatMul computes e as the sum of op(a)·op(b) over pairs.
func (low *lowering) emitMatMul(e *sym.Expr, attr sym.MatMulAttr, pairs [][2]*sym.Expr) {
	shape := e.Shape()
	if len(shape) > 2 {
		low.emitBatchedMatMul(e, attr)
		return
	}
	if !attr.TransA && len(pairs) == 1 && pairs[0][1].Shape().Size() > bigOperand {
		low.emitTiledMatMul(e, attr)
		return
	}
	n := low.newNode(e)
	x := &matMulCall{node: n}
	n.call = x
	for _, pair := range pairs {
		p := newProduct(shape[0], shape[1], pair[0].Shape().Size()/shape[0], attr)
		x.pairs = append(x.pairs, p)
		n.addUse(low.value(pair[0]), !attr.TransA)
		n.addUse(low.value(pair[1]), false)
		n.macs += p.m * p.n * p.k
		low.needScratch(p.scratch(low.level, n.chunkSize))
	}
	n.cost = n.macs
}

// needScratch reserves memory for one kernel call.
func (low *lowering) needScratch(floats int) { low.scratch = max(low.scratch, floats) }

// tileWidth is the number of columns that one task computes of a product with a big matrix.
const tileWidth = 64

// tiledMatMulCall computes tiles of columns of A·op(B): each part of the big B is read by one task,
// once. A comes packed unless B is transposed.
type tiledMatMulCall struct {
	node *node
	p    product
}

func (x *tiledMatMulCall) String() string {
	return fmt.Sprintf("tiled-matmul{%dx%dx%d}", x.p.m, x.p.k, x.p.n)
}

func (x *tiledMatMulCall) run(c *chunk, lo, hi int) {
	p, n := &x.p, x.node
	a := n.args[0].value.slab(c, 0, 1, 1)
	b := n.args[1].value.slab(c, 0, 1, 1)
	out := n.outs[0].slab(c, 0, 1, 1)
	from, to := lo*tileWidth, min(hi*tileWidth, p.n)
	if p.transB {
		c.worker.level.MulDot(out[from:], p.n, a, p.aRows, 0, b, p.bOff[from:to], 0, p.k, 1, false)
		return
	}
	c.worker.level.MulPacked(out[from:], p.n, a, b[from:], p.bOff, p.m, to-from, false)
}

// emitTiledMatMul computes e = A·op(B) for a big B.
func (low *lowering) emitTiledMatMul(e *sym.Expr, attr sym.MatMulAttr) {
	a, b := low.value(e.Args()[0]), low.value(e.Args()[1])
	m, cols := e.Shape()[0], e.Shape()[1]
	p := newProduct(m, cols, a.size/m, attr)
	if !p.transB {
		pack := low.bareNode(low.name(e)+"/a", low.level.PackedSize(m, p.k), 1)
		pack.call = &packCall{node: pack, rows: p.aRows, cols: p.aCols}
		pack.addUse(a, false)
		a = pack.outs[0]
	}
	n := low.newNode(e)
	n.slabs, n.chunkSize, n.private = (cols+tileWidth-1)/tileWidth, 1, true
	n.call = &tiledMatMulCall{node: n, p: p}
	n.addUse(a, false)
	n.addUse(b, false)
	n.macs = p.m * p.n * p.k
	n.cost = n.macs
}

// packCall packs a matrix for MulPacked.
type packCall struct {
	node       *node
	rows, cols []int32
}

func (x *packCall) String() string { return fmt.Sprintf("pack{%dx%d}", len(x.rows), len(x.cols)) }

func (x *packCall) run(c *chunk, _, _ int) {
	out, in := x.node.outs[0].slab(c, 0, 1, 1), x.node.args[0].value.slab(c, 0, 1, 1)
	c.worker.level.PackA(out, in, x.rows, x.cols)
}

// batchedMatMulCall computes one product for every index of the leading axes.
type batchedMatMulCall struct {
	node *node
	p    product
}

func (x *batchedMatMulCall) String() string {
	return fmt.Sprintf("batched-matmul{%dx%dx%d}", x.p.m, x.p.k, x.p.n)
}

func (x *batchedMatMulCall) run(c *chunk, lo, hi int) {
	n, p := x.node, &x.p
	out := n.outs[0].slab(c, lo, hi, n.slabs)
	a := n.args[0].value.slab(c, lo, hi, n.slabs)
	b := n.args[1].value.slab(c, lo, hi, n.slabs)
	for i := range len(out) / (p.m * p.n) {
		p.rows(c.worker.level, out[i*p.m*p.n:(i+1)*p.m*p.n], a[i*p.m*p.k:(i+1)*p.m*p.k],
			b[i*p.k*p.n:(i+1)*p.k*p.n], c.worker.scratch, 0, p.m, false)
	}
}

func (low *lowering) emitBatchedMatMul(e *sym.Expr, attr sym.MatMulAttr) {
	shape := e.Shape()
	m, cols := shape[len(shape)-2], shape[len(shape)-1]
	batch := shape.Size() / (m * cols)
	n := low.newNode(e)
	p := newProduct(m, cols, e.Args()[0].Shape().Size()/(batch*m), attr)
	n.call = &batchedMatMulCall{node: n, p: p}
	n.addUse(low.value(e.Args()[0]), true)
	n.addUse(low.value(e.Args()[1]), true)
	n.macs = batch * p.m * p.n * p.k
	n.cost = n.macs
	low.needScratch(p.scratch(low.level, m))
}
