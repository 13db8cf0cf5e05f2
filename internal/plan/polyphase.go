package plan

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// Convolutions with strides of two and filters of 4×4 or 5×5, those of critics, and their transposes,
// those of generators, are computed as convolutions of their phases by F(4×4, 3×3), see
// [kernel.Polyphase], a whole batch at a time.

// fitsPhases reports whether a convolution with filters of a shape may be computed by its phases.
func fitsPhases(attr sym.ConvAttr, filters sym.Shape) bool {
	const fewest, most, fewChannels = 4, 5, 32
	kh, kw := filters[2], filters[3]
	return attr.Stride == [2]int{2, 2} && attr.Dilation == [2]int{1, 1} &&
		min(kh, kw) >= fewest && max(kh, kw) <= most && min(filters[0], filters[1]) >= fewChannels
}

// Phases reports whether the roots, or their derivatives, need a convolution that may be computed by
// its phases.
func Phases(roots ...*sym.Expr) bool {
	return slices.ContainsFunc(sym.Topological(roots...), func(e *sym.Expr) bool {
		attr, filters, ok := convolutionOf(e)
		return ok && fitsPhases(attr, filters)
	})
}

// polyphaseBatch is a convolution of a whole batch by phases, or the gradient of its inputs.
type polyphaseBatch struct {
	g      *kernel.Polyphase
	turned bool
	place  string // of the taps
}

// polyphase returns the geometry of a convolution of a batch, or of the gradient of its inputs if
// turned, or nil where it is computed otherwise. work is its estimate, or that of the gradient of its
// filters. The choice depends on shapes alone.
func (low *lowering) polyphase(
	g *geometry, batch int, turned bool, work func(*kernel.Polyphase) int,
) *polyphaseBatch {
	// Transformed inputs that a third-level cache holds.
	const mostFloats = 1 << 22
	attr := sym.ConvAttr{ConvSpec: sym.ConvSpec{Stride: [2]int{g.SH, g.SW}, Dilation: [2]int{g.DH, g.DW}}}
	if low.direct || !fitsPhases(attr, sym.Shape{g.oc, g.C, g.KH, g.KW}) {
		return nil
	}
	p := kernel.NewPolyphase(batch, g.C, g.oc, g.H, g.W, g.KH, g.KW, g.OH, g.OW, g.PT, g.PL)
	if p == nil || p.PhaseSize() > mostFloats {
		return nil
	}
	if winogradGain*float64(work(p)) > float64(g.insideMACs()*batch) {
		return nil
	}
	return &polyphaseBatch{g: p, turned: turned, place: fmt.Sprintf("%d,%d", g.PT, g.PL)}
}

// polyphaseFilter adds the node that transforms the filters w: [O, C, KH, KW], or finds it.
func (low *lowering) polyphaseFilter(w *sym.Expr, p *polyphaseBatch) *value {
	kind, m, n := "phases", p.g.K, 4*p.g.C
	if p.turned {
		kind, m, n = "phases-turned", n, m
	}
	blocks := p.g.PolyphaseBlocks(p.turned)
	x := &winogradFilterCall{
		formula: fmt.Sprintf("%dx%d %dx%d/2 F(4x4,3x3)", m, n, p.g.KH, p.g.KW),
		transform: func(l kernel.Level, u, w []float32, block int) {
			l.PolyphaseFilter(p.g, u, w, p.turned, block)
		},
	}
	return low.transformedFilter(w, kind+p.place, p.g.PolyphaseFilterSize(p.turned), blocks, x)
}

func (p *polyphaseBatch) String() string {
	s := p.g.String()
	if p.turned {
		s += " turned"
	}
	return s
}

func (p *polyphaseBatch) form(kind batchPass) string {
	return "/2 " + p.g.Grid(kind == batchInputs && !p.turned)
}

func (p *polyphaseBatch) transforms() int { return p.g.Clusters() }

func (p *polyphaseBatch) inputSize() int {
	if p.turned {
		return p.g.OutputSize()
	}
	return p.g.PhaseSize()
}

func (p *polyphaseBatch) productSize() int {
	if p.turned {
		return p.g.PhaseSize()
	}
	return p.g.OutputSize()
}

func (p *polyphaseBatch) gradientSize() int { return p.g.GradientSize() }
func (p *polyphaseBatch) scratch() int      { return p.g.Scratch() }
func (p *polyphaseBatch) products() int     { return p.g.Products() }

func (p *polyphaseBatch) rows() (n, blocks int) {
	if p.turned {
		return 4 * p.g.C, p.g.PolyphaseBlocks(true)
	}
	return p.g.K, p.g.PolyphaseBlocks(false)
}

func (p *polyphaseBatch) gradientBlocks() (n, size, scratch int) {
	return p.g.GradientBlocks(), p.g.WeightSums(), p.g.FinishScratch()
}

func (p *polyphaseBatch) inputs(l kernel.Level, v, x, scratch []float32, task int) {
	if p.turned {
		l.PolyphaseDeltas(p.g, v, x, scratch, task)
	} else {
		l.PolyphaseInputs(p.g, v, x, scratch, task)
	}
}

func (p *polyphaseBatch) gradients(l kernel.Level, d, dy []float32, task int) {
	l.PolyphaseGradients(p.g, d, dy, task)
}

func (p *polyphaseBatch) product(l kernel.Level, m, v, u []float32, f, first, stop int, more bool) {
	l.PolyphaseProduct(p.g, m, v, u, p.turned, f, first, stop, more)
}

func (p *polyphaseBatch) outputs(l kernel.Level, y, m, scratch []float32, task int) {
	if p.turned {
		l.PolyphaseInputGradient(p.g, y, m, scratch, task)
	} else {
		l.PolyphaseOutputs(p.g, y, m, scratch, task)
	}
}

func (p *polyphaseBatch) outer(l kernel.Level, sums, v, d []float32, f, block int, acc bool) {
	l.PolyphaseOuter(p.g, sums, v, d, f, block, acc)
}

func (p *polyphaseBatch) finish(l kernel.Level, dw, sums, scratch []float32, block int) {
	l.PolyphaseFinish(p.g, dw, sums, scratch, block)
}
