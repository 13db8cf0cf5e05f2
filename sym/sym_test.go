package sym_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/sym"
)

// given returns an input with a value.
func given(g *sym.Graph, values map[*sym.Expr]*sym.Tensor, name string, shape []int, data ...float64) *sym.Expr {
	e := g.Input(name, sym.Float, shape...)
	values[e] = &sym.Tensor{Shape: shape, Data: data}
	return e
}

func eval(t *testing.T, values map[*sym.Expr]*sym.Tensor, roots ...*sym.Expr) []*sym.Tensor {
	t.Helper()
	out, err := sym.Eval(sym.Env{Values: values}, roots...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func near(got, want []float64, tol float64) bool {
	for i, w := range want {
		if got[i] != w && !(math.Abs(got[i]-w) <= tol) && !(math.IsNaN(got[i]) && math.IsNaN(w)) {
			return false
		}
	}
	return len(got) == len(want)
}

func TestSharing(t *testing.T) {
	g := sym.NewGraph()
	x, y := g.Input("x", sym.Float, 3), g.Input("y", sym.Float, 3)
	for _, build := range []func() *sym.Expr{
		func() *sym.Expr { return sym.Add(x, y) },
		func() *sym.Expr { return g.Const(1, 2) },
		func() *sym.Expr { return g.Input("x", sym.Float, 3) },
		func() *sym.Expr { return g.Normal(1, 3) },
	} {
		if first := build(); build() != first {
			t.Errorf("%v is not shared", first)
		}
	}
	if sym.Add(x, y) == sym.Add(y, x) || g.Normal(1, 3) == g.Normal(2, 3) || g.Const(0) == g.Const(math.Copysign(0, -1)) {
		t.Error("different expressions are shared")
	}
	for _, e := range sym.Topological(sym.Softmax(sym.Mul(x, y))) {
		for _, a := range e.Args() {
			if a.ID() >= e.ID() {
				t.Errorf("%v has id %d, its argument %d", e, e.ID(), a.ID())
			}
		}
	}
}

// TestErrors checks that wrong arguments make an error that names operation, shapes and this file's line, and
// that comes out of everything built on it.
func TestErrors(t *testing.T) {
	g, other := sym.NewGraph(), sym.NewGraph()
	x, y := g.Input("x", sym.Float, 2, 3), g.Input("y", sym.Float, 4)
	i := g.Input("i", sym.Int, 2)
	image, filter := g.Input("image", sym.Float, 1, 2, 4, 4), g.Input("filter", sym.Float, 3, 1, 3, 3)
	_, _, line, _ := runtime.Caller(0)
	for k, c := range []struct {
		op, shapes string
		e          *sym.Expr
	}{
		{"add", "[2, 3], [4]", sym.Add(x, y)},
		{"add", "[2, 3], [4]", sym.Add(x, other.Input("y", sym.Float, 4))},
		{"matmul", "[2, 3], [4]", sym.MatMul(x, y)},
		{"matmul", "[2, 3], [2, 3]", sym.MatMul(x, x)},
		{"conv", "[1, 2, 4, 4], [3, 1, 3, 3]", sym.Conv(image, filter, sym.ConvSpec{})},
		{"reshape", "[2, 3]", sym.Reshape(x, 5)},
		{"transpose", "[2, 3]", sym.Transpose(x, 0, 0)},
		{"sum", "[2, 3]", sym.Sum(x, 2)},
		{"slice", "[2, 3]", sym.SliceAxis(x, 1, 2, 4)},
		{"concat", "[2, 3], [4]", sym.Concat(0, x, y)},
		{"one_hot", "[4]", sym.OneHot(y, 3)},
		{"gather", "[2, 3], [2]", sym.Gather(x, i, 0)},
		{"max_pool_index", "[1, 2, 4, 4]", sym.MaxPool(image, sym.PoolSpec{Window: [2]int{5, 5}})},
		{"broadcast", "[2, 3]", sym.BroadcastTo(x, 3, 3)},
		{"input", "", g.Input("x", sym.Float, 7)},
		{"input", "", g.Input("zero", sym.Float, 2, 0)},
		{"exp", "[2]", sym.Exp(i)},
		{"select", "[2, 3], [2, 3], [2, 3]", sym.Select(x, x, x)},
	} {
		var e *sym.Error
		if !errors.As(c.e.Err(), &e) {
			t.Errorf("%s: error is %v", c.op, c.e.Err())
			continue
		}
		message := e.Error()
		if e.Op.String() != c.op || !strings.Contains(message, c.op+"("+c.shapes+")") {
			t.Errorf("case %d, %s: %s", k, c.op, message)
		}
		var file string
		var at int
		if _, err := fmt.Sscanf(strings.ReplaceAll(e.Caller, ":", " "), "%s %d", &file, &at); err != nil || at < line || at > line+30 || !strings.HasSuffix(file, "sym_test.go") {
			t.Errorf("%s: caller is %s", c.op, e.Caller)
		}
		later := sym.Sum(sym.Mul(sym.ReLU(c.e), x))
		for _, d := range append(sym.Gradient(later, x), sym.JVP(later, []*sym.Expr{x}, []*sym.Expr{x}), sym.LogSumExp(c.e), sym.MaxPool(c.e, sym.PoolSpec{})) {
			if !errors.Is(d.Err(), e) {
				t.Errorf("%s: the error does not stick: %v", c.op, d.Err())
			}
		}
		if _, err := sym.Eval(sym.Env{}, later); !errors.Is(err, e) {
			t.Errorf("%s: Eval returns %v", c.op, err)
		}
	}
	if sym.Gradient(x, x)[0].Err() == nil {
		t.Error("the gradient of a tensor is accepted")
	}
	if _, err := sym.Eval(sym.Env{}, x); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("an input without value: %v", err)
	}
}

// TestExtremes checks values and first and second derivatives where naive formulas overflow.
func TestExtremes(t *testing.T) {
	values := map[*sym.Expr]*sym.Tensor{}
	g := sym.NewGraph()
	inf := math.Inf(-1)
	x := given(g, values, "x", []int{4, 3}, 1000, 0, -1000, -1000, -1001, -1000, inf, 0, 0, 2, 2, 2)
	got := eval(t, values, sym.LogSumExp(x), sym.Softmax(x), sym.Softplus(x), sym.Sigmoid(x))
	e := math.Exp(-1)
	if want := []float64{1000, -1000 + math.Log(2+e), math.Ln2, 2 + math.Log(3)}; !near(got[0].Data, want, 1e-12) {
		t.Errorf("log-sum-exp %v, want %v", got[0].Data, want)
	}
	if want := []float64{1, 0, 0, 1 / (2 + e), e / (2 + e), 1 / (2 + e), 0, 0.5, 0.5}; !near(got[1].Data[:9], want, 1e-12) {
		t.Errorf("softmax %v, want %v", got[1].Data, want)
	}
	if !near(got[2].Data[:3], []float64{1000, math.Ln2, 0}, 1e-12) || !near(got[3].Data[:3], []float64{1, 0.5, 0}, 1e-12) {
		t.Errorf("softplus %v, sigmoid %v", got[2].Data, got[3].Data)
	}
	row := given(g, values, "row", []int{3}, 1000, 999, -1000)
	first := sym.Gradient(sym.LogSumExp(row), row)[0]
	second := sym.Gradient(sym.Sum(sym.Square(first)), row)[0]
	for _, v := range eval(t, values, first, second) {
		for _, number := range v.Data {
			if math.IsNaN(number) || math.IsInf(number, 0) {
				t.Errorf("derivative %v", v.Data)
			}
		}
	}
}

// TestKinks checks the documented derivatives at ties and kinks.
func TestKinks(t *testing.T) {
	values := map[*sym.Expr]*sym.Tensor{}
	g := sym.NewGraph()
	x := given(g, values, "x", []int{4}, 0, 0, 1, -1)
	y := given(g, values, "y", []int{4}, 0, 1, 1, -1)
	image := given(g, values, "image", []int{1, 1, 2, 2}, 3, 3, 3, 3)
	grad := func(e, wrt *sym.Expr) *sym.Expr { return sym.Gradient(sym.Sum(e), wrt)[0] }
	got := eval(t, values,
		grad(sym.ReLU(x), x), grad(sym.Abs(x), x), grad(sym.Maximum(x, y), x), grad(sym.Minimum(x, y), x),
		grad(sym.Max(x, 0), x), grad(sym.MaxPool(image, sym.PoolSpec{Window: [2]int{2, 2}}), image),
		grad(sym.LeakyReLU(x, 0.5), x), grad(sym.Mul(sym.StopGradient(x), x), x))
	for i, want := range [][]float64{
		{0, 0, 1, 0}, {0, 0, 1, -1}, {1, 0, 1, 1}, {1, 1, 1, 1}, {0, 0, 1, 0}, {1, 0, 0, 0}, {0.5, 0.5, 1, 0.5}, {0, 0, 1, -1},
	} {
		if !near(got[i].Data, want, 0) {
			t.Errorf("derivative %d is %v, want %v", i, got[i].Data, want)
		}
	}
}

// TestRootAtZero checks that roots of a sum of squares, and fractional powers, have derivatives of 0 where the sum is 0, to
// the third order, forward and backward, and that a NaN is not hidden by that.
func TestRootAtZero(t *testing.T) {
	values := map[*sym.Expr]*sym.Tensor{}
	g := sym.NewGraph()
	x := given(g, values, "x", []int{3, 2}, 0, 0, 3, 4, math.NaN(), 1)
	v := given(g, values, "v", []int{3, 2}, 1, 2, 1, 0, 1, 0)
	grad := func(e *sym.Expr) *sym.Expr { return sym.Gradient(sym.Sum(e), x)[0] }
	along := func(e *sym.Expr) *sym.Expr { return sym.JVP(e, []*sym.Expr{x}, []*sym.Expr{v}) }
	for name, root := range map[string]func(*sym.Expr) *sym.Expr{
		"sqrt": sym.Sqrt, "pow": func(x *sym.Expr) *sym.Expr { return sym.Pow(x, 0.5) },
	} {
		norm := root(sym.Sum(sym.Square(x), 1))
		first := grad(norm)
		second := grad(sym.Mul(first, v)) // ∂(v·∂norm/∂x)/∂x
		third := grad(sym.Mul(second, v))
		got := eval(t, values, first, second, third, along(norm), along(first), grad(sym.Square(sym.AddScalar(norm, -1))), grad(root(x)))
		for i, want := range [][]float64{ // at (3, 4) along (1, 0); the third is −3·x·y²/r⁵ and y·(2x² − y²)/r⁵
			{0, 0, 0.6, 0.8}, {0, 0, 0.128, -0.096}, {0, 0, -144 / 3125.0, 8 / 3125.0}, {0, 0.6}, {0, 0, 0.128, -0.096}, {0, 0, 4.8, 6.4}, {0, 0, 0.5 / math.Sqrt(3), 0.25},
		} {
			if !near(got[i].Data[:len(want)], want, 1e-12) {
				t.Errorf("%s: derivative %d is %v, want %v", name, i, got[i].Data, want)
			}
			if i != 3 && !math.IsNaN(got[i].Data[4]) {
				t.Errorf("%s: derivative %d is %v, want the third sample to stay NaN", name, i, got[i].Data)
			}
		}
	}
}

// TestConvMatrix compares convolution and its gradients with products by the matrix that the convolution is.
func TestConvMatrix(t *testing.T) {
	values := map[*sym.Expr]*sym.Tensor{}
	g := sym.NewGraph()
	spec := sym.ConvSpec{Stride: [2]int{2, 1}, PadBefore: [2]int{1, 0}, PadAfter: [2]int{0, 2}, Dilation: [2]int{1, 2}}
	x := given(g, values, "x", []int{1, 1, 3, 4}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	w := given(g, values, "w", []int{1, 1, 2, 2}, 1, 10, 100, 1000)
	y := sym.Conv(x, w, spec)
	// Rows −1 and 0, then 1 and 2; columns j and j+2, zeros beyond.
	want := []float64{3100, 4200, 300, 400, 11000 + 900 + 70 + 5, 12000 + 1000 + 80 + 6, 1100 + 7, 1200 + 8}
	got := eval(t, values, y)[0]
	if fmt.Sprint(got.Shape) != "[1, 1, 2, 4]" || !near(got.Data, want, 0) {
		t.Errorf("convolution %v of shape %v, want %v", got.Data, got.Shape, want)
	}
	c := given(g, values, "c", []int{1, 1, 2, 4}, 1, -1, 2, 0, 3, 1, 0, -2)
	grads := eval(t, values, sym.VJP(y, c, x, w)...)
	// The gradients from the matrix M of the convolution, built column by column: y = M·x.
	for k := range 12 {
		unit := make([]float64, 12)
		unit[k] = 1
		moved := map[*sym.Expr]*sym.Tensor{x: {Shape: sym.Shape{1, 1, 3, 4}, Data: unit}, w: values[w]}
		sum := 0.0
		for i, v := range eval(t, moved, y)[0].Data {
			sum += v * values[c].Data[i]
		}
		if grads[0].Data[k] != sum {
			t.Errorf("input gradient %d is %v, want %v", k, grads[0].Data[k], sum)
		}
	}
	for k := range 4 {
		unit := make([]float64, 4)
		unit[k] = 1
		moved := map[*sym.Expr]*sym.Tensor{w: {Shape: sym.Shape{1, 1, 2, 2}, Data: unit}, x: values[x]}
		sum := 0.0
		for i, v := range eval(t, moved, y)[0].Data {
			sum += v * values[c].Data[i]
		}
		if grads[1].Data[k] != sum {
			t.Errorf("weight gradient %d is %v, want %v", k, grads[1].Data[k], sum)
		}
	}
}

// TestRandom checks that random leaves are a function of key, step, stream and index.
func TestRandom(t *testing.T) {
	g := sym.NewGraph()
	leaves := []*sym.Expr{g.Uniform(1, 1000), g.Normal(1, 1000), g.Bernoulli(0.3, 1, 1000), g.Normal(2, 1000)}
	at := func(key, step uint64) []*sym.Tensor {
		out, err := sym.Eval(sym.Env{Key: key, Step: step}, leaves...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	a, b := at(1, 2), at(1, 2)
	for i := range leaves {
		if !near(a[i].Data, b[i].Data, 0) {
			t.Errorf("%v is not repeatable", leaves[i])
		}
		if near(a[i].Data, at(2, 2)[i].Data, 0) || near(a[i].Data, at(1, 3)[i].Data, 0) {
			t.Errorf("%v does not depend on key and step", leaves[i])
		}
	}
	if near(a[1].Data, a[3].Data, 0) {
		t.Error("two streams are equal")
	}
	if g.Bernoulli(1.5, 1, 2).Err() == nil {
		t.Error("a probability of 1.5 is accepted")
	}
}

func ExampleGradient() {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 3)
	y := sym.Sum(sym.Mul(sym.Square(x), x)) // Σ x³
	first := sym.Gradient(y, x)[0]
	second := sym.Gradient(sym.Sum(first), x)[0]
	values := map[*sym.Expr]*sym.Tensor{x: {Shape: sym.Shape{3}, Data: []float64{1, 2, 3}}}
	out, err := sym.Eval(sym.Env{Values: values}, y, first, second)
	fmt.Println(out[0].Data, out[1].Data, out[2].Data, err)
	// Output: [36] [3 12 27] [6 12 18] <nil>
}

func ExampleJVP() {
	g := sym.NewGraph()
	x, dx := g.Input("x", sym.Float, 2), g.Input("dx", sym.Float, 2)
	y := sym.JVP(sym.Square(x), []*sym.Expr{x}, []*sym.Expr{dx})
	values := map[*sym.Expr]*sym.Tensor{
		x: {Shape: sym.Shape{2}, Data: []float64{3, 4}}, dx: {Shape: sym.Shape{2}, Data: []float64{1, 10}},
	}
	out, err := sym.Eval(sym.Env{Values: values}, y)
	fmt.Println(out[0].Data, err)
	// Output: [6 80] <nil>
}

func ExampleFormat() {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 3)
	fmt.Print(sym.Format(sym.Sum(sym.Square(x))))
	// Output:
	// %0 = input "x" : float[3]
	// %1 = mul %0 %0 : float[3]
	// %2 = sum %1 [0] : float[]
	// return %2
}

func ExampleReplace() {
	g := sym.NewGraph()
	x, y := g.Input("x", sym.Float), g.Input("y", sym.Float)
	out := sym.Replace([]*sym.Expr{sym.Exp(sym.Add(x, x))}, map[*sym.Expr]*sym.Expr{x: y})
	fmt.Print(sym.Format(out...))
	// Output:
	// %0 = input "y" : float[]
	// %1 = add %0 %0 : float[]
	// %2 = exp %1 : float[]
	// return %2
}
