package symtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gradreg/gradreg/sym"
)

// Key and Step are those of the run whose random leaves were looked at: conditions hold for this
// run.
const Key, Step = 7, 3

const (
	maxElements = 300  // of an expression
	maxNodes    = 400  // that an expression is computed from
	maxValue    = 50.0 // in magnitude
	minValue    = 1e-2 // of the largest element: below, it may be what cancellation left
	maxRounding = 1e-5 // change of an element by rounding to float32, relative to the largest
	margin      = 1e-3 // between numbers that are compared
)

// Random makes up to size expressions by moves drawn from r and returns some of them, with a value
// for every input of the graph, exact in float32. The same choices of r give the same graph.
func Random(r *rand.Rand, g *sym.Graph, size int) (outputs []*sym.Expr, values map[*sym.Expr]*sym.Tensor) {
	b := &builder{
		Rand: r, data: rand.New(rand.NewPCG(r.Uint64(), 1)), g: g, inputs: map[*sym.Expr]*sym.Tensor{},
		exact: map[*sym.Expr]*sym.Tensor{}, rounded: map[*sym.Expr]*sym.Tensor{}, moved: map[*sym.Expr]bool{},
	}
	b.enter(b.leaf(1+b.IntN(3), 1+b.IntN(4)))
	b.enter(b.leaf(1+b.IntN(2), 1+b.IntN(2), 2+b.IntN(4), 2+b.IntN(4)))
	all := moves()
	for range size {
		b.enter(all[b.IntN(len(all))](b))
	}
	return []*sym.Expr{b.pool[len(b.pool)-1], b.pick(), b.pick(), b.pick()}, b.inputs
}

// builder is the state of a random construction.
type builder struct {
	*rand.Rand            // makes the choices
	data       *rand.Rand // makes the numbers of inputs
	g          *sym.Graph
	pool       []*sym.Expr
	inputs     map[*sym.Expr]*sym.Tensor
	// The values of all expressions met: in float64, and with every result rounded to float32.
	exact, rounded map[*sym.Expr]*sym.Tensor
	moved          map[*sym.Expr]bool // the answers of isMoved
}

// enter adds e to the pool unless it is nil, carries an error, is no float, too large or
// ill-conditioned.
func (b *builder) enter(e *sym.Expr) {
	if e != nil && e.Err() == nil && e.DType() == sym.Float && b.computed(e) && b.wellConditioned(e) {
		b.pool = append(b.pool, e)
	}
}

// computed evaluates what e is computed from and reports whether it is small enough for that.
func (b *builder) computed(e *sym.Expr) bool {
	nodes := sym.Topological(e)
	if len(nodes) > maxNodes {
		return false
	}
	for _, n := range nodes {
		if n.Shape().Size() > maxElements {
			return false
		}
		if b.exact[n] == nil {
			b.exact[n] = b.value(n, b.exact)
			b.rounded[n] = b.value(n, b.rounded)
			for i, v := range b.rounded[n].Data {
				b.rounded[n].Data[i] = float64(float32(v))
			}
		}
	}
	return true
}

// value returns a copy of the value of n where its arguments have the given values.
func (b *builder) value(n *sym.Expr, given map[*sym.Expr]*sym.Tensor) *sym.Tensor {
	values := map[*sym.Expr]*sym.Tensor{}
	for _, a := range n.Args() {
		values[a] = given[a]
	}
	if v, ok := b.inputs[n]; ok {
		values[n] = v
	}
	out, err := sym.Eval(sym.Env{Values: values, Key: Key, Step: Step}, n)
	if err != nil {
		panic(fmt.Sprintf("symtest: %v: %v", n, err)) // every input has a value and every index is in range
	}
	return &sym.Tensor{Shape: n.Shape(), Data: slices.Clone(out[0].Data)}
}

// wellConditioned reports whether the values of e are finite, moderate and hardly changed by
// rounding.
func (b *builder) wellConditioned(e *sym.Expr) bool {
	largest, moved := 0.0, 0.0
	for i, v := range b.exact[e].Data {
		if math.IsNaN(v) {
			return false
		}
		largest = max(largest, math.Abs(v))
		moved = max(moved, math.Abs(v-b.rounded[e].Data[i]))
	}
	return largest <= maxValue && largest >= minValue && moved <= maxRounding*largest
}

