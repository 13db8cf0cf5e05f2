package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// polyphaseShape is a convolution with strides of two.
type polyphaseShape struct{ n, c, k, h, w, kh, kw, top, left, bottom, right int }

func (s polyphaseShape) outputs() (oh, ow int) {
	return (s.h+s.top+s.bottom-s.kh)/2 + 1, (s.w+s.left+s.right-s.kw)/2 + 1
}

func (s polyphaseShape) geometry() *Polyphase {
	oh, ow := s.outputs()
	return NewPolyphase(s.n, s.c, s.k, s.h, s.w, s.kh, s.kw, oh, ow, s.top, s.left)
}

// polyphaseCase is a convolution with strides of two in float64: its output, its gradients, and the
// bounds of the errors, which are those of convolutions of the phases.
type polyphaseCase struct {
	polyphaseShape
	oh, ow                   int
	x, filters, dy           []float32
	y, dx, dw                []float64
	yBound, dxBound, dwBound []float64
}

func newPolyphaseCase(r *rand.Rand, s polyphaseShape) *polyphaseCase {
	p := &polyphaseCase{polyphaseShape: s}
	p.oh, p.ow = s.outputs()
	p.x, p.filters = normals(r, s.n*s.c*s.h*s.w, 1), normals(r, s.k*s.c*s.kh*s.kw, 1)
	p.dy = normals(r, s.n*s.k*p.oh*p.ow, 1)
	p.y, p.dx, p.dw = make([]float64, len(p.dy)), make([]float64, len(p.x)), make([]float64, len(p.filters))
	p.yBound, p.dxBound = make([]float64, len(p.dy)), make([]float64, len(p.x))
	p.dwBound = make([]float64, len(p.filters))
	p.direct()
	p.bounds()
	return p
}

// direct computes the sums of the definition.
func (p *polyphaseCase) direct() {
	for at := range p.y {
		n, k, i, j := at/p.ow/p.oh/p.k, at/p.ow/p.oh%p.k, at/p.ow%p.oh, at%p.ow
		for tap := range p.c * p.kh * p.kw {
			c, u, v := tap/p.kw/p.kh, tap/p.kw%p.kh, tap%p.kw
			row, column := 2*i+u-p.top, 2*j+v-p.left
			if row < 0 || column < 0 || row >= p.h || column >= p.w {
				continue
			}
			from, filter := ((n*p.c+c)*p.h+row)*p.w+column, k*p.c*p.kh*p.kw+tap
			p.y[at] += float64(p.x[from]) * float64(p.filters[filter])
			p.dx[from] += float64(p.dy[at]) * float64(p.filters[filter])
			p.dw[filter] += float64(p.dy[at]) * float64(p.x[from])
		}
	}
}

// bounds splits everything into phases, of which it takes the bounds.
func (p *polyphaseCase) bounds() {
	rows, columns, c := max(p.oh, (p.h+1)/2), max(p.ow, (p.w+1)/2), 4*p.c
	forward := &winogradCase{n: p.n, c: c, k: p.k, h: rows, w: columns}
	backward := &winogradCase{n: p.n, c: p.k, k: c, h: rows, w: columns}
	for _, s := range []*winogradCase{forward, backward} {
		s.x, s.dy = make([]float32, p.n*s.c*rows*columns), make([]float32, p.n*s.k*rows*columns)
		s.filters, s.dwBound = make([]float32, 9*p.k*c), make([]float64, 9*p.k*c)
		s.yBound = make([]float64, len(s.dy))
	}
	phased := func(at int) int { // where an element of x lies among the phases
		n, ch, i, j := at/p.w/p.h/p.c, at/p.w/p.h%p.c, at/p.w%p.h, at%p.w
		return ((n*c+(i%2*2+j%2)*p.c+ch)*rows+i/2)*columns + j/2
	}
	wide := func(at int) int { // where an element of dy lies on maps as large as the phases
		return (at/p.ow/p.oh*rows+at/p.ow%p.oh)*columns + at%p.ow
	}
	tapOf := func(at int) (k, channel, tap int) {
		ch, u, v := at/p.kw/p.kh%p.c, at/p.kw%p.kh-p.top, at%p.kw-p.left
		phase := (u+2)%2*2 + (v+2)%2
		return at / p.kw / p.kh / p.c, phase*p.c + ch, (u+2)/2*3 + (v+2)/2
	}
	for at, v := range p.x {
		forward.x[phased(at)] = v
	}
	for at, v := range p.dy {
		forward.dy[wide(at)], backward.x[wide(at)] = v, v
	}
	for at, v := range p.filters {
		k, ch, tap := tapOf(at)
		forward.filters[(k*c+ch)*9+tap], backward.filters[(ch*p.k+k)*9+8-tap] = v, v
	}
	forward.bounds()
	backward.bounds()
	for at := range p.x {
		p.dxBound[at] = backward.yBound[phased(at)]
	}
	for at := range p.dy {
		p.yBound[at] = forward.yBound[wide(at)]
	}
	for at := range p.filters {
		k, ch, tap := tapOf(at)
		p.dwBound[at] = forward.dwBound[(k*c+ch)*9+tap]
	}
}

