package nn_test

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// moments returns the mean and the standard deviation of a parameter's initial values.
func moments(p *nn.Param) (mean, deviation float64) {
	values := make([]float32, p.Expr.Shape().Size())
	p.Fill(values, 5)
	for _, v := range values {
		mean += float64(v) / float64(len(values))
	}
	for _, v := range values {
		deviation += (float64(v) - mean) * (float64(v) - mean) / float64(len(values))
	}
	return mean, math.Sqrt(deviation)
}

// TestInitializers checks standard deviations against the formulas with fans that count strides.
func TestInitializers(t *testing.T) {
	g, c := context(true)
	image, vector := g.Input("x", sym.Float, 1, 20, 8, 8), g.Input("v", sym.Float, 1, 300)
	for _, l := range []struct {
		layer interface {
			Apply(*nn.Context, *sym.Expr) *sym.Expr
		}
		x    *sym.Expr
		want float64
	}{
		{nn.Dense{Out: 100, Init: nn.He(0)}, vector, math.Sqrt(2.0 / 300)},
		{nn.Dense{Out: 100, Init: nn.He(1).Times(0.25)}, vector, 0.25 * math.Sqrt(1.0/300)},
		{
			nn.Dense{Out: 100, Init: nn.Initializer(nn.GlorotUniform).Times(3)}, vector,
			3 * math.Sqrt(2.0/400),
		},
		{
			nn.Conv{Out: 50, Kernel: 4, Stride: 2, Init: nn.He(0.2)}, image,
			math.Sqrt(2 / (1.04 * 320)),
		},
		{
			nn.Conv{Out: 50, Kernel: 4, Stride: 2, Init: nn.UniformHe}, image,
			math.Sqrt(4.0 / (320 + 200)),
		},
		{
			nn.ConvTranspose{Out: 50, Kernel: 4, Stride: 2, Init: nn.He(0.2)}, image,
			math.Sqrt(2 / (1.04 * 80)),
		},
		{
			nn.ConvTranspose{Out: 50, Kernel: 4, Stride: 2, Init: nn.UniformHe}, image,
			math.Sqrt(4.0 / (80 + 800)),
		},
		{nn.ConvTranspose{Out: 50, Kernel: 4, Stride: 2}, image, math.Sqrt(2.0 / 80)},
	} {
		before := len(c.Params.All())
		if err := l.layer.Apply(c, l.x).Err(); err != nil {
			t.Fatal(err)
		}
		mean, deviation := moments(c.Params.All()[before])
		if math.Abs(deviation-l.want) > 0.03*l.want || math.Abs(mean) > 0.03*l.want {
			t.Errorf(
				"%+v: mean %v, standard deviation %v, expected 0 and %v",
				l.layer,
				mean,
				deviation,
				l.want,
			)
		}
	}
}

// TestHeKeepsSize checks the purpose: through twelve layers the outputs are about as large as the
// inputs. With half the variance they would be 4096 times smaller.
func TestHeKeepsSize(t *testing.T) {
	for _, slope := range []float64{0, 0.2, 1} {
		g, c := context(true)
		x := g.Input("x", sym.Float, 40, 200)
		h := x
		for range 12 {
			h = sym.LeakyReLU(nn.Dense{Out: 200, Init: nn.He(slope)}.Apply(c, h), slope)
		}
		values := random(c, x)
		for _, p := range c.Params.All() {
			initial := make([]float32, p.Expr.Shape().Size())
			p.Fill(initial, 1)
			for i, v := range initial {
				values[p.Expr].Data[i] = float64(v)
			}
		}
		out, err := sym.Eval(
			sym.Env{Values: values},
			sym.Mean(sym.Square(h)),
			sym.Mean(sym.Square(x)),
		)
		if err != nil {
			t.Fatal(err)
		}
		if ratio := out[0].Data[0] / out[1].Data[0]; ratio < 1./3 || ratio > 3 {
			t.Errorf("slope %v: the last layer is %v times as large", slope, ratio)
		}
	}
}

// TestLeakyReLU checks an activation with a slope: its values, its text, and what is refused.
func TestLeakyReLU(t *testing.T) {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 3)
	a := nn.LeakyReLU(0.2)
	y := a.Apply(x)
	values := map[*sym.Expr]*sym.Tensor{x: {Shape: sym.Shape{3}, Data: []float64{-5, 0, 2}}}
	out, err := sym.Eval(sym.Env{Values: values}, y, sym.Gradient(sym.Sum(y), x)[0])
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{-1, 0, 2, 0.2, 0.2, 1} {
		if got := out[i/3].Data[i%3]; got != want {
			t.Errorf("number %d is %v, expected %v", i, got, want)
		}
	}
	if a != "leaky-relu:0.2" || !a.Monotone() {
		t.Errorf("%q rises: %v", a, a.Monotone())
	}
	for a, want := range map[nn.Activation]string{
		"leaky-relu:0.2": "", "leaky-relu:0": "", "leaky-relu:1": "", "leaky-relu": "",
		"leaky-relu:1.5": `activation leaky-relu: slope is "1.5", expected 0 to 1`,
		"leaky-relu:":    `activation leaky-relu: slope is "", expected 0 to 1`,
		"leaky-relu:x":   `activation leaky-relu: slope is "x", expected 0 to 1`,
		"leaky-relu:NaN": `activation leaky-relu: slope is "NaN", expected 0 to 1`,
	} {
		got := ""
		if err := a.Validate(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, expected %q", a, got, want)
		}
	}
}
