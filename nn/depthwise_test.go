package nn_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// TestDepthwiseConv compares values with the definition, extents with the formula, and the noted
// costs with the graph's.
func TestDepthwiseConv(t *testing.T) {
	for _, c := range []struct {
		layer         nn.DepthwiseConv
		h, w          int
		height, width int
		before        [2]int
		kind          string
	}{
		{nn.DepthwiseConv{Kernel: 3, Padding: nn.Same}, 4, 5, 4, 5, [2]int{1, 1}, "depthwise conv 3x3"},
		// None before and one after where the extent is even, as TensorFlow; one and one where not.
		{
			nn.DepthwiseConv{Kernel: 3, Stride: 2, Padding: nn.Same}, 6, 5, 3, 3, [2]int{0, 1},
			"depthwise conv 3x3, stride 2",
		},
		{
			nn.DepthwiseConv{Kernel: 5, Stride: 2, Padding: nn.Same}, 8, 7, 4, 4, [2]int{1, 2},
			"depthwise conv 5x5, stride 2",
		},
		{
			nn.DepthwiseConv{Kernel: 3, Stride: 2, Border: 1}, 6, 5, 3, 3, [2]int{1, 1},
			"depthwise conv 3x3, stride 2",
		},
		{nn.DepthwiseConv{Kernel: 2, Dilation: 2}, 5, 4, 3, 2, [2]int{}, "depthwise conv 2x2"},
	} {
		g, context := context(true)
		x := g.Input("x", sym.Float, 2, 3, c.h, c.w)
		y := c.layer.Apply(context, x)
		if !y.Shape().Equal(sym.Shape{2, 3, c.height, c.width}) {
			t.Errorf("%+v of %dx%d gives %v, %v", c.layer, c.h, c.w, y, y.Err())
			continue
		}
		values := random(context, x)
		params := nn.Exprs(context.Params.All())
		out, err := sym.Eval(sym.Env{Values: values}, y)
		if err != nil {
			t.Fatal(err)
		}
		w, b := values[params[0]], values[params[1]]
		stride, dilation, k := max(c.layer.Stride, 1), max(c.layer.Dilation, 1), c.layer.Kernel
		for i, v := range out[0].Data {
			plane, row, col := i/(c.height*c.width), i/c.width%c.height, i%c.width
			want := b.Data[plane%3]
			for tap := range k * k {
				r := row*stride + tap/k*dilation - c.before[0]
				q := col*stride + tap%k*dilation - c.before[1]
				if r >= 0 && r < c.h && q >= 0 && q < c.w {
					want += values[x].Data[(plane*c.h+r)*c.w+q] * w.Data[plane%3*k*k+tap]
				}
			}
			if math.Abs(v-want) > 1e-12 {
				t.Fatalf("%+v: element %d is %v, expected %v", c.layer, i, v, want)
			}
		}
		l := context.Layers[0]
		if l.Name != "depthwise1" || l.Kind != c.kind || l.Parameters != 3*k*k+3 ||
			2*l.MACs != sym.MACs(y) || l.MACs != 3*c.height*c.width*k*k {
			t.Errorf("%+v is noted as %+v, the graph has %d multiply-adds", c.layer, l, sym.MACs(y))
		}
	}
}

