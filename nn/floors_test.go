package nn_test

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// TestConstantChannel checks what ε makes of channels without variance: they become β with a derivative of 0, and in inference,
// where a running variance of 0 was stored, a deviation counts as of a standard deviation √ε.
func TestConstantChannel(t *testing.T) {
	layers := map[string]func(c *nn.Context, x *sym.Expr) *sym.Expr{
		"batch": nn.BatchNorm{}.Apply, "group": nn.GroupNorm{Groups: 2}.Apply, "batch, ε 1e-3": nn.BatchNorm{Epsilon: 1e-3}.Apply,
	}
	for name, layer := range layers {
		g, c := context(true)
		x := g.Input("x", sym.Float, 3, 2, 2, 2)
		y := layer(c, x)
		beta := c.Params.All()[1].Expr
		values := map[*sym.Expr]*sym.Tensor{x: sym.NewTensor(3, 2, 2, 2)}
		for _, p := range c.Params.All() {
			values[p.Expr] = &sym.Tensor{Shape: sym.Shape{2}, Data: []float64{2, 3}}
		}
		for i := range values[x].Data {
			values[x].Data[i] = float64(i / 4 % 2) // 0 in one channel, 1 in the other
		}
		slope := sym.Gradient(sym.Sum(sym.Square(y)), x)[0]
		second := sym.Gradient(sym.Sum(sym.Square(sym.AddScalar(slope, 1))), x)[0]
		out, err := sym.Eval(sym.Env{Values: values}, y, slope, second)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range out[0].Data {
			if want := values[beta].Data[i/4%2]; v != want {
				t.Errorf("%s: element %d is %v, want β = %v", name, i, v, want)
			}
			if math.Abs(out[1].Data[i]) > 1e-9 || !(math.Abs(out[2].Data[i]) < 1e9) {
				t.Errorf("%s: the derivatives at element %d are %v and %v, want 0 and a finite number", name, i, out[1].Data[i], out[2].Data[i])
			}
		}
	}
	g, c := context(false)
	x := g.Input("x", sym.Float, 1, 2)
	y := nn.BatchNorm{}.Apply(c, x)
	values := map[*sym.Expr]*sym.Tensor{x: {Shape: sym.Shape{1, 2}, Data: []float64{5, 5.001}}}
	for i, p := range c.Params.All() { // weight, bias, running mean and variance
		v := []float64{1, 0, 5, 0}[i]
		values[p.Expr] = &sym.Tensor{Shape: sym.Shape{2}, Data: []float64{v, v}}
	}
	out, err := sym.Eval(sym.Env{Values: values}, y)
	if err != nil {
		t.Fatal(err)
	}
	if want := 0.001 / math.Sqrt(1e-5); out[0].Data[0] != 0 || math.Abs(out[0].Data[1]-want) > 1e-9 {
		t.Errorf("in inference %v, want 0 and %v", out[0].Data, want)
	}
}
