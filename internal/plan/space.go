package plan

import "github.com/gradreg/gradreg/sym"

// blockSize is the number of floats that element-wise work is done on at a time: a few operands of
// this size fit the first-level cache together.
const blockSize = 512

// space is the iteration space of an element-wise computation: the extents of its axes, and for
// every operand the step in memory along each of them, 0 where the operand is constant. Axes along
// which all operands are dense are joined, so that most spaces have one axis or two.
type space struct {
	dims  []int
	steps [][]int // [operand][axis]
	lead  int     // dims[0] = slabs·lead
}

// newSpace joins axes of the given shape, which is split into slabs along its leading axis.
func newSpace(shape sym.Shape, steps [][]int) space {
	if len(shape) == 0 {
		shape = sym.Shape{1}
		for i := range steps {
			steps[i] = []int{0}
		}
	}
	s := space{dims: []int{shape[0]}, steps: make([][]int, len(steps)), lead: 1}
	for i, st := range steps {
		s.steps[i] = []int{st[0]}
	}
	for d := 1; d < len(shape); d++ {
		last := len(s.dims) - 1
		switch {
		case shape[d] == 1:
			continue
		case s.dims[last] == 1 || s.joins(steps, d, shape[d]):
			s.dims[last] *= shape[d]
			if last == 0 {
				s.lead *= shape[d]
			}
		default:
			s.dims = append(s.dims, shape[d])
			for i := range s.steps {
				s.steps[i] = append(s.steps[i], 0)
			}
			last++
		}
		for i := range steps {
			s.steps[i][last] = steps[i][d]
		}
	}
	return s
}

// joins reports whether axis d of the given extent continues the last axis of s for every operand.
func (s *space) joins(steps [][]int, d, extent int) bool {
	last := len(s.dims) - 1
	for i := range steps {
		if s.steps[i][last] != steps[i][d]*extent {
			return false
		}
	}
	return true
}

// block is a piece of a space: rows of cols elements, with the offset of its first element in every
// operand.
type block struct {
	rows, cols int
	offsets    []int
}

// cursor walks the blocks of slabs lo…hi−1 in order.
type cursor struct {
	s          *space
	index      [maxAxes]int
	stop       int // of axis 0
	first      int // of axis 0
	rowAxis    int // −1 where the space has one axis
	rows, cols int // largest block
	done       bool
}

// maxAxes bounds the axes of a joined space.
const maxAxes = 8

func (s *space) walk(lo, hi int) cursor {
	last := len(s.dims) - 1
	c := cursor{
		s: s, first: lo * s.lead, stop: hi * s.lead, rowAxis: last - 1, rows: 1,
		cols: min(blockSize, s.dims[last]),
	}
	c.index[0] = c.first
	if last > 0 && s.dims[last] < blockSize {
		c.rows = blockSize / s.dims[last]
	}
	c.done = lo >= hi
	return c
}

// extent returns the end of axis d in this walk.
func (c *cursor) extent(d int) int {
	if d == 0 {
		return c.stop
	}
	return c.s.dims[d]
}

// next fills b with the next block and reports whether there was one.
func (c *cursor) next(b *block) bool {
	if c.done {
		return false
	}
	last := len(c.s.dims) - 1
	b.cols = min(c.cols, c.extent(last)-c.index[last])
	b.rows = 1
	if c.rowAxis >= 0 && b.cols == c.s.dims[last] {
		b.rows = min(c.rows, c.extent(c.rowAxis)-c.index[c.rowAxis])
	}
	for i, st := range c.s.steps {
		offset := (c.index[0] - c.first) * st[0]
		for d := 1; d <= last; d++ {
			offset += c.index[d] * st[d]
		}
		b.offsets[i] = offset
	}
	c.advance(b, last)
	return true
}

// advance moves past b, carrying over axis by axis.
func (c *cursor) advance(b *block, last int) {
	d := last
	if b.rows > 1 {
		d = c.rowAxis
		c.index[d] += b.rows
	} else {
		c.index[d] += b.cols
	}
	for d > 0 && c.index[d] >= c.extent(d) {
		c.index[d] = 0
		d--
		c.index[d]++
	}
	c.done = c.index[0] >= c.stop
}
