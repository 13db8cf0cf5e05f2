package gradreg_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// depthwiseCase is a case of tools/golden/depthwise.py: the outputs in the order of names.
type depthwiseCase struct {
	outputs []*sym.Expr
	names   []string
	values  map[*sym.Expr]*sym.Tensor
}

// newDepthwiseCase builds the network of the script: a depthwise convolution, ReLU6, overlapping max
// pooling, and a loss whose slope in the images is penalized.
func newDepthwiseCase(kernel, stride, dilation, before, after, h, w int) depthwiseCase {
	const batch, channels = 2, 5
	g := sym.NewGraph()
	c := depthwiseCase{values: map[*sym.Expr]*sym.Tensor{}}
	input := func(name string, shape ...int) *sym.Expr {
		e := g.Input(name, sym.Float, shape...)
		c.values[e] = &sym.Tensor{Shape: shape, Data: numbers(name, e.Shape().Size())}
		return e
	}
	two := func(n int) [2]int { return [2]int{n, n} }
	x, filters := input("x", batch, channels, h, w), input("w", channels, 1, kernel, kernel)
	b, factors := input("b", channels), input("c", channels)
	y := sym.DepthwiseConv(x, filters, sym.ConvSpec{
		Stride: two(stride), Dilation: two(dilation), PadBefore: two(before), PadAfter: two(after),
	})
	y = sym.Add(y, sym.Broadcast(b, []int{1}, y.Shape()...))
	pool := nn.MaxPooling{Window: 3, Stride: 2, Border: 1}
	top := pool.Apply(nn.NewContext(nn.NewParams(g), true, 0), nn.ReLU6(sym.Scale(y, 5)))
	weighted := sym.Mul(sym.Sin(top), sym.Broadcast(factors, []int{1}, top.Shape()...))
	loss := sym.Scale(sym.Sum(weighted), 1.0/batch)
	penalty := sym.Scale(sym.Sum(sym.Square(sym.Gradient(loss, x)[0])), 1.0/batch)
	c.outputs, c.names = []*sym.Expr{loss, penalty, y}, []string{"loss", "penalty", "y"}
	for i, total := range c.outputs[:2] {
		c.outputs = append(c.outputs, sym.Gradient(total, x, filters, b)...)
		for _, of := range []string{"x", "w", "b"} {
			c.names = append(c.names, c.names[i]+"-"+of)
		}
	}
	return c
}

// TestGoldenDepthwise compares depthwise convolutions, their gradients, and the gradients of a
// penalty of their slope with PyTorch: the reference evaluator to the rounding of float64, the
// engine at every level to its stated bound.
func TestGoldenDepthwise(t *testing.T) {
	const referenceBound = 1e-12
	f := golden(t, "depthwise")
	cases := 0
	for key := range f.Tensors {
		text, ok := strings.CutSuffix(key, "/loss")
		if !ok {
			continue
		}
		cases++
		t.Run(text, func(t *testing.T) {
			var n [7]int
			_, err := fmt.Sscanf(text, "%d,%d,%d,%d,%d,%d,%d", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6])
			if err != nil {
				t.Fatal(err)
			}
			c := newDepthwiseCase(n[0], n[1], n[2], n[3], n[4], n[5], n[6])
			check := func(what string, got []*sym.Tensor, bound float64) {
				t.Helper()
				for i, name := range c.names {
					v, want := got[i].Data, tensor(t, f, text+"/"+name).Data
					if _, of, gradient := strings.Cut(name, "-"); gradient {
						v = fingerprint(of, v)
					}
					if d := distance(v, want); !(d <= bound) {
						t.Errorf("%s: %s is off by %v of PyTorch's", what, name, d)
					}
				}
			}
			env := sym.Env{Values: c.values}
			reference, err := sym.Eval(env, c.outputs...)
			if err != nil {
				t.Fatal(err)
			}
			check("the reference", reference, referenceBound)
			if distance(reference[7].Data, make([]float64, len(reference[7].Data))) == 0 {
				t.Error("the penalty does not depend on the filters")
			}
			for _, level := range engine.Levels() {
				native, err := engine.Native(engine.Options{Level: level})
				if err != nil {
					t.Fatal(err)
				}
				got, err := engine.Eval(native, env, c.outputs...)
				if err != nil {
					t.Fatal(err)
				}
				check("level "+level, got, engineBound)
			}
		})
	}
	if cases != 12 {
		t.Errorf("%d cases, expected 12", cases)
	}
}