// polyphaseMemory are the operands of the passes.
type polyphaseMemory struct{ x, filters, dy, y, dx, dw, u, v, m, d, sums, scratch []float32 }

// run computes all three passes, their tasks backwards; the gradient of the filters is taken twice.
func (g *Polyphase) run(l Level, o *polyphaseMemory) {
	backwards := func(n int, f func(i int)) {
		for i := n - 1; i >= 0; i-- {
			f(i)
		}
	}
	multiply := func(turned bool) {
		blocks := g.PolyphaseBlocks(turned)
		backwards(blocks, func(q int) { l.PolyphaseFilter(g, o.u, o.filters, turned, q) })
		backwards(frequencies, func(f int) {
			l.PolyphaseProduct(g, o.m, o.v, o.u, turned, f, blocks/2, blocks, false)
			l.PolyphaseProduct(g, o.m, o.v, o.u, turned, f, 0, blocks/2, f+1 < frequencies)
		})
	}
	backwards(g.Clusters(), func(i int) { l.PolyphaseDeltas(g, o.v, o.dy, o.scratch, i) })
	multiply(true)
	backwards(g.Clusters(), func(i int) { l.PolyphaseInputGradient(g, o.dx, o.m, o.scratch, i) })

	backwards(g.Clusters(), func(i int) { l.PolyphaseInputs(g, o.v, o.x, o.scratch, i) })
	multiply(false)
	backwards(g.Clusters(), func(i int) { l.PolyphaseOutputs(g, o.y, o.m, o.scratch, i) })

	backwards(g.Clusters(), func(i int) { l.PolyphaseGradients(g, o.d, o.dy, i) })
	for pair := range 2 { // the second adds
		backwards(frequencies*g.GradientBlocks(), func(i int) {
			l.PolyphaseOuter(g, o.sums, o.v, o.d, i/g.GradientBlocks(), i%g.GradientBlocks(), pair > 0)
		})
	}
	backwards(g.GradientBlocks(), func(i int) { l.PolyphaseFinish(g, o.dw, o.sums, o.scratch, i) })
}

// scratchSize returns the floats of scratch that all passes need.
func (g *Polyphase) scratchSize() int { return max(g.Scratch(), g.FinishScratch()) }

// check runs all three passes on a level.
func (p *polyphaseCase) check(t *testing.T, l Level) {
	t.Helper()
	g := p.geometry()
	name := fmt.Sprintf("%+v", p.polyphaseShape)
	undefined := func(n int) []float32 { return filled(slices.Repeat([]float32{float32(math.NaN())}, n)) }
	most := max(g.PhaseSize(), g.OutputSize())
	o := &polyphaseMemory{
		x: filled(p.x), filters: filled(p.filters), dy: filled(p.dy),
		y: canaries(len(p.y)), dx: canaries(len(p.dx)), dw: canaries(len(p.dw)),
		u: undefined(max(g.PolyphaseFilterSize(false), g.PolyphaseFilterSize(true))), v: undefined(most), m: undefined(most),
		d: undefined(g.GradientSize()), sums: undefined(g.WeightSums()), scratch: undefined(g.scratchSize()),
	}
	g.run(l, o)
	within(t, name, o.y, p.y, p.yBound)
	within(t, name+" inputs", o.dx, p.dx, p.dxBound)
	within(t, name+" weights", halves(o.dw[:len(p.dw)]), p.dw, p.dwBound)
	untouched(t, name, o.y[len(p.y):])
	untouched(t, name, o.dx[len(p.dx):])
	untouched(t, name, o.dw[len(p.dw):])
}

