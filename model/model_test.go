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
	texts := append(model.Names(),
		"lenet:dropout=0.25", "lenet:norm=batch", "lenet:norm=batch,dropout=0.5", "lenet:norm=group,activation=gelu", "lenet-caffe:activation=tanh",
		"lenet-caffe:activation=leaky-relu:0.2",
		"vgg:depth=13,channels=2,norm=group,groups=2,activation=leaky-relu", "vgg:depth=16,channels=1,norm=none,dropout=0.5", "vgg:depth=19,channels=1,activation=gelu",
		"resnet:depth=8,width=2", "resnet:depth=8,shortcut=pad,norm=group", "resnet:depth=8,shortcut=projection,norm=none,activation=softplus",
		"wideresnet:depth=10,width=1,dropout=0.3", "wideresnet:depth=10,width=1,shortcut=average-pool,norm=group,groups=4", "wideresnet:depth=10,width=2,shortcut=pad,norm=none",
		"resnet18:norm=group,activation=gelu", "resnet34:norm=none", "resnet50:norm=frozen", "lenet:norm=affine",
		"mobilenet-v2:width=0.35,dropout=0.2,norm=group", "mobilenet-v2:norm=none,activation=softplus",
		"efficientnet-lite0:padding=symmetric,epsilon=1e-05,norm=frozen,dropout=0.2", "efficientnet-lite1:norm=none", "efficientnet-lite2:activation=relu,norm=affine",
		"mlp:hidden=30,activation=gelu,dropout=0.1", "mlp:hidden=24x16,norm=batch", "mlp:hidden=24x16,norm=group")
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

// anyModel draws valid options, written out as Parse does.
func anyModel(t *rapid.T) model.Model {
	rate := rapid.Float64Range(0, 1).Filter(func(r float64) bool { return r < 1 }).Draw(t, "rate")
	width := rapid.IntRange(1, 10).Draw(t, "width")
	blocks := 6 * rapid.IntRange(1, 20).Draw(t, "blocks")
	shortcut := rapid.SampledFrom([]model.Shortcut{model.AveragePool, model.Pad, model.Projection}).Draw(t, "shortcut")
	norm := rapid.SampledFrom(nn.Norms()).Draw(t, "norm")
	groups := 0
	if norm == "group" {
		groups = rapid.IntRange(1, 8).Draw(t, "groups")
	}
	names := append(nn.Activations(), string(nn.LeakyReLU(0.2)))
	activation := nn.Activation(rapid.SampledFrom(names).Draw(t, "activation"))
	hidden := rapid.SliceOfN(rapid.IntRange(1, 5000), 1, 6).Draw(t, "hidden")
	depth := rapid.SampledFrom([]int{11, 13, 16, 19}).Draw(t, "depth")
	imageNet := rapid.SampledFrom([]int{18, 34, 50}).Draw(t, "imagenet")
	factor := rapid.Float64Range(0.1, 8).Draw(t, "factor")
	lite := model.EfficientNetLite{
		Variant: rapid.IntRange(0, 2).Draw(t, "variant"), Dropout: rate,
		Padding: rapid.SampledFrom([]string{"same", "symmetric"}).Draw(t, "padding"),
		Epsilon: rapid.SampledFrom([]float64{1e-3, 1e-5, 0.25}).Draw(t, "epsilon"),
		Norm:    norm, Groups: groups, Activation: activation,
	}
	return rapid.SampledFrom([]model.Model{
		lite,
		model.ImageNetResNet{Depth: imageNet, Norm: norm, Groups: groups, Activation: activation},
		model.MobileNetV2{Width: factor, Dropout: rate, Norm: norm, Groups: groups, Activation: activation},
		model.LeNet{Dropout: rate, Norm: norm, Groups: groups, Activation: activation},
		model.LeNetCaffe{Activation: activation},
		model.VGG{Depth: depth, Channels: width, Dropout: rate, Norm: norm, Groups: groups, Activation: activation},
		model.ResNet{Depth: blocks + 2, Width: width, Shortcut: shortcut, Norm: norm, Groups: groups, Activation: activation},
		model.WideResNet{Depth: blocks + 4, Width: width, Dropout: rate, Shortcut: shortcut, Norm: norm, Groups: groups, Activation: activation},
		model.MLP{Hidden: hidden, Activation: activation, Dropout: rate, Norm: norm, Groups: groups},
	}).Draw(t, "model")
}

// TestTextForms checks that String of any valid options parses back to them.
func TestTextForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyModel(t)
		if again, err := model.Parse(m.String()); err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("%q parses to %#v, %v", m, again, err)
		}
	})
}

