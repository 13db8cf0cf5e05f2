package plan_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// finishedKind is a convolution of some kind of x, whose shape it has, with its filters.
type finishedKind struct {
	name string
	x    []int
	of   func(g *sym.Graph, x *sym.Expr) *sym.Expr
}

// convolutions are those whose kernels have an epilogue.
var convolutions = []finishedKind{
	{"1×1", []int{4, 3, 9, 7}, func(g *sym.Graph, x *sym.Expr) *sym.Expr {
		return sym.Conv(x, g.Input("w", sym.Float, 6, 3, 1, 1), sym.ConvSpec{})
	}},
	{"3×3 of stride 2", []int{4, 3, 9, 7}, func(g *sym.Graph, x *sym.Expr) *sym.Expr {
		return sym.Conv(x, g.Input("w", sym.Float, 6, 3, 3, 3), sym.ConvSpec{Stride: [2]int{2, 2}, PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}})
	}},
	{"1×1 of many filters", []int{16, 256, 3, 3}, func(g *sym.Graph, x *sym.Expr) *sym.Expr {
		return sym.Conv(x, g.Input("w", sym.Float, 128, 256, 1, 1), sym.ConvSpec{})
	}},
	{"depthwise", []int{4, 3, 9, 7}, func(g *sym.Graph, x *sym.Expr) *sym.Expr {
		return sym.DepthwiseConv(x, g.Input("w", sym.Float, 3, 1, 3, 3), sym.ConvSpec{PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}})
	}},
}