// TestDepthwiseInit checks the names and shapes of the parameters, and that the weights start with
// the variance 2/Kernel², as of He et al. for a fan of one filter.
func TestDepthwiseInit(t *testing.T) {
	g, c := context(true)
	nn.DepthwiseConv{Kernel: 5, NoBias: true}.Apply(c, g.Input("x", sym.Float, 1, 1000, 5, 5))
	params := c.Params.All()
	if len(params) != 1 || params[0].Name != "depthwise1.weight" || !params[0].Decay ||
		!params[0].Expr.Shape().Equal(sym.Shape{1000, 1, 5, 5}) {
		t.Fatalf("parameters %+v", params)
	}
	values := make([]float32, 25000)
	params[0].Fill(values, 1)
	sum := 0.0
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	// The mean of 25,000 squares is off by √(2/25,000) of itself, one standard deviation.
	if variance := sum / 25000; math.Abs(variance*25/2-1) > 0.04 {
		t.Errorf("variance %v, expected %v", variance, 2.0/25)
	}
	var fans [2]int
	init := func(in, out int) nn.Init { fans = [2]int{in, out}; return nn.Constant(0) }
	nn.DepthwiseConv{Kernel: 6, Stride: 2, Init: init}.Apply(c, g.Input("y", sym.Float, 1, 3, 8, 8))
	if fans != [2]int{36, 9} {
		t.Errorf("fans %v, expected 36 and 9", fans)
	}
}

// TestMaxPooling compares the layer with the largest elements found by hand, with overlap and
// borders, for negative numbers: padding is never the largest.
func TestMaxPooling(t *testing.T) {
	for _, c := range []struct {
		layer         nn.MaxPooling
		h, w          int
		height, width int
		before        int
		kind          string
	}{
		{nn.MaxPooling{Window: 3, Stride: 2, Border: 1}, 8, 7, 4, 4, 1, "max pool 3x3, stride 2"},
		{nn.MaxPooling{Window: 3, Stride: 2, Padding: nn.Same}, 8, 6, 4, 3, 0, "max pool 3x3, stride 2"},
		{nn.MaxPooling{Window: 3, Stride: 1, Padding: nn.Same}, 4, 5, 4, 5, 1, "max pool 3x3, stride 1"},
		{nn.MaxPooling{Window: 2}, 5, 6, 2, 3, 0, "max pool 2x2"},
	} {
		g, context := context(true)
		x := g.Input("x", sym.Float, 2, 3, c.h, c.w)
		y := c.layer.Apply(context, x)
		if !y.Shape().Equal(sym.Shape{2, 3, c.height, c.width}) {
			t.Errorf("%+v of %dx%d gives %v, %v", c.layer, c.h, c.w, y, y.Err())
			continue
		}
		values := random(context, x)
		for i := range values[x].Data {
			values[x].Data[i] -= 10
		}
		out, err := sym.Eval(sym.Env{Values: values}, y)
		if err != nil {
			t.Fatal(err)
		}
		stride := c.layer.Stride
		if stride == 0 {
			stride = c.layer.Window
		}
		for i, v := range out[0].Data {
			plane, row, col, want := i/(c.height*c.width), i/c.width%c.height, i%c.width, math.Inf(-1)
			for r := row*stride - c.before; r < row*stride-c.before+c.layer.Window; r++ {
				for q := col*stride - c.before; q < col*stride-c.before+c.layer.Window; q++ {
					if r >= 0 && r < c.h && q >= 0 && q < c.w {
						want = max(want, values[x].Data[(plane*c.h+r)*c.w+q])
					}
				}
			}
			if v != want {
				t.Fatalf("%+v: element %d is %v, expected %v", c.layer, i, v, want)
			}
		}
		if l := context.Layers[0]; l.Name != "pool1" || l.Kind != c.kind || l.MACs != 0 {
			t.Errorf("%+v is noted as %+v", c.layer, l)
		}
	}
}

// TestReLU6 checks values, the derivative, which is 0 at both kinks, and what becomes of numbers
// that are none.
func TestReLU6(t *testing.T) {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 7)
	y := nn.Activation("relu6").Apply(x)
	values := map[*sym.Expr]*sym.Tensor{
		x: {Shape: sym.Shape{7}, Data: []float64{-1, 0, 0.5, 5.5, 6, 7, math.Inf(1)}},
	}
	out, err := sym.Eval(sym.Env{Values: values}, y, sym.Gradient(sym.Sum(y), x)[0])
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0, 0, 0.5, 5.5, 6, 6, 6} {
		slope := 0.0
		if want > 0 && want < 6 {
			slope = 1
		}
		if out[0].Data[i] != want || out[1].Data[i] != slope {
			t.Errorf("relu6(%v) is %v with derivative %v, expected %v and %v",
				values[x].Data[i], out[0].Data[i], out[1].Data[i], want, slope)
		}
	}
	values[x].Data[0] = math.NaN()
	out, err = sym.Eval(sym.Env{Values: values}, nn.ReLU6(x), nn.ReLU(x))
	if err != nil || out[0].Data[0] != out[1].Data[0] {
		t.Errorf("of NaN relu6 makes %v, relu %v, %v", out[0].Data[0], out[1].Data[0], err)
	}
}

