package nn_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// deconv is the definition of [nn.ConvTranspose] for one extent of the output: x: [B, C, H, W], w:
// [C, O, K, K], b: [O], shifted by the padding before.
func deconv(x, w, b *sym.Tensor, stride, before, height, width int) *sym.Tensor {
	s, f := x.Shape, w.Shape
	y := sym.NewTensor(s[0], f[1], height, width)
	for i := range y.Data {
		y.Data[i] = b.Data[i/(height*width)%f[1]]
	}
	for n := range s[0] {
		for c := range s[1] {
			for o := range f[1] {
				for i := range s[2] * s[3] {
					for k := range f[2] * f[3] {
						row := i/s[3]*stride + k/f[3] - before
						column := i%s[3]*stride + k%f[3] - before
						if row < 0 || column < 0 || row >= height || column >= width {
							continue
						}
						y.Data[((n*f[1]+o)*height+row)*width+column] +=
							x.Data[(n*s[1]+c)*s[2]*s[3]+i] * w.Data[(c*f[1]+o)*f[2]*f[3]+k]
					}
				}
			}
		}
	}
	return y
}

// TestConvTranspose compares values with the definition, extents with the formula, and the noted
// costs with the graph's.
func TestConvTranspose(t *testing.T) {
	for _, c := range []struct {
		layer         nn.ConvTranspose
		h, w          int
		height, width int
		before        int
		kind          string
		parameters    int
	}{
		{
			nn.ConvTranspose{Out: 2, Kernel: 4, Stride: 2, Border: 1}, 3, 5, 6, 10, 1,
			"deconv 4x4, stride 2", 98,
		},
		{
			nn.ConvTranspose{Out: 2, Kernel: 4, Stride: 2, Border: 1, Crop: 1}, 3, 5, 5, 9, 1,
			"deconv 4x4, stride 2", 98,
		},
		{
			nn.ConvTranspose{Out: 1, Kernel: 5, Stride: 2, Padding: nn.Same}, 4, 4, 8, 8, 1,
			"deconv 5x5, stride 2", 76,
		},
		{
			nn.ConvTranspose{Out: 1, Kernel: 5, Stride: 2, Padding: nn.Same, Crop: 1}, 4, 3, 7, 5,
			1, "deconv 5x5, stride 2", 76,
		},
		{nn.ConvTranspose{Out: 4, Kernel: 3}, 2, 4, 4, 6, 0, "deconv 3x3", 112},
		{nn.ConvTranspose{Out: 1, Kernel: 2, Stride: 3}, 3, 2, 8, 5, 0, "deconv 2x2, stride 3", 13},
		{
			nn.ConvTranspose{Out: 1, Kernel: 2, Stride: 3, Padding: nn.Same}, 3, 2, 9, 6, 0,
			"deconv 2x2, stride 3", 13,
		},
	} {
		g, context := context(true)
		x := g.Input("x", sym.Float, 2, 3, c.h, c.w)
		y := c.layer.Apply(context, x)
		if !y.Shape().Equal(sym.Shape{2, c.layer.Out, c.height, c.width}) {
			t.Errorf("%+v of %dx%d gives %v, %v", c.layer, c.h, c.w, y, y.Err())
			continue
		}
		values := random(context, x)
		params := nn.Exprs(context.Params.All())
		out, err := sym.Eval(sym.Env{Values: values}, y)
		if err != nil {
			t.Fatal(err)
		}
		stride := max(c.layer.Stride, 1)
		want := deconv(
			values[x],
			values[params[0]],
			values[params[1]],
			stride,
			c.before,
			c.height,
			c.width,
		)
		for i, v := range out[0].Data {
			if math.Abs(v-want.Data[i]) > 1e-12 {
				t.Fatalf("%+v: element %d is %v, expected %v", c.layer, i, v, want.Data[i])
			}
		}
		l := context.Layers[0]
		if l.Name != "deconv1" || l.Kind != c.kind || l.Parameters != c.parameters ||
			2*l.MACs != sym.MACs(y) {
			t.Errorf("%+v is noted as %+v, the graph has %d multiply-adds", c.layer, l, sym.MACs(y))
		}
		if l.MACs != c.h*c.w*3*c.layer.Out*c.layer.Kernel*c.layer.Kernel {
			t.Errorf("%+v: %d multiply-adds", c.layer, l.MACs)
		}
	}
}

