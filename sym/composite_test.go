package sym_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/sym"
)

// network is a small classifier: convolution, bias, activation, max-pool, dense.
type network struct {
	g          *sym.Graph
	x, targets *sym.Expr
	logits     *sym.Expr
	params     []*sym.Expr
	values     map[*sym.Expr]*sym.Tensor
}

const samples, classes = 3, 4

func newNetwork(activation func(*sym.Expr) *sym.Expr) *network {
	r := rand.New(rand.NewPCG(8, 8))
	n := &network{g: sym.NewGraph(), values: map[*sym.Expr]*sym.Tensor{}}
	param := func(name string, shape ...int) *sym.Expr {
		p := noise(r, n.g, n.values, name, shape...)
		n.params = append(n.params, p)
		return p
	}
	n.x = noise(r, n.g, n.values, "x", samples, 1, 6, 6)
	class := n.g.Input("class", sym.Int, samples)
	n.values[class] = &sym.Tensor{Shape: sym.Shape{samples}, Data: []float64{2, 0, 3}}
	n.targets = sym.OneHot(class, classes)
	h := sym.Conv(n.x, param("w1", 2, 1, 3, 3), sym.ConvSpec{PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}})
	h = activation(sym.Add(h, sym.Broadcast(param("b1", 2), []int{1}, h.Shape()...)))
	h = sym.MaxPool(h, sym.PoolSpec{Window: [2]int{2, 2}})
	h = sym.MatMul(sym.Reshape(h, samples, 18), sym.Scale(param("w2", 18, classes), 0.3))
	n.logits = sym.Add(h, param("b2", classes))
	return n
}

// loss returns the summed cross-entropy.
func (n *network) loss() *sym.Expr { return sym.Sum(sym.CrossEntropy(n.logits, n.targets)) }

// at evaluates a scalar with one element of an input moved by h.
func (n *network) at(t *testing.T, y, input *sym.Expr, element int, h float64) float64 {
	t.Helper()
	old := n.values[input].Data[element]
	n.values[input].Data[element] = old + h
	defer func() { n.values[input].Data[element] = old }()
	return eval(t, n.values, y)[0].Data[0]
}

// TestPenaltyGradients checks the derivative of penalties on input gradients with respect to every
// single weight against a difference quotient: the penalty is part of the objective, not a constant
// beside it.
func TestPenaltyGradients(t *testing.T) {
	for name, activation := range map[string]func(*sym.Expr) *sym.Expr{"relu": sym.ReLU, "tanh": sym.Tanh, "softplus": sym.Softplus} {
		n := newNetwork(activation)
		probability := sym.Softmax(n.logits)
		for kind, gradient := range map[string]*sym.Expr{
			"loss":        sym.Gradient(n.loss(), n.x)[0],
			"projection":  sym.VJP(n.logits, n.g.Normal(1, samples, classes), n.x)[0],
			"probability": sym.VJP(probability, n.g.Normal(1, samples, classes), n.x)[0],
		} {
			penalty := sym.Scale(sym.Sum(sym.Square(gradient)), 1.0/samples)
			got := eval(t, n.values, sym.Gradient(penalty, n.params...)...)
			for i, p := range n.params {
				size := 0.0
				for k, v := range got[i].Data {
					const h = 1e-5
					want := (n.at(t, penalty, p, k, h) - n.at(t, penalty, p, k, -h)) / (2 * h)
					if size = max(size, math.Abs(v)); !(math.Abs(v-want) <= 1e-6*(1+math.Abs(want))) {
						t.Errorf("%s, %s: derivative for element %d of %v is %v, the difference quotient %v", name, kind, k, p.Attr(), v, want)
					}
				}
				// A bias of the last layer, or before a piecewise linear function, moves no
				// gradient of a logit.
				flat := kind == "projection" && (p == n.params[3] || name == "relu" && p == n.params[1])
				if zero := size == 0; zero != flat {
					t.Errorf("%s, %s: the derivative for %v is zero: %v", name, kind, p.Attr(), zero)
				}
			}
		}
	}
}

// TestFrozenGradient checks that with g = ∇ₓL held constant ∇_θ‖g‖² = 2·∇_θ(g·∇ₓL), and that this
// is what two ordinary gradients at x ± h·g give (docs/definitions.md).
func TestFrozenGradient(t *testing.T) {
	for name, activation := range map[string]func(*sym.Expr) *sym.Expr{"relu": sym.ReLU, "tanh": sym.Tanh} {
		n := newNetwork(activation)
		g := sym.Gradient(n.loss(), n.x)[0]
		direct := sym.Gradient(sym.Sum(sym.Square(g)), n.params...)
		frozen := sym.Gradient(sym.Scale(sym.Sum(sym.Mul(sym.StopGradient(g), g)), 2), n.params...)
		forward := sym.JVP(n.loss(), []*sym.Expr{n.x}, []*sym.Expr{sym.StopGradient(g)})
		along := sym.Gradient(sym.Scale(forward, 2), n.params...)
		got := eval(t, n.values, slices.Concat(direct, frozen, along, []*sym.Expr{g})...)
		const h = 1e-5
		ordinary := sym.Gradient(n.loss(), n.params...)
		shifted := func(h float64) []*sym.Tensor {
			x := n.values[n.x]
			defer func() { n.values[n.x] = x }()
			moved := sym.NewTensor(x.Shape...)
			for i := range moved.Data {
				moved.Data[i] = x.Data[i] + h*got[len(got)-1].Data[i]
			}
			n.values[n.x] = moved
			return eval(t, n.values, ordinary...)
		}
		up, down := shifted(h), shifted(-h)
		for i, p := range n.params {
			want := got[i].Data
			difference := make([]float64, len(want))
			for k := range want {
				difference[k] = 2 * (up[i].Data[k] - down[i].Data[k]) / (2 * h)
			}
			if !near(got[len(direct)+i].Data, want, 1e-10) || !near(got[2*len(direct)+i].Data, want, 1e-10) || !near(difference, want, 1e-5) {
				t.Errorf("%s: the penalty's gradient for %v is %v, with g held constant %v, forward %v, from gradients at x ± h·g %v", name, p.Attr(),
					want, got[len(direct)+i].Data, got[2*len(direct)+i].Data, difference)
			}
		}
	}
}