// TestShortForms checks that options left out, in a text or in a struct, are the defaults, and that text forms of
// earlier versions, which files hold, stay what they were.
func TestShortForms(t *testing.T) {
	for text, m := range map[string]model.Model{
		"lenet:dropout=0.5,norm=none":                  model.NewLeNet(),
		"lenet:dropout=0,norm=batch":                   model.LeNet{Norm: "batch"},
		"lenet:dropout=0,norm=group,groups=7":          model.LeNet{Norm: "group"},
		"lenet-caffe":                                  model.LeNetCaffe{},
		"resnet:depth=20,width=1":                      model.ResNet{Depth: 20, Width: 1},
		"resnet:depth=8,width=3,norm=group,groups=8":   model.ResNet{Depth: 8, Width: 3, Norm: "group"},
		"wideresnet:depth=16,width=4":                  model.WideResNet{Depth: 16, Width: 4},
		"vgg:depth=11,channels=32":                     model.VGG{Depth: 11, Channels: 32},
		"mlp:hidden=256x256,activation=relu,dropout=0": model.MLP{Hidden: []int{256, 256}},
		"resnet18":                             model.ImageNetResNet{Depth: 18},
		"resnet50:norm=group,groups=8":         model.ImageNetResNet{Depth: 50, Norm: "group"},
		"mobilenet-v2:width=1":                 model.MobileNetV2{Width: 1},
		"mobilenet-v2:width=1,activation=relu": model.MobileNetV2{Width: 1, Activation: "relu"},
		"efficientnet-lite0":                   model.EfficientNetLite{},
		"efficientnet-lite2:norm=frozen":       model.EfficientNetLite{Variant: 2, Norm: "frozen"},
	} {
		parsed, err := model.Parse(text)
		if err != nil || parsed.String() != text || m.String() != text {
			t.Errorf("%q parses to %v, %v; %#v is %q", text, parsed, err, m, m)
			continue
		}
		_, want := build(m, true, 2, 3, 32, 32)
		if _, got := build(parsed, true, 2, 3, 32, 32); sym.Format(got) != sym.Format(want) {
			t.Errorf("%q builds another graph than %#v", text, m)
		}
	}
}

// TestPublishedSizes compares parameters with those that the papers state for 32×32 colour images, to the digits
// given, and multiply-adds with what follows from the layers.
func TestPublishedSizes(t *testing.T) {
	for _, c := range []struct {
		text    string
		classes int
		want    float64 // millions of parameters
		digits  float64
	}{
		{"resnet:depth=20", 10, 0.27, 0.005},              // He et al. 2016, table 6
		{"resnet:depth=56,shortcut=pad", 10, 0.85, 0.005}, // the same
		{"resnet:depth=110", 10, 1.7, 0.05},               // the same
		{"wideresnet:depth=16,width=8", 10, 11.0, 0.05},   // Zagoruyko and Komodakis 2016, table 4
		{"wideresnet:depth=28,width=10", 10, 36.5, 0.05},  // the same
		{"wideresnet:depth=40,width=4", 10, 8.9, 0.06},    // the same
	} {
		m, err := model.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		s, err := model.Summarize(m, 3, 32, 32, c.classes)
		if err != nil || math.Abs(float64(s.Parameters)/1e6-c.want) > c.digits {
			t.Errorf("%s has %d parameters, %v, want %v million", c.text, s.Parameters, err, c.want)
		}
	}
}

// TestSmallImages checks the least extents that the models state.
func TestSmallImages(t *testing.T) {
	for text, least := range map[string]int{"lenet": 28, "lenet-caffe": 16, "vgg:channels=1": 16, "resnet:depth=8": 1,
		"resnet:depth=8,shortcut=pad": 1, "wideresnet:depth=10,width=1": 1, "wideresnet:depth=10,width=1,shortcut=average-pool": 1, "mlp": 1,
		"resnet18": 1, "resnet50": 1, "mobilenet-v2": 1, "efficientnet-lite0": 1, "efficientnet-lite0:padding=symmetric": 1} {
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
		"lenet:activation=swish", "lenet:groups=7", "lenet:norm=group,groups=-1", "vgg:depth=12", "vgg:channels=0", "vgg:channels=100000", "vgg:dropout=1",
		"resnet:shortcut=avg", "resnet:depth=1208", "wideresnet:depth=1210", "resnet:norm=batch,groups=4", "resnet:width=1000000", "wideresnet:depth=20", "wideresnet:dropout=2", "wideresnet:shortcut=none", "mlp:norm=group,groups=0x2",
		"mlp:hidden=0", "resnet:depth=21", "resnet:width=0", "mlp:hidden=", "mlp:hidden=ax2", "mlp:activation=relo",
		"resnet18:depth=34", "resnet34:groups=4", "resnet101", "mobilenet-v2:width=0", "mobilenet-v2:width=9", "mobilenet-v2:width=NaN", "mobilenet-v2:dropout=1",
		"efficientnet-lite3", "efficientnet-lite0:padding=valid", "efficientnet-lite0:epsilon=-1", "efficientnet-lite0:epsilon=2", "efficientnet-lite0:width=1", "resnet18:norm=frozen,groups=8",
	} {
		if m, err := model.Parse(text); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q gives %v, %v", text, m, err)
		}
	}
}

// FuzzParse checks that no text panics, and that what is accepted has a text form that is accepted as the same.
func FuzzParse(f *testing.F) {
	for _, text := range append(model.Names(), "lenet:dropout=0.3", "resnet:depth=8,norm=group,groups=4,shortcut=pad", "mlp:hidden=3x4,norm=batch",
		"wideresnet:depth=10,width=2,dropout=0.1,activation=gelu", "vgg:depth=19,channels=1", "mlp:hidden=x", "resnet:,", ":", "lenet:5") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := model.Parse(text)
		if err != nil {
			return
		}
		if again, err := model.Parse(m.String()); err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("%q gives %#v, whose text %q gives %#v, %v", text, m, m, again, err)
		}
	})
}

func ExampleParse() {
	m, err := model.Parse("lenet:norm=batch")
	fmt.Println(m, err)
	_, err = model.Parse("lenet:norm=bach")
	fmt.Println(err)
	// Output:
	// lenet:dropout=0,norm=batch <nil>
	// "lenet:norm=bach": unknown norm "bach" (did you mean "batch"?), expected one of affine, batch, frozen, group, none
}