// exactOps give the same numbers in every arithmetic whatever their arguments are, movingOps if
// their float arguments are such numbers.
var (
	exactOps = map[sym.Op]bool{
		sym.OpInput: true, sym.OpConst: true, sym.OpUniform: true, sym.OpOneHot: true, sym.OpToFloat: true,
	}
	movingOps = map[sym.Op]bool{
		sym.OpNeg: true, sym.OpAbs: true, sym.OpSign: true, sym.OpReshape: true, sym.OpTranspose: true,
		sym.OpSlice: true, sym.OpPad: true, sym.OpConcat: true, sym.OpBroadcast: true, sym.OpGather: true,
		sym.OpStopGradient: true, sym.OpSelect: true,
	}
)

// isMoved reports whether the elements of e are those of leaves, zeros or ones, moved about or
// negated: the same numbers in every arithmetic.
func (b *builder) isMoved(e *sym.Expr) bool {
	moved, known := b.moved[e]
	if known {
		return moved
	}
	switch {
	case exactOps[e.Op()]:
		moved = true
	case movingOps[e.Op()]:
		moved = !slices.ContainsFunc(
			e.Args(), func(a *sym.Expr) bool { return a.DType() == sym.Float && !b.isMoved(a) },
		)
	}
	b.moved[e] = moved
	return moved
}

// isDecided reports whether a and b compare alike in every arithmetic.
func (b *builder) isDecided(left, right *sym.Expr) bool {
	if b.isMoved(left) && b.isMoved(right) {
		return true
	}
	difference := sym.Sub(left, right)
	return difference.Err() == nil && b.computed(difference) &&
		!slices.ContainsFunc(b.exact[difference].Data, func(v float64) bool {
			return !(math.Abs(v) > margin)
		})
}

// isOrdered reports whether the elements of e have the same order in every arithmetic.
func (b *builder) isOrdered(e *sym.Expr) bool {
	if b.isMoved(e) {
		return true
	}
	sorted := slices.Sorted(slices.Values(b.exact[e].Data))
	for i := range len(sorted) - 1 {
		if !(sorted[i+1]-sorted[i] > margin) {
			return false
		}
	}
	return true
}

// leaf returns a new float input: of normal numbers or, to have ties, of few different ones.
func (b *builder) leaf(shape ...int) *sym.Expr {
	e := b.g.Input(fmt.Sprintf("x%d", len(b.inputs)), sym.Float, shape...)
	t := sym.NewTensor(shape...)
	few := b.IntN(4) == 3
	for i := range t.Data {
		t.Data[i] = float64(float32(b.data.NormFloat64()))
		if few {
			t.Data[i] = float64(b.data.IntN(5)-2) / 2
		}
	}
	b.inputs[e] = t
	return e
}

// index returns a new int input of numbers from 0 to n−1.
func (b *builder) index(n int, shape ...int) *sym.Expr {
	e := b.g.Input(fmt.Sprintf("i%d", len(b.inputs)), sym.Int, shape...)
	t := sym.NewTensor(shape...)
	for i := range t.Data {
		t.Data[i] = float64(b.data.IntN(n))
	}
	b.inputs[e] = t
	return e
}

// pick returns one of the pool, one of the last every other time.
func (b *builder) pick() *sym.Expr {
	from := b.pool
	if b.IntN(2) == 1 {
		from = from[max(len(from)-4, 0):]
	}
	return from[b.IntN(len(from))]
}

// partner returns one of the pool that broadcasts with a, a itself if none is found.
func (b *builder) partner(a *sym.Expr) *sym.Expr {
	for range 6 {
		if c := b.pick(); sym.Add(a, c).Err() == nil {
			return c
		}
	}
	return a
}

// ofShape returns one of the pool that has a shape, or a new input.
func (b *builder) ofShape(shape ...int) *sym.Expr {
	if c := b.pick(); c.Shape().Equal(shape) {
		return c
	}
	return b.leaf(shape...)
}

// number returns one of 0 … n−1, and now and then one beyond, which package sym has to refuse.
func (b *builder) number(n int) int {
	if b.IntN(32) == 31 {
		return []int{-1, n}[b.IntN(2)]
	}
	return b.IntN(max(n, 1))
}
