package nn_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

func context(training bool) (*sym.Graph, *nn.Context) {
	g := sym.NewGraph()
	return g, nn.NewContext(nn.NewParams(g), training, 0)
}

// TestSecondApplication checks that a model applied again uses the same parameters and other random numbers.
func TestSecondApplication(t *testing.T) {
	g, c := context(true)
	apply := func(c *nn.Context) *sym.Expr {
		h := nn.Dense{Out: 4}.Apply(c, g.Input("x", sym.Float, 2, 3))
		return nn.Dense{Out: 2}.Apply(c, nn.Dropout{Rate: 0.5}.Apply(c, h))
	}
	first, second := apply(c), apply(nn.NewContext(c.Params, true, 1000))
	if len(c.Params.All()) != 4 || first == second {
		t.Errorf("%d parameters, equal %v", len(c.Params.All()), first == second)
	}
	if again := apply(nn.NewContext(c.Params, true, 0)); again != first {
		t.Error("the same streams give another expression")
	}
	wrong := nn.NewContext(c.Params, true, 0)
	if e := (nn.Dense{Out: 5}).Apply(wrong, g.Input("x", sym.Float, 2, 3)); e.Err() == nil {
		t.Error("a parameter of another shape is accepted")
	}
}

// TestAgain checks that a model applied once more in a step shares parameters but no random stream.
func TestAgain(t *testing.T) {
	g, c := context(true)
	x := g.Input("x", sym.Float, 2, 6)
	apply := func(c *nn.Context) *sym.Expr {
		return nn.Dropout{Rate: 0.5}.Apply(c, nn.BatchNorm{}.Apply(c, nn.Dense{Out: 4}.Apply(c, x)))
	}
	outputs := []*sym.Expr{apply(c), apply(c.Again()), apply(c.Again())}
	streams := map[uint32]bool{c.NextStream(): true}
	for _, e := range sym.Topological(outputs...) {
		if e.Op() == sym.OpBernoulli {
			streams[e.Attr().(sym.RandomAttr).Stream] = true
		}
	}
	if len(streams) != 4 || len(c.Params.All()) != 6 || len(c.Updates) != 2 {
		t.Errorf("%d streams, %d parameters, %d updates, want 4, 6, 2", len(streams), len(c.Params.All()), len(c.Updates))
	}
}

// TestErrors checks that layers report what does not fit them, each in one line that names this file.
func TestErrors(t *testing.T) {
	layers := map[string]func(c *nn.Context, x *sym.Expr) *sym.Expr{
		"dense without units":        nn.Dense{}.Apply,
		"dense of an image":          nn.Dense{Out: 2}.Apply,
		"conv without channels":      nn.Conv{Kernel: 3}.Apply,
		"conv without kernel":        nn.Conv{Out: 2}.Apply,
		"conv of a small image":      nn.Conv{Out: 2, Kernel: 9}.Apply,
		"negative pooling":           nn.Conv{Out: 2, Kernel: 3, MaxPool: -1}.Apply,
		"pool of a small image":      func(c *nn.Context, x *sym.Expr) *sym.Expr { return nn.AvgPool(c, x, 9) },
		"depthwise of a small image": nn.DepthwiseConv{Kernel: 9}.Apply,
		"max pool of a small image":  nn.MaxPooling{Window: 9}.Apply,
		"dropout":                    nn.Dropout{Rate: 1.5}.Apply,
		"batch norm of a vector": func(c *nn.Context, x *sym.Expr) *sym.Expr {
			return nn.BatchNorm{}.Apply(c, sym.Sum(x, 1, 2, 3))
		},
		"group norm of a vector": func(c *nn.Context, x *sym.Expr) *sym.Expr {
			return nn.GroupNorm{Groups: 1}.Apply(c, sym.Sum(x, 1, 2, 3))
		},
		"group norm of three channels in two": nn.GroupNorm{Groups: 2}.Apply,
		"group norm without groups":           nn.GroupNorm{}.Apply,
		"global pool of a matrix": func(c *nn.Context, x *sym.Expr) *sym.Expr {
			return nn.GlobalAvgPool(c, nn.Flatten(x))
		},
	}
	for name, layer := range layers {
		g, c := context(true)
		y := layer(c, g.Input("x", sym.Float, 2, 3, 8, 8))
		err := y.Err()
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "nn_test.go") {
			t.Errorf("%s: %v", name, err)
		}
		// Whatever follows keeps the first error.
		y = nn.Dense{Out: 2}.Apply(c, nn.Flatten(nn.BatchNorm{}.Apply(c, nn.Conv{Out: 1, Kernel: 1, MaxPool: 2}.Apply(c, y))))
		if y.Err() != err {
			t.Errorf("%s: later layers replace %v by %v", name, err, y.Err())
		}
	}
}

