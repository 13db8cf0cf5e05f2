package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

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
		if _, tiny := build(m, true, 5, 1, 6, 6); tiny.Err() == nil && strings.HasPrefix(text, "lenet") {
			t.Errorf("%s accepts images of 6x6", m)
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