// TestDepthwiseErrors checks what the layers refuse, in a line that names the layer.
func TestDepthwiseErrors(t *testing.T) {
	for want, l := range map[string]interface {
		Apply(*nn.Context, *sym.Expr) *sym.Expr
	}{
		"depthwise1: stride is -1, expected at least 0":          nn.DepthwiseConv{Kernel: 3, Stride: -1},
		"depthwise1: dilation is -1, expected at least 0":        nn.DepthwiseConv{Kernel: 3, Dilation: -1},
		"depthwise1: border is -1, expected at least 0":          nn.DepthwiseConv{Kernel: 3, Border: -1},
		"depthwise1: padding is 5, expected Valid or Same":       nn.DepthwiseConv{Kernel: 3, Padding: 5},
		"depthwise1: kernel is 0, expected at least 1":           nn.DepthwiseConv{},
		"a 5x5 kernel does not fit the padded 4x6 input":         nn.DepthwiseConv{Kernel: 5},
		"pool1: stride is -1, expected at least 0":               nn.MaxPooling{Window: 2, Stride: -1},
		"pool1: border is -1, expected at least 0":               nn.MaxPooling{Window: 2, Border: -1},
		"pool1: padding is 5, expected Valid or Same":            nn.MaxPooling{Window: 2, Padding: 5},
		"pool1: window is 0, expected at least 1":                nn.MaxPooling{},
		"pool1: border is 2, expected less than the window of 2": nn.MaxPooling{Window: 2, Border: 2},
		"a window of 7 does not fit an extent of 4":              nn.MaxPooling{Window: 7},
	} {
		g, c := context(true)
		err := l.Apply(c, g.Input("x", sym.Float, 1, 2, 4, 6)).Err()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v, expected %s", l, err, want)
		}
		e := l.Apply(c, sym.Reshape(g.Input("x", sym.Float, 1, 2, 4, 6), 8, 6))
		if e.Err() == nil || l.Apply(c, e).Err() != e.Err() {
			t.Errorf("%+v: %v, and later another error", l, e.Err())
		}
	}
	g, c := context(true)
	e := nn.DepthwiseConv{Kernel: 3}.Apply(c, g.Const(0, 2, 3))
	if e.Err() == nil ||
		!strings.Contains(e.Err().Error(), "depthwise1: input is [2, 3], expected [B, C, H, W]") {
		t.Error(e.Err())
	}
}

// A depthwise separable convolution, of which networks for small devices are made: 3×3 in each
// channel, then 1×1 over the channels. It has some ninth of the multiply-adds of a 3×3 convolution.
func ExampleDepthwiseConv() {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	x := g.Input("x", sym.Float, 1, 64, 28, 28)
	h := nn.ReLU6(nn.DepthwiseConv{Kernel: 3, Stride: 2, Padding: nn.Same}.Apply(c, x))
	h = nn.Conv{Out: 128, Kernel: 1}.Apply(c, h)
	fmt.Println(h.Shape())
	for _, l := range c.Layers {
		fmt.Println(l.Name, l.Kind, l.Parameters, l.MACs)
	}
	// Output:
	// [1, 128, 14, 14]
	// depthwise1 depthwise conv 3x3, stride 2 640 112896
	// conv1 conv 1x1 8320 1605632
}