// TestFields checks that fields out of range are reported by the layer, with its name, where it is
// applied: no operation would see them as they are. Dropout says it in inference, too.
func TestFields(t *testing.T) {
	for want, layer := range map[string]interface {
		Apply(*nn.Context, *sym.Expr) *sym.Expr
	}{
		"conv2: stride is -1, expected at least 0":                                    nn.Conv{Out: 2, Kernel: 3, Stride: -1},
		"conv2: dilation is -2, expected at least 0":                                  nn.Conv{Out: 2, Kernel: 3, Dilation: -2},
		"conv2: border is -1, expected at least 0":                                    nn.Conv{Out: 2, Kernel: 3, Border: -1},
		"conv2: max pool is -1, expected at least 0":                                  nn.Conv{Out: 2, Kernel: 3, MaxPool: -1},
		"conv2: padding is 7, expected Valid or Same":                                 nn.Conv{Out: 2, Kernel: 3, Padding: 7},
		"dropout1: rate is 1, expected at least 0 and below 1":                        nn.Dropout{Rate: 1},
		"dropout1: rate is -0.5, expected at least 0 and below 1":                     nn.Dropout{Rate: -0.5},
		"dropout1: rate is NaN, expected at least 0 and below 1":                      nn.Dropout{Rate: math.NaN()},
		`norm1: unknown kind "x", expected one of affine, batch, frozen, group, none`: nn.Norm{Kind: "x"},
		`norm1: unknown kind "Batch" (did you mean "batch"?)`:                         nn.Norm{Kind: "Batch"},
	} {
		for _, training := range []bool{true, false} {
			g, c := context(training)
			y := nn.Conv{Out: 2, Kernel: 3}.Apply(c, g.Input("x", sym.Float, 2, 3, 8, 8))
			if err := layer.Apply(c, y).Err(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, expected %s", err, want)
			}
		}
	}
}

// TestInit checks the range and standard deviation of initial weights, and that they depend on the seed and the
// parameter only.
func TestInit(t *testing.T) {
	g, c := context(true)
	x := g.Input("x", sym.Float, 1, 10, 9, 9)
	h := nn.Flatten(nn.Conv{Out: 30, Kernel: 5, Padding: nn.Same}.Apply(c, x))
	nn.Dense{Out: 20}.Apply(c, h)
	want := map[string]float64{ // standard deviations
		"conv1.weight": math.Sqrt(4.0 / (250 + 750)), "conv1.bias": 0, "dense1.weight": math.Sqrt(2.0 / (2430 + 20)), "dense1.bias": 0,
	}
	for _, p := range c.Params.All() {
		values, again, other := make([]float32, p.Expr.Shape().Size()), make([]float32, p.Expr.Shape().Size()), make([]float32, p.Expr.Shape().Size())
		p.Fill(values, 1)
		p.Fill(again, 1)
		p.Fill(other, 2)
		sum, largest, differ := 0.0, 0.0, false
		for i, v := range values {
			sum += float64(v) * float64(v)
			largest = math.Max(largest, math.Abs(float64(v)))
			if v != again[i] {
				t.Fatalf("%s is not repeatable", p.Name)
			}
			differ = differ || v != other[i]
		}
		std := math.Sqrt(sum / float64(len(values)))
		if math.Abs(std-want[p.Name]) > 0.02*want[p.Name] || largest > math.Sqrt(3)*want[p.Name]*(1+1e-6) {
			t.Errorf("%s has standard deviation %v and largest %v, want %v", p.Name, std, largest, want[p.Name])
		}
		if differ != (want[p.Name] > 0) {
			t.Errorf("%s: depends on the seed: %v", p.Name, differ)
		}
	}
}

