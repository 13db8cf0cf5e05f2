package plan

import (
	"slices"
	"unsafe"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// Element-wise nodes of a lane that follow each other are computed together where they can be: as a
// strip program, see [kernel.StripStep], whose intermediate results stay in registers and which
// reads what several of them need once. Their numbers have the bits that tapes one by one give them,
// so whether they are taken changes nothing but time.

// laneRun is what a lane does with a chunk in one go: a node, or several as a strip program.
type laneRun struct {
	nodes  []*node
	strips *stripProgram // nil for a node that runs by itself
}

// grouped groups the nodes of a lane.
func grouped(opt Options, nodes []*node) []laneRun {
	program := func(nodes []*node) *stripProgram {
		if opt.apart {
			return nil
		}
		return newStripProgram(opt.Level, nodes)
	}
	var runs []laneRun
	for len(nodes) > 0 {
		run := laneRun{nodes: nodes[:1], strips: program(nodes[:1])}
		for n := 2; run.strips != nil && n <= len(nodes); n++ {
			p := program(nodes[:n])
			if p == nil {
				break
			}
			run = laneRun{nodes[:n], p}
		}
		runs, nodes = append(runs, run), nodes[len(run.nodes):]
	}
	return runs
}

// stripProgram computes maps and sums over one space.
type stripProgram struct {
	level  kernel.Level
	nodes  []*node
	space  space
	steps  []stripStep
	code   []kernel.StripStep // steps without their addresses
	own    int                // strips of memory that intermediate results take
	consts []float32          // immediate scalars
}

// stripStep is a step before its addresses are known.
type stripStep struct {
	from    stripSource
	node, i int   // of stripProgram, and which argument, constant, strip or sum
	steps   []int // of the operand along the axes of the space
	begins  bool  // whether a sum begins here
}

// stripSource says what a step's address is.
type stripSource uint8

const (
	fromNothing stripSource = iota
	fromArgument
	fromOutput
	fromConstant
	fromOwn
	fromSum // an output, and accumulators i
)

// maxStripSteps bounds the steps of a program, maxOwnStrips its strips of memory, maxStripSums its
// sums.
const (
	maxStripSteps = 96
	maxOwnStrips  = 8
	maxStripSums  = 8
)

// tapeOf returns the tape of an element-wise node, and whether it is summed.
func tapeOf(n *node) (t *tape, summed bool) {
	switch call := n.call.(type) {
	case *mapCall:
		return &call.tape, false
	case *sumCall:
		return &call.tape, true
	}
	return nil, false
}

// newStripProgram returns the program of some nodes, or nil if there is none.
func newStripProgram(level kernel.Level, nodes []*node) *stripProgram {
	first, _ := tapeOf(nodes[0])
	if first == nil || level.StripFloats() == 0 {
		return nil
	}
	p := &stripProgram{level: level, nodes: nodes}
	var steps [][]int
	for i, n := range nodes {
		t, summed := tapeOf(n)
		if t == nil || !slices.Equal(t.shape, first.shape) || !independent(n, nodes[:i], t) {
			return nil
		}
		steps = append(steps, t.steps...)
		if !summed {
			steps = append(steps, rowMajor(t.shape))
		}
	}
	p.space = newSpace(first.shape, steps)
	if len(p.space.dims) > maxAxes || !p.fits() {
		return nil
	}
	b := stripBuilder{program: p}
	at, sums := 0, 0
	for i, n := range nodes {
		t, summed := tapeOf(n)
		operands := len(t.operands)
		out := p.space.steps[at+operands]
		if !b.compile(i, t, p.space.steps[at:at+operands]) {
			return nil
		}
		at += operands + 1
		if !summed {
			b.add(kernel.StripStore, stripStep{from: fromOutput, node: i, steps: out})
			b.held = n.outs[0]
			continue
		}
		if !p.sums(t, out) {
			return nil
		}
		sum, _ := level.StripSums(sums)
		b.add(sum, stripStep{from: fromSum, node: i, i: sums, steps: out})
		sums++
	}
	b.finish()
	if len(p.steps) > maxStripSteps || p.own > maxOwnStrips || sums > maxStripSums {
		return nil
	}
	return p
}

// unread drops the stores of local values that only later nodes of the program read, from level 0,
// which holds them.
func (p *stripProgram) unread() {
	for i, n := range p.nodes {
		if v := n.outs[0]; v.place != placeLocal || slices.ContainsFunc(v.readers, func(r *node) bool {
			return !slices.Contains(p.nodes, r)
		}) || p.loads(v) {
			continue
		}
		for k := range p.steps {
			if s := &p.steps[k]; s.from == fromOutput && s.node == i {
				p.steps, p.code = slices.Delete(p.steps, k, k+1), slices.Delete(p.code, k, k+1)
				n.outs[0].place = placeNowhere
				break
			}
		}
	}
}

// loads reports whether a step reads v.
func (p *stripProgram) loads(v *value) bool {
	return slices.ContainsFunc(p.steps, func(s stripStep) bool {
		if s.from != fromArgument {
			return false
		}
		t, _ := tapeOf(p.nodes[s.node])
		return p.nodes[s.node].args[t.operands[s.i].use].value == v
	})
}

// independent reports whether n can be computed element by element with the nodes before it: what it
// reads of theirs it reads at the same place, and no state is overwritten.
func independent(n *node, before []*node, t *tape) bool {
	if len(before) > 0 && (n.outs[0].overwrites != nil || before[len(before)-1].outs[0].overwrites != nil) {
		return false
	}
	dense := rowMajor(t.shape)
	for i, o := range t.operands {
		u := n.args[o.use]
		if !slices.Contains(before, u.value.def) {
			continue
		}
		_, summed := tapeOf(u.value.def)
		if summed || !u.aligned || !sameSteps(t.shape, t.steps[i], dense) {
			return false
		}
	}
	return true
}

// sameSteps reports whether two operands have the same element at every place.
func sameSteps(shape sym.Shape, a, b []int) bool {
	for d, n := range shape {
		if n > 1 && a[d] != b[d] {
			return false
		}
	}
	return true
}

// row returns the last axis of the program's space.
func (p *stripProgram) row() int { return len(p.space.dims) - 1 }

// fits reports whether rows are whole strips.
func (p *stripProgram) fits() bool {
	row := p.space.dims[p.row()]
	if p.row() == 0 {
		row = p.space.lead
	}
	return row%p.level.StripFloats() == 0
}

// sums reports whether the program can sum t to an operand of the given steps: in the order in which
// t alone is summed, block by block of a row.
func (p *stripProgram) sums(t *tape, out []int) bool {
	last := p.row()
	own := t.space.dims
	if len(own) == 1 != (last == 0) || own[len(own)-1] != p.space.dims[last] || out[last] != 0 {
		return false
	}
	return last == 0 || p.space.dims[last] >= blockSize || out[last-1] != 0
}

// run computes slabs lo…hi−1.
func (p *stripProgram) run(c *chunk, lo, hi int) {
	w, dims, last := c.worker, p.space.dims, p.row()
	steps := w.strips[:len(p.code)]
	copy(steps, p.code)
	var base [maxStripSteps]uintptr
	for i := range p.steps {
		base[i] = p.address(c, i, lo, hi)
		if p.steps[i].from == fromSum {
			steps[i].Sums = addressOf(w.sums[p.steps[i].i*kernel.MostStripFloats:])
		}
	}
	stop := (hi - lo) * p.space.lead // of axis 0
	var index [maxAxes]int
	if last == 0 {
		for ; index[0] < stop; index[0] += longestRun {
			p.set(steps, &base, index[:1])
			p.level.RunStrips(steps, 1, min(longestRun, stop-index[0]))
		}
		return
	}
	rows := stop
	if last > 1 {
		rows = dims[last-1]
	}
	for index[0] < stop {
		p.set(steps, &base, index[:last-1])
		p.rows(steps, rows)
		d := last - 2
		if d < 0 {
			return
		}
		for index[d]++; d > 0 && index[d] == dims[d]; index[d]++ {
			index[d] = 0
			d--
		}
	}
}

// longestRun is about how many floats a run of the machine takes, which nothing can interrupt: some
// twenty microseconds, whole blocks.
const longestRun = 1 << 16

// rows runs the program over rows that follow each other.
func (p *stripProgram) rows(steps []kernel.StripStep, rows int) {
	length := p.space.dims[p.row()]
	most := max(1, longestRun/length)
	for rows > 0 {
		n := min(rows, most)
		p.level.RunStrips(steps, n, length)
		if rows -= n; rows > 0 {
			for i := range steps { // from the last row that ran to the next one
				steps[i].At += uintptr(steps[i].Row)
			}
		}
	}
}

// set points steps to the rows at an index of the outer axes.
func (p *stripProgram) set(steps []kernel.StripStep, base *[maxStripSteps]uintptr, index []int) {
	for i := range steps {
		at := 0
		if of := p.steps[i].steps; of != nil {
			for d, k := range index {
				at += k * of[d]
			}
		}
		steps[i].At = base[i] + uintptr(4*at)
	}
}

// address returns where the operand of step i begins.
func (p *stripProgram) address(c *chunk, i, lo, hi int) uintptr {
	s := &p.steps[i]
	n := p.nodes[s.node]
	switch s.from {
	case fromArgument:
		t, _ := tapeOf(n)
		o := t.operands[s.i]
		u := n.args[o.use]
		return addressOf(u.value.arg(c, u.aligned && !o.scalar, lo, hi, n.slabs))
	case fromOutput:
		return addressOf(n.outs[0].slab(c, lo, hi, n.slabs))
	case fromSum:
		out := n.call.(*sumCall).output(c, lo, hi)
		if s.begins {
			p.level.Fill(out, 0)
		}
		return addressOf(out)
	case fromConstant:
		return addressOf(p.consts[s.i:])
	case fromOwn:
		return addressOf(c.worker.own[s.i*kernel.MostStripFloats:])
	}
	return 0
}

// addressOf returns the address of the first of some floats, which the program keeps alive.
func addressOf(x []float32) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(x))) }
