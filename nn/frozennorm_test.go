package nn_test

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// TestFixedStatistics checks that batch norm with fixed statistics computes in training, with any
// epsilon, what batch norm does in inference, with the same parameters, moves no running average,
// and trains γ and β unless they are fixed, too.
func TestFixedStatistics(t *testing.T) {
	for _, kind := range []string{"affine", "frozen"} {
		g, c := context(true)
		x := g.Input("x", sym.Float, 3, 2, 4, 5)
		y := nn.Norm{Kind: kind, Epsilon: 0.25}.Apply(c, x)
		gamma, beta := c.Params.All()[0].Expr, c.Params.All()[1].Expr
		inference := nn.NewContext(c.Params, false, 0)
		want := nn.Norm{Kind: "batch", Epsilon: 0.25}.Apply(inference, x)
		again := nn.Norm{Kind: kind, Epsilon: 0.25}.Apply(nn.NewContext(c.Params, false, 0), x)
		if again != y {
			t.Errorf("%s: inference is another expression than training", kind)
		}
		trainable := map[string]int{"affine": 4, "frozen": 0}[kind]
		if len(c.Updates) > 0 || len(c.Params.All()) != 4 || c.Params.Count() != trainable ||
			c.Layers[0].Parameters != trainable {
			t.Errorf("%s: %d updates, %d parameters, %d scalars trained, the layer says %d", kind,
				len(c.Updates), len(c.Params.All()), c.Params.Count(), c.Layers[0].Parameters)
		}
		values := random(c, x)
		for i, p := range c.Params.All() {
			for j := range values[p.Expr].Data {
				values[p.Expr].Data[j] = 0.5 + float64(i) + 0.3*float64(j)
			}
		}
		outputs := []*sym.Expr{y, want}
		for _, z := range []*sym.Expr{y, want} {
			outputs = append(outputs, sym.Gradient(sym.Sum(sym.Square(z)), x, gamma, beta)...)
		}
		out, err := sym.Eval(sym.Env{Values: values}, outputs...)
		if err != nil {
			t.Fatal(err)
		}
		// By hand: γ = 0.5, β = 1.5, μ = 2.5, σ² = 3.5 of the first channel.
		first := (values[x].Data[0]-2.5)/math.Sqrt(3.5+0.25)*0.5 + 1.5
		if math.Abs(out[0].Data[0]-first) > 1e-12 {
			t.Errorf("%s: y[0] is %v, want %v", kind, out[0].Data[0], first)
		}
		pairs := [][2]int{{0, 1}, {2, 5}, {3, 6}, {4, 7}}
		for _, pair := range pairs {
			for i, w := range out[pair[1]].Data {
				if got := out[pair[0]].Data[i]; !(math.Abs(got-w) <= 1e-10*(1+math.Abs(w))) {
					t.Fatalf("%s: output %d, element %d is %v, want %v", kind, pair[0], i, got, w)
				}
			}
		}
	}
}

