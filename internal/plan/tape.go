package plan

import (
	"fmt"
	"math"
	"strings"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// tape is a fused element-wise computation: a short program that an interpreter runs on one block
// after the other, all of whose operands are in the first-level cache.
type tape struct {
	space    space
	shape    sym.Shape // of what it computes
	steps    [][]int   // of the operands along its axes, and of a sum's output
	operands []operand // the tape's arguments, in the order of space.steps
	code     []instr
	slots    int // operands first, then registers
	result   int // the slot of the result
}

// operand is an argument of a tape. One that is constant over the whole space is read once per run.
type operand struct {
	use    int // index among the node's arguments
	scalar bool
}

// instr computes one element-wise operation on slots; −1 marks an unused one.
type instr struct {
	kind      instrKind
	unary     kernel.UnaryOp
	binary    kernel.BinaryOp
	dst       int
	a, b, c   int
	immediate float32
	scalar    int // operand that holds the scalar, −1 for the immediate
}

type instrKind uint8

const (
	instrUnary        instrKind = iota
	instrBinary                 // a op b
	instrBinaryScalar           // a op scalar
	instrScalarBinary           // scalar op a
	instrSelect                 // a ? b : c, where −1 stands for zeros
	instrPow                    // a^scalar
	instrFill                   // scalar
)

// zeros is a block of zeros, never written.
var zeros [blockSize]float32

// sources are the slices that a tape's arguments lie in during one chunk.
type sources struct {
	data    [maxOperands][]float32
	scalars [maxOperands]float32
	offsets [maxOperands]int
}

// maxOperands bounds the arguments of a tape, and with them the memory it needs in cache.
const maxOperands = 24

// open finds the tape's arguments for slabs lo…hi−1.
func (t *tape) open(src *sources, n *node, c *chunk, lo, hi int) {
	for i, o := range t.operands {
		u := n.args[o.use]
		switch {
		case o.scalar:
			src.scalars[i] = u.value.slab(c, 0, 1, 1)[0]
		case u.aligned:
			src.data[i] = u.value.slab(c, lo, hi, n.slabs)
		default:
			src.data[i] = u.value.slab(c, 0, 1, 1)
		}
	}
}

// eval runs the tape on a block and returns the result: in dst if the tape computes anything, else
// the operand itself.
func (t *tape) eval(w *worker, src *sources, b *block, dst []float32) []float32 {
	slots, n := w.blocks, b.rows*b.cols
	at := &w.at
	for i, o := range t.operands {
		if !o.scalar {
			at[i] = t.load(w.level, src, i, b, slots[i])
		}
	}
	for i := len(t.operands); i < t.slots; i++ {
		at[i] = slots[i][:n]
	}
	if len(t.code) == 0 {
		return full(w, at, t.result, n)
	}
	// Only the last instruction writes to dst, which may be the memory of an operand.
	last := len(t.code) - 1
	for i := range last {
		t.code[i].exec(w, at[t.code[i].dst], at, src)
	}
	t.code[last].exec(w, dst[:n], at, src)
	return dst[:n]
}

// full returns slot i, spread over n elements if it is a single number.
func full(w *worker, at *[maxOperands + maxRegisters][]float32, i, n int) []float32 {
	if len(at[i]) < n {
		x := at[i][0]
		at[i] = w.blocks[i][:n]
		w.level.Fill(at[i], x)
	}
	return at[i]
}

// load returns the block of operand i: in place where it is dense, a single number where it is the
// same in the whole block, else spread into buf.
func (t *tape) load(l kernel.Level, src *sources, i int, b *block, buf []float32) []float32 {
	last := len(t.space.dims) - 1
	in, row := t.space.steps[i][last], 0
	if last > 0 {
		row = t.space.steps[i][last-1]
	}
	data := src.data[i][b.offsets[i]:]
	if in == 0 && b.rows == 1 {
		return data[:1]
	}
	if in == 1 && (b.rows == 1 || row == b.cols) {
		return data[:b.rows*b.cols]
	}
	for r := range b.rows {
		out, from := buf[r*b.cols:(r+1)*b.cols], data[r*row:]
		switch in {
		case 0:
			l.Fill(out, from[0])
		case 1:
			copy(out, from)
		default:
			for j := range out {
				out[j] = from[j*in]
			}
		}
	}
	return buf[:b.rows*b.cols]
}

// exec runs one instruction.
func (x *instr) exec(w *worker, dst []float32, at *[maxOperands + maxRegisters][]float32, src *sources) {
	l, n, s := w.level, len(dst), x.immediate
	if x.scalar >= 0 {
		s = src.scalars[x.scalar]
	}
	switch x.kind {
	case instrUnary:
		l.Unary(x.unary, dst, full(w, at, x.a, n))
	case instrBinary:
		switch a, b := at[x.a], at[x.b]; {
		case len(b) < n:
			l.BinaryScalar(x.binary, dst, full(w, at, x.a, n), b[0])
		case len(a) < n:
			l.ScalarBinary(x.binary, dst, a[0], b)
		default:
			l.Binary(x.binary, dst, a, b)
		}
	case instrBinaryScalar:
		l.BinaryScalar(x.binary, dst, full(w, at, x.a, n), s)
	case instrScalarBinary:
		l.ScalarBinary(x.binary, dst, s, full(w, at, x.a, n))
	case instrSelect:
		l.Select(dst, full(w, at, x.a, n), orZeros(w, at, x.b, n), orZeros(w, at, x.c, n))
	case instrPow:
		for i, v := range full(w, at, x.a, n) {
			dst[i] = float32(math.Pow(float64(v), float64(s)))
		}
	case instrFill:
		l.Fill(dst, s)
	}
}

// orZeros returns slot i, or zeros for −1.
func orZeros(w *worker, at *[maxOperands + maxRegisters][]float32, i, n int) []float32 {
	if i < 0 {
		return zeros[:n]
	}
	return full(w, at, i, n)
}

// String lists the instructions.
func (t *tape) String() string {
	var b strings.Builder
	for i := range t.code {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(t.code[i].String())
	}
	if len(t.code) == 0 {
		return "copy"
	}
	return b.String()
}

func (x *instr) String() string {
	s := fmt.Sprint(x.immediate)
	if x.scalar >= 0 {
		s = fmt.Sprintf("s%d", x.scalar)
	}
	switch x.kind {
	case instrUnary:
		return fmt.Sprintf("r%d=%v(r%d)", x.dst, x.unary, x.a)
	case instrBinary:
		return fmt.Sprintf("r%d=%v(r%d,r%d)", x.dst, x.binary, x.a, x.b)
	case instrBinaryScalar:
		return fmt.Sprintf("r%d=%v(r%d,%s)", x.dst, x.binary, x.a, s)
	case instrScalarBinary:
		return fmt.Sprintf("r%d=%v(%s,r%d)", x.dst, x.binary, s, x.a)
	case instrSelect:
		return fmt.Sprintf("r%d=select(r%d,r%d,r%d)", x.dst, x.a, x.b, x.c)
	case instrPow:
		return fmt.Sprintf("r%d=pow(r%d,%s)", x.dst, x.a, s)
	}
	return fmt.Sprintf("r%d=%s", x.dst, s)
}

// mapCall is a tape whose result is stored.
type mapCall struct {
	tape tape
	node *node
}

func (m *mapCall) String() string { return "map{" + m.tape.String() + "}" }

func (m *mapCall) run(c *chunk, lo, hi int) {
	var src sources
	m.tape.open(&src, m.node, c, lo, hi)
	out := m.node.outs[0].slab(c, lo, hi, m.node.slabs)

	b := block{offsets: src.offsets[:len(m.tape.operands)]}
	done := 0
	for walk := m.tape.space.walk(lo, hi); walk.next(&b); {
		n := b.rows * b.cols
		dst := out[done : done+n]
		if got := m.tape.eval(c.worker, &src, &b, dst); len(m.tape.code) == 0 {
			copy(dst, got)
		}
		done += n
	}
}

// sumCall is a tape whose result is summed over some axes. The last entries of the space's steps
// are those of the output, 0 along the summed axes.
type sumCall struct {
	tape tape
	node *node
	// partial is set where the leading axis is summed over: each chunk has an output of its own.
	partial bool
}

func (s *sumCall) String() string { return "sum{" + s.tape.String() + "}" }

func (s *sumCall) run(c *chunk, lo, hi int) {
	var src sources
	s.tape.open(&src, s.node, c, lo, hi)
	out := s.output(c, lo, hi)
	c.worker.level.Fill(out, 0)
	operands := len(s.tape.operands)
	var offsets [maxOperands + 1]int
	b := block{offsets: offsets[:operands+1]}
	last := len(s.tape.space.dims) - 1
	in, row := s.tape.space.steps[operands][last], 0
	if last > 0 {
		row = s.tape.space.steps[operands][last-1]
	}
	for walk := s.tape.space.walk(lo, hi); walk.next(&b); {
		got := s.tape.eval(c.worker, &src, &b, c.worker.blocks[s.tape.slots])
		addBlock(c.worker.level, out[b.offsets[operands]:], got, b.rows, b.cols, row, in)
	}
}

// perChunk reports whether every chunk has an output of its own.
func (s *sumCall) perChunk() bool { return s.partial }

// output returns where the sums of slabs lo…hi−1 go.
func (s *sumCall) output(c *chunk, lo, hi int) []float32 {
	v := s.node.outs[0]
	if s.partial {
		return v.slab(c, c.index, c.index+1, chunks(s.node.slabs, s.node.chunkSize))
	}
	return v.slab(c, lo, hi, s.node.slabs)
}

// addBlock adds rows of cols elements to sums that are row apart from row to row and in apart from
// column to column.
func addBlock(l kernel.Level, sums, x []float32, rows, cols, row, in int) {
	if in == 0 && row == 0 {
		sums[0] += l.Sum(x)
		return
	}
	for r := range rows {
		part := x[r*cols : (r+1)*cols]
		if in == 0 {
			sums[r*row] += l.Sum(part)
		} else {
			l.AddTo(sums[r*row:r*row+cols], part)
		}
	}
}

// combineCall adds the partial results of chunks, in their order.
type combineCall struct {
	node  *node
	parts int
}

func (m *combineCall) String() string { return fmt.Sprintf("combine{%d}", m.parts) }

func (m *combineCall) run(c *chunk, lo, hi int) {
	out := m.node.outs[0].slab(c, lo, hi, m.node.slabs)
	partial := m.node.args[0].value.slab(c, 0, 1, 1)
	size := m.node.outs[0].size
	at := lo * (size / m.node.slabs)
	copy(out, partial[at:])
	for p := 1; p < m.parts; p++ {
		c.worker.level.AddTo(out, partial[p*size+at:p*size+at+len(out)])
	}
}
