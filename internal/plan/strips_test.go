package plan_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// elementwise makes random element-wise expressions over one shape, of which some are summed.
type elementwise struct {
	*rand.Rand
	g      *sym.Graph
	shape  sym.Shape
	pool   []*sym.Expr
	values map[*sym.Expr]*sym.Tensor
}

func (b *elementwise) pick() *sym.Expr { return b.pool[b.IntN(len(b.pool))] }

// input returns a new input with random values.
func (b *elementwise) input(shape ...int) *sym.Expr {
	x := b.g.Input(string(rune('a'+len(b.values))), sym.Float, shape...)
	v := sym.NewTensor(shape...)
	for i := range v.Data {
		v.Data[i] = float64(float32(b.NormFloat64()))
	}
	b.values[x] = v
	return x
}

// leaf returns a tensor, or numbers that are the same along some axes.
func (b *elementwise) leaf() *sym.Expr {
	last := len(b.shape) - 1
	switch b.IntN(6) {
	case 0:
		return sym.Broadcast(b.input(), nil, b.shape...)
	case 1:
		return sym.Broadcast(b.input(b.shape[0]), []int{0}, b.shape...)
	case 2:
		return b.g.Const(0.5+b.Float64(), b.shape...)
	case 3:
		return sym.Broadcast(b.input(b.shape[last]), []int{last}, b.shape...)
	case 4:
		return sym.Broadcast(b.input(b.shape[1]), []int{1}, b.shape...)
	}
	return b.input(b.shape...)
}

// move adds an expression to the pool.
func (b *elementwise) move() {
	x, y := b.pick(), b.pick()
	if b.IntN(3) == 0 {
		y = b.leaf()
	}
	if b.IntN(2) == 0 {
		x, y = y, x
	}
	u, v := b.pool[0], b.pool[1] // masks are of numbers without rounding errors
	zero := b.g.Const(0, b.shape...)
	e := []func() *sym.Expr{
		func() *sym.Expr { return sym.Add(x, y) },
		func() *sym.Expr { return sym.Sub(x, y) },
		func() *sym.Expr { return sym.Mul(x, sym.Tanh(y)) },
		func() *sym.Expr { return sym.Mul(sym.Sub(x, y), b.g.Const(0.25, b.shape...)) },
		func() *sym.Expr { return sym.Div(x, sym.Add(sym.Abs(y), b.g.Const(1, b.shape...))) },
		func() *sym.Expr {
			return sym.Div(b.g.Const(1, b.shape...), sym.Sqrt(sym.Add(sym.Square(x), b.g.Const(1, b.shape...))))
		},
		func() *sym.Expr { return sym.ReLU(sym.Add(x, y)) },
		func() *sym.Expr { return sym.Select(sym.Greater(u, zero), y, zero) },
		func() *sym.Expr { return sym.Select(sym.GreaterEqual(u, v), zero, y) },
		func() *sym.Expr { return sym.Select(sym.Not(sym.Greater(v, u)), x, zero) },
		func() *sym.Expr { return sym.Select(sym.Or(sym.Greater(u, v), sym.Greater(zero, v)), x, zero) },
		func() *sym.Expr { return sym.Neg(sym.ReLU(sym.Sub(x, y))) },
		func() *sym.Expr { // minus half the mean of its row: what is left is not near zero
			last := len(b.shape) - 1
			mean := sym.Scale(sym.Sum(x, last), 0.5/float64(b.shape[last]))
			return sym.Sub(x, sym.Broadcast(mean, []int{0, 1, 2, 3}[:last], b.shape...))
		},
	}[b.IntN(13)]()
	b.pool = append(b.pool, e)
}

// output returns an expression of the pool or a sum of it.
func (b *elementwise) output() *sym.Expr {
	x, y := b.pool[len(b.pool)-1-b.IntN(min(len(b.pool), 4))], b.pick()
	if b.IntN(2) == 0 {
		y = b.leaf()
	}
	switch last := len(b.shape) - 1; b.IntN(5) {
	case 0:
		return x
	case 1:
		return sym.Sum(x, last)
	case 2:
		return sym.Sum(sym.Mul(x, y))
	case 3:
		return sym.Sum(x, 0)
	}
	var axes []int
	for d := range b.shape {
		if d != 1 {
			axes = append(axes, d)
		}
	}
	return sym.Sum(sym.Mul(x, y), axes...)
}

// TestStripPrograms checks on random element-wise expressions that strip programs have the bits of
// nodes that run one by one, for any number of threads, that they agree with the reference, and that
// there are programs of several nodes among them.
func TestStripPrograms(t *testing.T) {
	together := map[int]int{}
	shapes := []sym.Shape{{5, 3, 128}, {9, 2, 1088}, {2, 9, 9088}, {1, 131_136}, {3, 4, 64}, {17, 256}, {4, 2, 16, 64}, {6, 3, 2, 512}, {3, 5, 24}, {2, 7, 8, 8}}
	graphs := uint64(60)
	if long() {
		graphs = 160
	}
	for seed := range graphs {
		r := rand.New(rand.NewPCG(seed, 51))
		b := &elementwise{Rand: r, g: sym.NewGraph(), shape: shapes[seed%uint64(len(shapes))], values: map[*sym.Expr]*sym.Tensor{}}
		b.pool = []*sym.Expr{b.input(b.shape...), b.input(b.shape...)}
		for range 4 + r.IntN(10) {
			b.move()
		}
		outputs := []*sym.Expr{b.output(), b.output(), b.output(), b.output()}
		compare(t, 1e-3, b.values, outputs...) // small differences of large numbers are among them
		for _, level := range kernel.Supported() {
			results := func(opt plan.Options) (list [][]float32, programs []int, text string) {
				p, err := plan.Compile(outputs, nil, opt)
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				set(p, b.values)
				if err := p.Run(key, step); err != nil {
					t.Fatal(err)
				}
				for i := range outputs {
					list = append(list, slices.Clone(p.Output(i)))
				}
				return list, p.StripPrograms(), p.Listing(0)
			}
			opt := plan.Options{Level: level, Threads: 2}
			got, programs, text := results(opt)
			wanted, none, _ := results(plan.Apart(opt))
			if len(none) > 0 {
				t.Fatalf("%d strip programs where there are to be none", len(none))
			}
			for i, want := range wanted {
				if !slices.EqualFunc(got[i], want, sameBits) {
					t.Errorf("seed %d, level %v: output %d differs from that of separate nodes\n%s", seed, level, i, text)
				}
				if slices.ContainsFunc(want, func(v float32) bool { return math.IsNaN(float64(v)) }) {
					t.Errorf("seed %d: output %d is not a number", seed, i)
				}
			}
			if level == kernel.Generic && len(programs) > 0 {
				t.Errorf("level %v has strip programs", level)
			}
			for _, n := range programs {
				together[n]++
			}
		}
	}
	if t.Logf("strip programs by their nodes: %v", together); len(kernel.Supported()) > 1 {
		for n := 1; n <= 3; n++ {
			if together[n] < 10 {
				t.Errorf("%d programs of %d nodes", together[n], n)
			}
		}
	}
}