// TestFactorsInFilters checks that batch norm of fixed statistics after a convolution multiplies its
// filters and not its pixels, and that values, derivatives, and derivatives of a squared gradient
// with respect to weights, γ and β are those of the layer's definition.
func TestFactorsInFilters(t *testing.T) {
	layers := map[string]func(c *nn.Context, x *sym.Expr) *sym.Expr{
		"conv": nn.Conv{Out: 4, Kernel: 3, Stride: 2, Padding: nn.Same, NoBias: true}.Apply,
		"depthwise": func(c *nn.Context, x *sym.Expr) *sym.Expr {
			return nn.DepthwiseConv{Kernel: 3, Padding: nn.Same, NoBias: true}.Apply(c, x)
		},
		"pointwise": nn.Conv{Out: 5, Kernel: 1, NoBias: true}.Apply,
	}
	for name, layer := range layers {
		g, c := context(true)
		x := g.Input("x", sym.Float, 2, 3, 5, 6)
		y := nn.Norm{Kind: "affine"}.Apply(c, layer(c, x))
		again := nn.NewContext(c.Params, true, 0)
		plain := layer(again, x)
		p := c.Params.All()
		weights, gamma, beta, mean, variance := p[0].Expr, p[1].Expr, p[2].Expr, p[3].Expr, p[4].Expr
		each := func(v *sym.Expr) *sym.Expr { return sym.Broadcast(v, []int{1}, y.Shape()...) }
		defined := sym.Add(sym.Mul(sym.Div(sym.Sub(plain, each(mean)), sym.Sqrt(sym.AddScalar(each(variance), 1e-5))), each(gamma)), each(beta))
		for _, e := range sym.Topological(y) {
			for _, a := range e.Args() {
				if e.Op() == sym.OpMul && a.Shape().Equal(y.Shape()) {
					t.Errorf("%s: %v multiplies the pixels", name, e)
				}
			}
		}
		values := random(c, x)
		for i := range values[variance].Data {
			values[variance].Data[i] = 0.5 + float64(i)
		}
		outputs := []*sym.Expr{y, defined}
		for _, z := range []*sym.Expr{y, defined} {
			loss := sym.Sum(sym.Square(sym.Tanh(z)))
			slope := sym.Sum(sym.Square(sym.Gradient(loss, x)[0]))
			outputs = append(outputs, sym.Gradient(loss, x, weights, gamma, beta)...)
			outputs = append(outputs, sym.Gradient(slope, weights, gamma, beta)...)
		}
		out, err := sym.Eval(sym.Env{Values: values}, outputs...)
		if err != nil {
			t.Fatal(err)
		}
		half := (len(out) - 2) / 2
		compare := func(i, j int) {
			largest := 0.0
			for _, w := range out[j].Data {
				largest = max(largest, math.Abs(w))
			}
			for k, w := range out[j].Data {
				if got := out[i].Data[k]; !(math.Abs(got-w) <= 1e-12*largest) || largest == 0 {
					t.Fatalf("%s: output %d, element %d is %v, want %v", name, i, k, got, w)
				}
			}
		}
		compare(0, 1)
		for i := range half {
			compare(2+i, 2+half+i)
		}
	}
}

// TestIn checks a part of a network: names count from 1 in each scope and go on where it is entered
// again, layers, updates and random streams are those of the whole, and applied once more the parts
// find their parameters.
func TestIn(t *testing.T) {
	g, c := context(true)
	x := g.Input("x", sym.Float, 3, 4)
	layer := func(c *nn.Context, h *sym.Expr) *sym.Expr {
		return nn.BatchNorm{}.Apply(c, nn.Dropout{Rate: 0.5}.Apply(c, nn.Dense{Out: 4}.Apply(c, h)))
	}
	apply := func(c *nn.Context) *sym.Expr {
		h := layer(c, x)
		h = c.In("stage1", func(c *nn.Context) *sym.Expr {
			h := layer(c, h)
			return c.In("block1", func(c *nn.Context) *sym.Expr { return layer(c, h) })
		})
		return c.In("stage1", func(c *nn.Context) *sym.Expr { return layer(c, h) })
	}
	first := apply(c)
	want := []string{
		"dense1", "dropout1", "norm1", "stage1/dense1", "stage1/dropout1", "stage1/norm1",
		"stage1/block1/dense1", "stage1/block1/dropout1", "stage1/block1/norm1",
		"stage1/dense2", "stage1/dropout2", "stage1/norm2",
	}
	for i, l := range c.Layers {
		if len(c.Layers) != len(want) || l.Name != want[i] {
			t.Fatalf("layers are %v, want %v", c.Layers, want)
		}
	}
	if len(c.Updates) != 8 || len(c.Params.All()) != 4*6 {
		t.Errorf("%d updates and %d parameters", len(c.Updates), len(c.Params.All()))
	}
	again := apply(c.Again())
	streams := map[uint32]bool{}
	for _, e := range sym.Topological(first, again) {
		if e.Op() == sym.OpBernoulli {
			streams[e.Attr().(sym.RandomAttr).Stream] = true
		}
	}
	if len(c.Params.All()) != 4*6 || len(streams) != 8 {
		t.Errorf("applied again: %d parameters, %d streams", len(c.Params.All()), len(streams))
	}
	bad := c.In("a scope", func(c *nn.Context) *sym.Expr { return layer(c, x) })
	if bad.Err() == nil {
		t.Error("a wrong name of a scope is taken")
	}
}
