package nn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// random returns values for the parameters of c and for x.
func random(c *nn.Context, x *sym.Expr) map[*sym.Expr]*sym.Tensor {
	r := rand.New(rand.NewPCG(3, 4))
	values := map[*sym.Expr]*sym.Tensor{}
	for _, e := range append(nn.Exprs(c.Params.All()), x) {
		values[e] = sym.NewTensor(e.Shape()...)
		for i := range values[e].Data {
			values[e].Data[i] = r.NormFloat64() + 0.5
		}
	}
	return values
}

// TestGroupNorm compares with the definition: every group of every sample by itself, in training and in inference.
func TestGroupNorm(t *testing.T) {
	const batch, channels, groups, h, w = 2, 6, 3, 4, 5
	for _, training := range []bool{true, false} {
		g, c := context(training)
		x := g.Input("x", sym.Float, batch, channels, h, w)
		y := nn.GroupNorm{Groups: groups}.Apply(c, x)
		values := random(c, x)
		out, err := sym.Eval(sym.Env{Values: values}, y)
		if err != nil {
			t.Fatal(err)
		}
		gamma, beta := values[c.Params.All()[0].Expr].Data, values[c.Params.All()[1].Expr].Data
		const size = channels / groups * h * w
		for first := 0; first < batch*channels*h*w; first += size {
			group := values[x].Data[first : first+size]
			mean, variance := 0.0, 0.0
			for _, v := range group {
				mean += v / size
			}
			for _, v := range group {
				variance += (v - mean) * (v - mean) / size
			}
			for i, v := range group {
				channel := (first + i) / (h * w) % channels
				want := gamma[channel]*(v-mean)/math.Sqrt(variance+1e-5) + beta[channel]
				if got := out[0].Data[first+i]; math.Abs(got-want) > 1e-12 {
					t.Fatalf("element %d is %v, want %v", first+i, got, want)
				}
			}
		}
		if len(c.Updates) != 0 || len(c.Params.All()) != 2 || c.Params.Count() != 2*channels {
			t.Errorf("%d updates, %d parameters of %d numbers", len(c.Updates), len(c.Params.All()), c.Params.Count())
		}
	}
}

// TestSamplesAreNotCoupled checks that a sample's output depends on no other sample under group norm
// and fixed statistics, and does under batch norm.
func TestSamplesAreNotCoupled(t *testing.T) {
	for kind, coupled := range map[string]bool{
		"group": false, "batch": true, "affine": false, "frozen": false,
	} {
		g, c := context(true)
		x := g.Input("x", sym.Float, 3, 4)
		y := nn.Norm{Kind: kind, Groups: 2}.Apply(c, x)
		first := sym.Sum(sym.Square(sym.SliceAxis(y, 0, 0, 1)))
		out, err := sym.Eval(sym.Env{Values: random(c, x)}, sym.Gradient(first, x)...)
		if err != nil {
			t.Fatal(err)
		}
		others := 0.0
		for _, v := range out[0].Data[4:] {
			others += math.Abs(v)
		}
		if (others > 0) != coupled {
			t.Errorf("%s norm: other samples' gradients sum to %v", kind, others)
		}
	}
}

func TestNorm(t *testing.T) {
	for _, n := range []nn.Norm{{}, {Kind: "none"}, {Kind: "batch"}, {Kind: "group", Groups: 4}, {Kind: "affine", Epsilon: 1e-3}, {Kind: "frozen"}} {
		if err := n.Validate(); err != nil {
			t.Errorf("%+v: %v", n, err)
		}
		g, c := context(true)
		x := g.Input("x", sym.Float, 2, 8, 3, 3)
		if y := n.Apply(c, x); (y == x) != n.None() || y.Err() != nil || !y.Shape().Equal(x.Shape()) {
			t.Errorf("%+v gives %v", n, y)
		}
	}
	for want, n := range map[string]nn.Norm{
		`unknown norm "grup" (did you mean "group"?)`: {Kind: "grup"},
		"groups is 0, expected at least 1":            {Kind: "group"},
		"groups is 4, expected norm=group with it":    {Kind: "batch", Groups: 4},
		"groups is 8, expected norm=group with it":    {Kind: "frozen", Groups: 8},
		"epsilon is -1, expected at least 0":          {Kind: "batch", Epsilon: -1},
		"epsilon is NaN, expected at least 0":         {Epsilon: math.NaN()},
	} {
		if err := n.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", n, err, want)
		}
	}
}

// TestMonotone checks what is claimed of the nonlinearities, and that pooling gives the same whichever order
// MaxPooled takes.
func TestMonotone(t *testing.T) {
	for _, name := range append(nn.Activations(), string(nn.LeakyReLU(0.3))) {
		a := nn.Activation(name)
		g, c := context(true)
		line := g.Input("line", sym.Float, 2001)
		x := g.Input("x", sym.Float, 2, 2, 4, 6)
		values := random(c, x)
		for i := range values[x].Data {
			values[x].Data[i] *= 5 // so that some are beyond 6
		}
		values[line] = sym.NewTensor(2001)
		for i := range values[line].Data {
			values[line].Data[i] = float64(i-1000) / 100
		}
		pooled := a.MaxPooled(c, x, 2)
		textbook := nn.MaxPool(c, a.Apply(x), 2)
		out, err := sym.Eval(sym.Env{Values: values}, a.Apply(line), pooled, textbook,
			sym.Gradient(sym.Sum(sym.Square(pooled)), x)[0], sym.Gradient(sym.Sum(sym.Square(textbook)), x)[0])
		if err != nil {
			t.Fatal(err)
		}
		rises := true
		for i, v := range out[0].Data[1:] {
			rises = rises && v >= out[0].Data[i]
		}
		if rises != a.Monotone() {
			t.Errorf("%s rises everywhere: %v, claimed %v", name, rises, a.Monotone())
		}
		for k := 1; k < 5; k += 2 {
			for i, v := range out[k].Data {
				// The gradients of pooled and textbook are outputs 3 and 4, their values 1 and 2.
				if w := out[k+1].Data[i]; math.Abs(v-w) > 1e-14 {
					t.Errorf("%s, output %d, element %d: %v, in the textbook's order %v", name, k, i, v, w)
				}
			}
		}
	}
}

// Groups have to divide the channels.
func ExampleGroupNorm() {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	x := g.Input("x", sym.Float, 8, 6, 10, 10)
	y := nn.GroupNorm{Groups: 3}.Apply(c, x)
	fmt.Println(y, c.Params.Count())
	err := nn.GroupNorm{Groups: 4}.Apply(c, x).Err()
	_, message, _ := strings.Cut(err.Error(), ": ") // without this file's name and line
	fmt.Println(message)
	// Output:
	// add float[8, 6, 10, 10] 12
	// group norm of 6 channels in 4 groups, expected a number of groups that divides them
}