// TestBatchNorm checks normalization, running averages and inference by hand.
func TestBatchNorm(t *testing.T) {
	g, c := context(true)
	x := g.Input("x", sym.Float, 4, 1)
	y := nn.BatchNorm{}.Apply(c, x)
	one, zero := []float64{1}, []float64{0}
	values := map[*sym.Expr]*sym.Tensor{x: {Shape: sym.Shape{4, 1}, Data: []float64{1, 2, 3, 6}}}
	for i, p := range c.Params.All() { // weight, bias, running mean and variance
		values[p.Expr] = &sym.Tensor{Shape: sym.Shape{1}, Data: [][]float64{one, zero, zero, one}[i]}
	}
	out, err := sym.Eval(sym.Env{Values: values}, y, c.Updates[0].Value, c.Updates[1].Value)
	if err != nil {
		t.Fatal(err)
	}
	root := math.Sqrt(3.5 + 1e-5) // mean 3, biased variance (4+1+0+9)/4
	for i, v := range []float64{-2, -1, 0, 3} {
		if math.Abs(out[0].Data[i]-v/root) > 1e-12 {
			t.Errorf("element %d is %v, want %v", i, out[0].Data[i], v/root)
		}
	}
	if m, v := out[1].Data[0], out[2].Data[0]; math.Abs(m-0.3) > 1e-12 || math.Abs(v-(0.9+0.1*14/3)) > 1e-12 {
		t.Errorf("running mean %v and variance %v", m, v)
	}
	inference := nn.NewContext(c.Params, false, 0)
	out, err = sym.Eval(sym.Env{Values: values}, nn.BatchNorm{}.Apply(inference, x))
	if err != nil || math.Abs(out[0].Data[3]-6/math.Sqrt(1+1e-5)) > 1e-12 {
		t.Errorf("inference gives %v, %v", out, err)
	}
	if len(inference.Updates) != 0 {
		t.Error("inference moves the averages")
	}
}

func TestActivations(t *testing.T) {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 2)
	values := map[*sym.Expr]*sym.Tensor{x: {Shape: sym.Shape{2}, Data: []float64{-1, 2}}}
	for name, want := range map[nn.Activation][2]float64{
		"": {0, 2}, "relu": {0, 2}, "relu6": {0, 2}, "leaky-relu": {-0.01, 2}, "softplus": {math.Log1p(math.Exp(-1)), math.Log1p(math.Exp(2))},
		"tanh": {math.Tanh(-1), math.Tanh(2)}, "gelu": {-0.15865525393145707, 1.9544997361036416},
	} {
		out, err := sym.Eval(sym.Env{Values: values}, name.Apply(x))
		if err != nil || math.Abs(out[0].Data[0]-want[0]) > 1e-12 || math.Abs(out[0].Data[1]-want[1]) > 1e-12 {
			t.Errorf("%q gives %v, %v, want %v", name, out[0].Data, err, want)
		}
		if name.Validate() != nil {
			t.Errorf("%q does not validate", name)
		}
	}
	if nn.Activation("swish").Validate() == nil {
		t.Error("swish validates")
	}
}

func ExampleContext() {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	h := nn.ReLU(nn.Conv{Out: 8, Kernel: 3, MaxPool: 2}.Apply(c, g.Input("x", sym.Float, 1, 1, 12, 12)))
	nn.Dense{Out: 10}.Apply(c, nn.GlobalAvgPool(c, h))
	for _, l := range c.Layers {
		fmt.Println(l.Name, l.Shape, l.Parameters, l.MACs)
	}
	// Output:
	// conv1 [1, 8, 10, 10] 80 7200
	// pool1 [1, 8, 5, 5] 0 0
	// pool2 [1, 8] 0 0
	// dense1 [1, 10] 90 80
}