// TestThirdOrder checks that derivatives go on: the third derivative of a softmax network along one
// line, forward over reverse over forward, against a difference quotient of the second.
func TestThirdOrder(t *testing.T) {
	n := newNetwork(sym.Tanh)
	y := n.loss()
	line := n.g.Input("line", sym.Float)
	n.values[line] = &sym.Tensor{Shape: sym.Shape{}, Data: []float64{0.1}}
	direction := n.g.Normal(3, n.x.Shape()...)
	y = sym.Replace([]*sym.Expr{y}, map[*sym.Expr]*sym.Expr{n.x: sym.Add(n.x, sym.Mul(line, direction))})[0]
	derivatives := []*sym.Expr{y}
	for order := range 3 {
		if order == 1 {
			y = sym.Gradient(y, line)[0]
		} else {
			y = sym.JVP(y, []*sym.Expr{line}, []*sym.Expr{n.g.Const(1)})
		}
		derivatives = append(derivatives, y)
	}
	for order, d := range derivatives[1:] {
		const h = 1e-5
		got := eval(t, n.values, d)[0].Data[0]
		want := (n.at(t, derivatives[order], line, 0, h) - n.at(t, derivatives[order], line, 0, -h)) / (2 * h)
		if got == 0 || !(math.Abs(got-want) <= 1e-6*(1+math.Abs(want))) {
			t.Errorf("derivative %d is %v, the difference quotient %v", order+1, got, want)
		}
	}
}

// Example is the second derivative of a penalty: what a gradient regularizer adds to a step.
func Example() {
	g := sym.NewGraph()
	x, w := g.Input("x", sym.Float, 2), g.Input("w", sym.Float, 2)
	loss := sym.Square(sym.Sum(sym.Mul(x, w))) // (w·x)²
	dx := sym.Gradient(loss, x)[0]             // 2(w·x)w
	penalty := sym.Sum(sym.Square(dx))         // 4(w·x)²‖w‖²
	dw := sym.Gradient(penalty, w)[0]          // 8(w·x)‖w‖²x + 8(w·x)²w
	values := map[*sym.Expr]*sym.Tensor{
		x: {Shape: sym.Shape{2}, Data: []float64{1, 2}}, w: {Shape: sym.Shape{2}, Data: []float64{3, -1}},
	}
	out, err := sym.Eval(sym.Env{Values: values}, dx, penalty, dw)
	fmt.Println(out[0].Data, out[1].Data, out[2].Data, err)
	// Output: [6 -2] [40] [104 152] <nil>
}

func ExampleConv() {
	g := sym.NewGraph()
	image, edge := g.Input("image", sym.Float, 1, 1, 2, 4), g.Input("edge", sym.Float, 1, 1, 1, 2)
	same := sym.ConvSpec{PadAfter: [2]int{0, 1}}
	y := sym.Conv(image, edge, same)
	values := map[*sym.Expr]*sym.Tensor{
		image: {Shape: image.Shape(), Data: []float64{0, 0, 5, 5, 0, 7, 7, 7}}, edge: {Shape: edge.Shape(), Data: []float64{-1, 1}},
	}
	out, err := sym.Eval(sym.Env{Values: values}, y)
	fmt.Println(out[0].Shape, out[0].Data, err)
	// Output: [1, 1, 2, 4] [0 5 0 -5 7 0 0 -7] <nil>
}

func ExampleMaxPool() {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 1, 1, 2, 4)
	y := sym.MaxPool(x, sym.PoolSpec{Window: [2]int{2, 2}})
	dx := sym.Gradient(sym.Sum(y), x)[0]
	values := map[*sym.Expr]*sym.Tensor{x: {Shape: x.Shape(), Data: []float64{1, 2, 6, 6, 3, 0, 6, 5}}}
	out, err := sym.Eval(sym.Env{Values: values}, y, dx)
	fmt.Println(out[0].Data, out[1].Data, err)
	// Output: [3 6] [0 0 1 0 1 0 0 0] <nil>
}

func ExampleLogSumExp() {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 2)
	y := sym.LogSumExp(x)
	values := map[*sym.Expr]*sym.Tensor{x: {Shape: x.Shape(), Data: []float64{1000, 1000}}}
	out, err := sym.Eval(sym.Env{Values: values}, y, sym.Gradient(y, x)[0])
	fmt.Printf("%.4f %.4f %v\n", out[0].Data, out[1].Data, err)
	// Output: [1000.6931] [0.5000 0.5000] <nil>
}