// TestTransposes checks that a transposed convolution is the derivative of the convolution of the
// same fields with the same weight.
func TestTransposes(t *testing.T) {
	g, c := context(true)
	z := g.Input("z", sym.Float, 2, 3, 4, 4)
	y := nn.ConvTranspose{Out: 2, Kernel: 4, Stride: 2, Border: 1, NoBias: true}.Apply(c, z)
	w := c.Params.All()[0].Expr
	x := g.Input("x", sym.Float, y.Shape()...)
	two, one := [2]int{2, 2}, [2]int{1, 1}
	forward := sym.Conv(x, w, sym.ConvSpec{Stride: two, PadBefore: one, PadAfter: one})
	back := sym.VJP(forward, z, x)[0]
	values := random(c, x)
	values[z] = random(c, z)[z]
	out, err := sym.Eval(sym.Env{Values: values}, y, back)
	if err != nil || !slices.Equal(out[0].Data, out[1].Data) {
		t.Errorf("%v: the layer and the derivative of the convolution differ", err)
	}
	if len(c.Params.All()) != 1 {
		t.Errorf("%d parameters without a bias", len(c.Params.All()))
	}
}

// TestConvTransposeErrors checks what is refused, in a line.
func TestConvTransposeErrors(t *testing.T) {
	for want, l := range map[string]nn.ConvTranspose{
		"stride is -1, expected at least 0":             {Out: 1, Kernel: 3, Stride: -1},
		"border is -1, expected at least 0":             {Out: 1, Kernel: 3, Border: -1},
		"crop is -2, expected at least 0":               {Out: 1, Kernel: 3, Crop: -2},
		"padding is 5, expected Valid or Same":          {Out: 1, Kernel: 3, Padding: 5},
		"out is 0 and kernel 3, expected at least 1":    {Kernel: 3},
		"output has -2x0 pixels, expected at least 1x1": {Out: 1, Kernel: 3, Border: 3},
		"output has 0x2 pixels, expected at least 1x1":  {Out: 1, Kernel: 3, Crop: 4},
	} {
		g, c := context(true)
		x := g.Input("x", sym.Float, 1, 1, 2, 4)
		err := l.Apply(c, x).Err()
		if err == nil || !strings.Contains(err.Error(), "deconv1: "+want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v, expected %s", l, err, want)
		}
	}
	g, c := context(true)
	e := nn.ConvTranspose{Out: 1, Kernel: 3}.Apply(c, g.Const(0, 2, 3))
	if e.Err() == nil ||
		!strings.Contains(e.Err().Error(), "input is [2, 3], expected [B, C, H, W]") {
		t.Error(e.Err())
	}
	if again := (nn.ConvTranspose{Out: 1, Kernel: 3}).Apply(c, e); again.Err() != e.Err() {
		t.Errorf("%v replaces the first error", again.Err())
	}
}

// generated is a network of every new layer: from noise through transposed convolutions, leaky ReLU
// and a convolution to a score, spectral norms everywhere.
func generated(c *nn.Context, z *sym.Expr) *sym.Expr {
	leaky := nn.LeakyReLU(0.2)
	h := leaky.Apply(nn.Dense{Out: 3 * 9, Init: nn.He(0.2), Spectral: true}.Apply(c, z))
	h = sym.Reshape(h, z.Shape()[0], 3, 3, 3)
	deconv := nn.ConvTranspose{
		Out:      4,
		Kernel:   4,
		Stride:   2,
		Border:   1,
		Init:     nn.He(0.2),
		Spectral: true,
	}
	h = leaky.Apply(deconv.Apply(c, h))
	h = nn.DepthwiseConv{Kernel: 3, Padding: nn.Same}.Apply(c, h)
	h = sym.Tanh(
		nn.ConvTranspose{Out: 2, Kernel: 5, Stride: 2, Padding: nn.Same, Crop: 1}.Apply(c, h),
	)
	h = leaky.Apply(
		nn.Conv{Out: 3, Kernel: 4, Stride: 2, Init: nn.He(0.2), Spectral: true}.Apply(c, h),
	)
	return nn.Dense{Out: 1}.Apply(c, nn.Flatten(h))
}