// polyphaseShapes are networks' layers with few channels, and odd ones: several clusters, the last
// one not full, images beside each other, rows of tiles that straddle groups, maps of odd extents,
// and every place of the taps.
var polyphaseShapes = []polyphaseShape{
	{5, 3, 17, 14, 14, 5, 5, 1, 1, 2, 2},
	{19, 18, 5, 7, 7, 5, 5, 2, 2, 2, 2},
	{3, 2, 7, 28, 28, 4, 4, 1, 1, 1, 1},
	{33, 3, 20, 8, 8, 4, 4, 1, 1, 1, 1},
	{2, 70, 9, 15, 10, 5, 4, 2, 1, 2, 1},
	{3, 5, 33, 40, 40, 4, 4, 1, 1, 1, 1},
	{1, 1, 1, 1, 1, 4, 4, 1, 1, 2, 2},
	{7, 2, 3, 7, 7, 4, 4, 1, 1, 1, 1},
	{2, 3, 2, 10, 22, 6, 6, 2, 2, 2, 2},
	{4, 60, 40, 6, 20, 3, 3, 1, 1, 1, 1},
	{2, 4, 6, 70, 3, 4, 5, 2, 1, 2, 2},
	{2, 3, 5, 11, 131, 2, 3, 0, 0, 0, 0},
	{3, 2, 4, 10, 12, 4, 1, 0, 0, 2, 2},
}

// TestPolyphase compares all three passes with float64.
func TestPolyphase(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	var cases []*polyphaseCase
	for _, s := range polyphaseShapes {
		if s.geometry() == nil {
			t.Fatalf("%+v: no geometry", s)
		}
		cases = append(cases, newPolyphaseCase(r, s))
	}
	allLevels(t, func(t *testing.T, l Level) {
		for _, p := range cases {
			p.check(t, l)
		}
	})
}

// TestPolyphaseProducts counts the products of a channel for sixteen outputs.
func TestPolyphaseProducts(t *testing.T) {
	for _, c := range []struct{ taps, pad, want int }{
		{3, 1, 81}, {4, 1, 100}, {4, 0, 100}, {4, 2, 100}, {5, 1, 121}, {5, 2, 121}, {6, 2, 144},
	} {
		s := polyphaseShape{1, 1, 1, 16, 16, c.taps, c.taps, c.pad, c.pad, c.taps - 2 - c.pad, c.taps - 2 - c.pad}
		if got := s.geometry().products(); got != c.want {
			t.Errorf("%d taps, %d before: %d products, want %d", c.taps, c.pad, got, c.want)
		}
	}
	for _, s := range []polyphaseShape{
		{1, 1, 1, 16, 16, 7, 7, 3, 3, 3, 3}, {1, 1, 1, 16, 16, 5, 5, 0, 0, 3, 3}, {1, 1, 1, 17, 17, 4, 4, 1, 1, 1, 1},
	} {
		if s.geometry() != nil {
			t.Errorf("%+v: a geometry", s)
		}
	}
}

// FuzzPolyphase compares all levels with float64 on shapes of the fuzzer's choice.
func FuzzPolyphase(f *testing.F) {
	f.Add(uint8(2), uint8(3), uint8(4), uint8(14), uint8(14), uint8(4), uint8(5), uint8(1), uint64(1))
	f.Add(uint8(9), uint8(17), uint8(5), uint8(7), uint8(33), uint8(5), uint8(6), uint8(10), uint64(2))
	f.Fuzz(func(t *testing.T, n, c, k, h, w, kh, kw, pads uint8, seed uint64) {
		s := polyphaseShape{
			n: 1 + int(n%20), c: 1 + int(c%20), k: 1 + int(k%40), h: 1 + int(h%24), w: 1 + int(w%80), kh: 1 + int(kh%6),
			kw: 1 + int(kw%6), top: int(pads % 3), left: int(pads / 3 % 3), bottom: int(pads / 9 % 4), right: int(pads / 36 % 4),
		}
		if s.h+s.top+s.bottom < s.kh || s.w+s.left+s.right < s.kw || s.geometry() == nil {
			return
		}
		p := newPolyphaseCase(rand.New(rand.NewPCG(seed, 1)), s)
		for _, l := range Supported() {
			p.check(t, l)
		}
	})
}
