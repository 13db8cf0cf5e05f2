package model_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// build applies a model to images of an extent.
func build(m model.Model, training bool, shape ...int) (*nn.Context, *sym.Expr) {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), training, 0)
	return c, m.Logits(c, g.Input("x", sym.Float, shape...), 7)
}

// TestConformance checks every architecture: its text form, its logits, its parameters in training and
// inference, and its behaviour on images that are too small.
func TestConformance(t *testing.T) {
	texts := append(model.Names(), "lenet:dropout=0.25", "lenet:norm=batch", "lenet:norm=batch,dropout=0.5", "resnet:depth=8,width=2", "mlp:hidden=30,activation=gelu,dropout=0.1")
	for _, text := range texts {
		m, err := model.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := model.Parse(m.String())
		if err != nil || again.String() != m.String() {
			t.Errorf("%s is %s, which parses to %v, %v", text, m, again, err)
		}
		training, logits := build(m, true, 5, 3, 32, 28)
		inference, answers := build(m, false, 5, 3, 32, 28)
		if logits.Err() != nil || answers.Err() != nil || !logits.Shape().Equal(sym.Shape{5, 7}) {
			t.Fatalf("%s: %v, %v", m, logits, answers)
		}
		names := func(c *nn.Context) (out []string) {
			for _, p := range c.Params.All() {
				out = append(out, fmt.Sprint(p.Name, p.Expr.Shape()))
			}
			return out
		}
		if !slices.Equal(names(training), names(inference)) {
			t.Errorf("%s has parameters %v in training and %v in inference", m, names(training), names(inference))
		}
		for _, e := range sym.Topological(answers) {
			if e.Op() == sym.OpBernoulli {
				t.Errorf("%s draws random numbers in inference", m)
			}
		}
		counted := 0
		for _, l := range training.Layers {
			counted += l.Parameters
		}
		if counted != training.Params.Count() {
			t.Errorf("%s: the layers have %d parameters, the model %d", m, counted, training.Params.Count())
		}
	}
}

// textbook is LeNet with bias and ReLU before the pooling.
func textbook(c *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	h := nn.MaxPool(c, nn.ReLU(nn.Conv{Out: 6, Kernel: 5, Padding: nn.Same}.Apply(c, x)), 2)
	h = nn.MaxPool(c, nn.ReLU(nn.Conv{Out: 16, Kernel: 5}.Apply(c, h)), 2)
	h = nn.Flatten(nn.ReLU(nn.Conv{Out: 120, Kernel: 5}.Apply(c, h)))
	return nn.Dense{Out: classes}.Apply(c, nn.ReLU(nn.Dense{Out: 84}.Apply(c, h)))
}

// TestPoolingOrder compares LeNet, which pools before it adds the bias and applies ReLU, with the textbook's order:
// logits, the squared input gradient of their projection, and the derivatives of that with respect to every parameter.
func TestPoolingOrder(t *testing.T) {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 2, 1, 28, 28)
	params := nn.NewParams(g)
	outputs := func(forward func(*nn.Context, *sym.Expr, int) *sym.Expr) []*sym.Expr {
		logits := forward(nn.NewContext(params, true, 0), x, 10)
		r := sym.Sum(sym.Square(sym.VJP(logits, g.Normal(1, 2, 10), x)[0]))
		return append([]*sym.Expr{logits, r}, sym.Gradient(r, nn.Exprs(params.Trainable())...)...)
	}
	ours, theirs := outputs(model.LeNet{}.Logits), outputs(textbook)
	random := rand.New(rand.NewPCG(1, 1))
	values := map[*sym.Expr]*sym.Tensor{}
	for _, e := range append(nn.Exprs(params.All()), x) {
		values[e] = sym.NewTensor(e.Shape()...)
		for i := range values[e].Data {
			values[e].Data[i] = random.NormFloat64() / 5
		}
	}
	got, err := sym.Eval(sym.Env{Values: values}, append(ours, theirs...)...)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range got[len(ours):] {
		scale := 0.0
		for _, w := range want.Data {
			scale = max(scale, math.Abs(w))
		}
		for j, w := range want.Data {
			if math.Abs(got[i].Data[j]-w) > 1e-12*scale {
				t.Fatalf("output %d, element %d is %v, in the textbook's order %v", i, j, got[i].Data[j], w)
			}
		}
	}
}

// TestTextForms checks that String of any valid options parses back to them.
func TestTextForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0, 1).Filter(func(r float64) bool { return r < 1 }).Draw(t, "rate")
		m := rapid.SampledFrom([]model.Model{
			model.LeNet{Dropout: rate, Norm: rapid.SampledFrom([]string{"none", "batch"}).Draw(t, "norm")},
			model.LeNetCaffe{},
			model.ResNet{Depth: 2 + 6*rapid.IntRange(1, 20).Draw(t, "blocks"), Width: rapid.IntRange(1, 10).Draw(t, "width")},
			model.MLP{
				Hidden:     rapid.SliceOfN(rapid.IntRange(1, 5000), 1, 6).Draw(t, "hidden"),
				Activation: nn.Activation(rapid.SampledFrom(nn.Activations()).Draw(t, "activation")),
				Dropout:    rate,
			},
		}).Draw(t, "model")
		if again, err := model.Parse(m.String()); err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("%q parses to %#v, %v", m, again, err)
		}
	})
}

// TestSmallImages checks the least extents that the models state.
func TestSmallImages(t *testing.T) {
	for text, least := range map[string]int{"lenet": 28, "lenet-caffe": 16, "resnet:depth=8": 1, "mlp": 1} {
		m, err := model.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, logits := build(m, true, 2, 1, least+1, least+2); logits.Err() != nil {
			t.Errorf("%s refuses images of %dx%d: %v", text, least+1, least+2, logits.Err())
		}
		if _, logits := build(m, true, 2, 1, least, least); logits.Err() != nil {
			t.Errorf("%s refuses images of %dx%d: %v", text, least, least, logits.Err())
		}
		if least == 1 {
			continue
		}
		_, logits := build(m, true, 2, 1, least-1, least-1)
		if logits.Err() == nil || strings.Contains(logits.Err().Error(), "\n") {
			t.Errorf("%s of images of %dx%d: %v", text, least-1, least-1, logits)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, text := range []string{
		"", "lenett", "lenet:0.5", "lenet:dropout=1", "lenet:dropout=-0.1", "lenet:norm=layer", "lenet:drop=0.1", "lenet-caffe:dropout=0.5",
		"mlp:hidden=0", "resnet:depth=21", "resnet:width=0", "mlp:hidden=", "mlp:hidden=ax2", "mlp:activation=relo",
	} {
		if m, err := model.Parse(text); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q gives %v, %v", text, m, err)
		}
	}
}

func ExampleParse() {
	m, err := model.Parse("lenet:norm=batch")
	fmt.Println(m, err)
	_, err = model.Parse("lenet:norm=bach")
	fmt.Println(err)
	// Output:
	// lenet:dropout=0,norm=batch <nil>
	// "lenet:norm=bach": unknown norm "bach" (did you mean "batch"?), expected one of batch, none
}