// runBits compiles outputs and returns their bits and the listing.
func runBits(
	t *testing.T, opt plan.Options, outputs []*sym.Expr, values map[*sym.Expr]*sym.Tensor,
) (bits [][]uint32, listing string) {
	t.Helper()
	p, err := plan.Compile(outputs, nil, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for e, v := range values {
		if p.Takes(e) {
			for i, f := range v.Data {
				p.Float(e)[i] = float32(f)
			}
		}
	}
	if err := p.Run(0, 0); err != nil {
		t.Fatal(err)
	}
	for i := range outputs {
		var b []uint32
		for _, f := range p.Output(i) {
			b = append(b, math.Float32bits(f))
		}
		bits = append(bits, b)
	}
	return bits, p.Listing(0)
}

// TestEpilogues checks which nodes a convolution's kernel does with it, and that bits are those of
// nodes of their own. A result that somebody else needs stays as it is.
func TestEpilogues(t *testing.T) {
	const added, relu, six = ", + terms", ", relu}", ", relu6}"
	cases := []struct {
		name string
		of   func(y, terms *sym.Expr) []*sym.Expr
		want []string // in the convolution's line; of none it has no epilogue
	}{
		{"terms", func(y, terms *sym.Expr) []*sym.Expr { return []*sym.Expr{sym.Add(y, terms)} }, []string{added + "}"}},
		{"relu", func(y, _ *sym.Expr) []*sym.Expr { return []*sym.Expr{sym.ReLU(y)} }, []string{relu}},
		{"both", func(y, terms *sym.Expr) []*sym.Expr {
			return []*sym.Expr{sym.ReLU(sym.Add(y, terms))}
		}, []string{added + relu}},
		{"relu6", func(y, terms *sym.Expr) []*sym.Expr {
			return []*sym.Expr{relu6(sym.Add(y, terms))}
		}, []string{added + six}},
		{"summed afterwards", func(y, terms *sym.Expr) []*sym.Expr {
			z := relu6(sym.Add(y, terms))
			return []*sym.Expr{z, sym.Sum(sym.Square(z))}
		}, []string{added + six}},
		{"needed as it is", func(y, terms *sym.Expr) []*sym.Expr {
			return []*sym.Expr{sym.ReLU(sym.Add(y, terms)), y}
		}, nil},
		{"needed in another shape", func(y, terms *sym.Expr) []*sym.Expr {
			return []*sym.Expr{sym.ReLU(sym.Add(y, terms)), sym.Reshape(y, y.Shape().Size())}
		}, nil},
		{"needed twice", func(y, terms *sym.Expr) []*sym.Expr {
			return []*sym.Expr{sym.ReLU(sym.Add(y, terms)), sym.Tanh(y)}
		}, nil},
		{"another function", func(y, terms *sym.Expr) []*sym.Expr { return []*sym.Expr{sym.Tanh(sym.Add(y, terms))} }, nil},
		{"limits of another number", func(y, terms *sym.Expr) []*sym.Expr {
			six := y.Graph().Const(6, y.Shape()...)
			return []*sym.Expr{sym.Select(sym.GreaterEqual(terms, six), six, sym.ReLU(y))}
		}, nil},
	}
	for _, conv := range convolutions {
		for _, c := range cases {
			g := sym.NewGraph()
			x := g.Input("x", sym.Float, conv.x...)
			y := conv.of(g, x)
			b := g.Input("b", sym.Float, y.Shape()[1])
			outputs := c.of(y, sym.Broadcast(b, []int{1}, y.Shape()...))
			r := rand.New(rand.NewPCG(61, 62))
			values := map[*sym.Expr]*sym.Tensor{}
			for _, e := range sym.Topological(outputs...) {
				if e.Op() == sym.OpInput {
					v := sym.NewTensor(e.Shape()...)
					for i := range v.Data {
						v.Data[i] = 2 * r.NormFloat64()
					}
					values[e] = v
				}
			}
			for _, l := range kernel.Supported() {
				opt := plan.Options{Level: l, Threads: 2}
				got, listing := runBits(t, opt, outputs, values)
				want, _ := runBits(t, plan.Apart(opt), outputs, values)
				for i := range want {
					for k := range want[i] {
						if got[i][k] != want[i][k] {
							t.Fatalf("%s, %s, level %v: output %d has %v at %d, in a node of its own %v", conv.name, c.name,
								l, i, math.Float32frombits(got[i][k]), k, math.Float32frombits(want[i][k]))
						}
					}
				}
				if finished := strings.Contains(listing, added) || strings.Contains(listing, ", relu"); finished != (c.want != nil) {
					t.Errorf("%s, %s: the program is\n%s", conv.name, c.name, listing)
				}
				for _, part := range c.want {
					if !strings.Contains(listing, part) {
						t.Errorf("%s, %s: no %q in\n%s", conv.name, c.name, part, listing)
					}
				}
			}
		}
	}
}

// relu6 is select(x ≥ 6, 6, relu(x)).
func relu6(x *sym.Expr) *sym.Expr {
	six := x.Graph().Const(6, x.Shape()...)
	return sym.Select(sym.GreaterEqual(x, six), six, sym.ReLU(x))
}

// TestTrainedReLU6 checks that a backward pass, and a second one, take the masks of a ReLU6 from its
// output, so that the convolution's kernel limits its numbers, and that derivatives are right, also
// where the limits are met exactly.
func TestTrainedReLU6(t *testing.T) {
	g := sym.NewGraph()
	x, w, b := g.Input("x", sym.Float, 4, 3, 9, 7), g.Input("w", sym.Float, 6, 3, 1, 1), g.Input("b", sym.Float, 6)
	y := sym.Conv(x, w, sym.ConvSpec{})
	y = relu6(sym.Scale(relu6(sym.Add(y, sym.Broadcast(b, []int{1}, y.Shape()...))), 3))
	loss := sym.Sum(sym.Sin(y))
	dx := sym.Gradient(loss, x)[0]
	outputs := append(sym.Gradient(loss, x, w, b), sym.Gradient(sym.Sum(sym.Square(dx)), w, b)...)
	values := fill(rand.New(rand.NewPCG(63, 64)), 1, outputs...)
	for i := range values[x].Data {
		values[x].Data[i] *= 4
		if i%7 < 2 { // x and b are 0 in places, and sums 6 or 2
			values[x].Data[i] = 0
		}
	}
	copy(values[b].Data, []float64{0, 6, 2, -1, 7, 0.5})
	compare(t, 1e-5, values, outputs...)
	text := listing(t, plan.Options{}, outputs...)
	if !strings.Contains(text, ", + terms, relu6}") {
		t.Errorf("the convolution's result is kept without its limits:\n%s", text)
	}
}