// converge runs the updates of c until the singular vectors of its weights are exact.
func converge(t *testing.T, c *nn.Context, values map[*sym.Expr]*sym.Tensor) {
	t.Helper()
	var next []*sym.Expr
	for _, u := range c.Updates {
		next = append(next, u.Value)
	}
	for range 3000 {
		out, err := sym.Eval(sym.Env{Values: values}, next...)
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range c.Updates {
			values[u.Target] = out[i]
		}
	}
}

// TestDerivatives compares with central differences the gradient of a score in the noise and in
// every parameter, and that of the penalty ‖∂score/∂z‖² in every parameter: through transposed
// convolutions, leaky ReLU and spectral norms, whose singular vectors are exact.
func TestDerivatives(t *testing.T) {
	g, c := context(true)
	z := g.Input("z", sym.Float, 2, 4)
	score := sym.Sum(generated(c, z))
	if score.Err() != nil {
		t.Fatal(score.Err())
	}
	penalty := sym.Sum(sym.Square(sym.Gradient(score, z)[0]))
	values := random(c, z)
	converge(t, c, values)
	inputs := append(nn.Exprs(c.Params.Trainable()), z)
	for _, y := range []*sym.Expr{score, penalty} {
		gradients, err := sym.Eval(sym.Env{Values: values}, sym.Gradient(y, inputs...)...)
		if err != nil {
			t.Fatal(err)
		}
		for i, in := range inputs {
			direction := random(c, in)[in].Data
			at := func(step float64) float64 {
				old := values[in]
				values[in] = sym.NewTensor(in.Shape()...)
				for k, v := range old.Data {
					values[in].Data[k] = v + step*direction[k]
				}
				out, err := sym.Eval(sym.Env{Values: values}, y)
				values[in] = old
				if err != nil {
					t.Fatal(err)
				}
				return out[0].Data[0]
			}
			const h = 1e-6
			want, got := (at(h)-at(-h))/(2*h), 0.0
			for k, d := range gradients[i].Data {
				got += d * direction[k]
			}
			if math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("derivative in %s is %v, by difference quotient %v", in.Name(), got, want)
			}
			if y == penalty && strings.HasSuffix(in.Name(), ".weight") && got == 0 {
				t.Errorf("the penalty has no derivative in %s", in.Name())
			}
		}
	}
}

// TestCompiledLayers compares the compiled program with the reference: score, penalty, its gradient
// in every parameter, and the new singular vectors.
func TestCompiledLayers(t *testing.T) {
	var all [][]float32
	native, err := engine.Native(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []engine.Engine{native, engine.Reference()} {
		g, c := context(true)
		z := g.Input("z", sym.Float, 4, 4)
		score := sym.Sum(generated(c, z))
		penalty := sym.Sum(sym.Square(sym.Gradient(score, z)[0]))
		outputs := append(sym.Gradient(penalty, nn.Exprs(c.Params.Trainable())...), score, penalty)
		for _, u := range c.Updates {
			outputs = append(outputs, u.Value)
		}
		p, err := e.Compile(engine.Step{Outputs: outputs})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if err := c.Params.Initialize(p, 3); err != nil {
			t.Fatal(err)
		}
		err = p.Fill(z, func(dst []float32) {
			for i := range dst {
				dst[i] = float32(math.Sin(float64(i)))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(0, 1, 0); err != nil {
			t.Fatal(err)
		}
		for i, o := range outputs {
			values := make([]float32, o.Shape().Size())
			if err := p.Output(i, values); err != nil {
				t.Fatal(err)
			}
			all = append(all, values)
		}
	}
	n := len(all) / 2
	for i := range n {
		largest := 0.0
		for _, v := range all[n+i] {
			largest = max(largest, math.Abs(float64(v)))
		}
		for k, v := range all[i] {
			if math.Abs(float64(v-all[n+i][k])) > 1e-4*largest {
				t.Fatalf("output %d, element %d is %v, by the reference %v", i, k, v, all[n+i][k])
			}
		}
	}
}

// A kernel of 4, a stride of 2 and a border of 1 double an image.
func ExampleConvTranspose() {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	x := g.Input("x", sym.Float, 1, 64, 7, 7)
	h := nn.LeakyReLU(0.2).Apply(nn.ConvTranspose{
		Out: 32, Kernel: 4, Stride: 2, Border: 1, Init: nn.He(0.2),
	}.Apply(c, x))
	fmt.Println(h.Shape(), c.Layers[0].Parameters, c.Layers[0].MACs)
	// Output: [1, 32, 14, 14] 32800 1605632
}
