package model_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// backbones are the architectures for photos.
func backbones(t *testing.T) []model.Backbone {
	t.Helper()
	var out []model.Backbone
	for _, name := range model.Names() {
		m, err := model.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := m.(model.Backbone); ok {
			out = append(out, b)
		}
	}
	if len(out) != 7 {
		t.Fatalf("%v are for photos", out)
	}
	return out
}

// TestParts checks that the parameters of a backbone lie in its parts, in their order, also in a
// scope, that features are what the head is applied to, and that the norms share their parameters.
func TestParts(t *testing.T) {
	for _, m := range backbones(t) {
		g := sym.NewGraph()
		x := g.Input("x", sym.Float, 2, 3, 33, 32)
		scope := nn.NewParams(g).Scope("student")
		c := nn.NewContext(scope, true, 0)
		m.Logits(c, x, 7)
		var found, names []string
		for _, p := range scope.All() {
			part := model.PartOf(p.Name, scope.Prefix())
			if !slices.Contains(found, part) {
				found = append(found, part)
			}
			names = append(names, p.Name)
		}
		if !slices.Equal(found, m.Parts()) {
			t.Errorf("%s has parts %v, parameters in %v", m, m.Parts(), found)
		}
		features := m.Features(nn.NewContext(scope, true, 0), x)
		if last := c.Layers[len(c.Layers)-1]; last.Input != features || features.Shape()[0] != 2 {
			t.Errorf("%s: the last layer %s is not applied to the features %v", m, last.Name, features)
		}
		for kind, updates := range map[string]bool{"batch": true, "affine": false, "frozen": false} {
			c := nn.NewContext(scope, true, 0)
			other := m.WithNorm(kind)
			if err := other.Validate(); err != nil || other.Logits(c, x, 7).Err() != nil {
				t.Fatalf("%s: %v, %v", other, err, other.Logits(c, x, 7))
			}
			if len(scope.All()) != len(names) || (len(c.Updates) > 0) != updates {
				t.Errorf("%s: %d parameters instead of %d, %d updates", other, len(scope.All()),
					len(names), len(c.Updates))
			}
		}
	}
}

// TestFrozenSamplesAreTheirOwn checks that with frozen batch norm a sample's loss depends on its own
// image alone, so that the slope a penalty takes is the sample's.
func TestFrozenSamplesAreTheirOwn(t *testing.T) {
	for _, m := range backbones(t) {
		for kind, rows := range map[string]bool{"batch": false, "affine": true, "frozen": true} {
			g := sym.NewGraph()
			x := g.Input("x", sym.Float, 2, 3, 8, 8)
			c := nn.NewContext(nn.NewParams(g), true, 0)
			logits := m.WithNorm(kind).Logits(c, x, 3)
			if got := independent(logits, x); got != rows {
				t.Errorf("%s: samples are independent: %v, want %v", m.WithNorm(kind), got, rows)
			}
		}
	}
}

// independent reports whether no operation between x and y reduces over the samples.
func independent(y, x *sym.Expr) bool {
	below := map[*sym.Expr]bool{x: true}
	for _, e := range sym.Topological(y) {
		for _, a := range e.Args() {
			if below[a] {
				below[e] = true
			}
		}
		if below[e] && (len(e.Shape()) == 0 || e.Shape()[0] != x.Shape()[0]) {
			return false
		}
	}
	return true
}

// TestImageNetSizes compares the parameters for 1000 classes and the multiply-adds of the
// convolutions with those that torchvision, timm and the papers state.
func TestImageNetSizes(t *testing.T) {
	for _, e := range []struct {
		text         string
		size         int
		parameters   int
		convolutions float64 // millions, 0 if it is not stated
	}{
		{"resnet18", 224, 11_689_512, 0},
		{"resnet34", 224, 21_797_672, 0},
		{"resnet50", 224, 25_557_032, 0},
		{"mobilenet-v2", 224, 3_504_872, 299.5},
		{"efficientnet-lite0", 224, 4_652_008, 383.9},
		{"efficientnet-lite0", 128, 4_652_008, 125.4},
		{"efficientnet-lite1", 240, 5_416_680, 0},
		{"efficientnet-lite2", 260, 6_092_072, 0},
	} {
		m, err := model.Parse(e.text)
		if err != nil {
			t.Fatal(err)
		}
		s, err := model.Summarize(m, 3, e.size, e.size, 1000)
		if err != nil {
			t.Fatal(err)
		}
		convolutions := 0
		for _, l := range s.Layers {
			if !strings.HasPrefix(l.Kind, "dense") {
				convolutions += l.MACs
			}
		}
		got := fmt.Sprintf("%.1f", float64(convolutions)/1e6)
		if s.Parameters != e.parameters || e.convolutions > 0 && got != fmt.Sprint(e.convolutions) {
			t.Errorf("%s at %d pixels: %d parameters, %s M multiply-adds in convolutions, want %d, %v M",
				e.text, e.size, s.Parameters, got, e.parameters, e.convolutions)
		}
	}
}

// weightsOf returns weights for all parameters of a network, in the shapes of a file: a tensor's
// elements count from a number of its own.
func weightsOf(m model.Backbone, params *nn.Params) model.Weights {
	w := model.Weights{}
	for i, p := range params.All() {
		shape := slices.Clone(p.Expr.Shape())
		if len(shape) == 2 {
			slices.Reverse(shape)
		}
		values := make([]float32, shape.Size())
		for j := range values {
			values[j] = float32(i) + float32(j)/65536
		}
		name := m.TensorName(strings.TrimPrefix(p.Name, params.Prefix()))
		w[name] = model.Tensor{Shape: shape, Values: func() []float32 { return values }}
	}
	return w
}

// TestWeights checks what values a network gets from weights, with and without its head, and in a
// scope, and that weights that do not fit are refused with the tensor's name.
func TestWeights(t *testing.T) {
	for _, m := range backbones(t) {
		for _, scope := range []string{"", "student"} {
			g := sym.NewGraph()
			params := nn.NewParams(g)
			if scope != "" {
				params = params.Scope(scope)
			}
			c := nn.NewContext(params, false, 0)
			m.Logits(c, g.Input("x", sym.Float, 1, 3, 32, 32), 7)
			w := weightsOf(m, params)
			if len(w) != len(params.All()) {
				t.Fatalf("%s: %d tensors have the names of %d parameters", m, len(w), len(params.All()))
			}
			values, err := w.Values(m, params, true)
			if err != nil || len(values) != len(params.All()) {
				t.Fatalf("%s: %d values, %v", m, len(values), err)
			}
			for i, p := range params.All() {
				v, shape := values[p.Name], p.Expr.Shape()
				at := 1 // the place of the second element there
				if len(shape) == 2 {
					at = shape[1]
				}
				if len(v) != shape.Size() || v[0] != float32(i) || v[at] != float32(i)+1.0/65536 {
					t.Fatalf("%s: %s has values %v…", m, p.Name, v[:2])
				}
			}
			rest, err := w.Values(m, params, false)
			if err != nil || len(values)-len(rest) != 2 {
				t.Errorf("%s: without the head %d values of %d, %v", m, len(rest), len(values), err)
			}
			bare := nn.NewParams(sym.NewGraph())
			c = nn.NewContext(bare, false, 0)
			m.Features(c, c.Graph().Input("x", sym.Float, 1, 3, 32, 32))
			if _, err := w.Values(m, bare, true); err == nil {
				t.Errorf("%s: a network without a head takes the tensors of one", m)
			}
			if v, err := w.Values(m, bare, false); err != nil || len(v) != len(bare.All()) {
				t.Errorf("%s: a network without a head: %d values, %v", m, len(v), err)
			}
		}
	}
}

// TestWeightsRefused checks the errors of weights that do not fit a network.
func TestWeightsRefused(t *testing.T) {
	m := backbones(t)[0]
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), false, 0)
	m.Logits(c, g.Input("x", sym.Float, 1, 3, 32, 32), 7)
	whole := weightsOf(m, c.Params)
	thousand := func(w model.Weights) {
		w["fc.weight"] = model.Tensor{Shape: []int{1000, 512}}
		w["fc.bias"] = model.Tensor{Shape: []int{1000}}
	}
	for want, e := range map[string]struct {
		change func(model.Weights)
		head   bool
	}{
		"":                                      {func(model.Weights) {}, true},
		"tensor layer1.0.bn2.bias is missing":   {func(w model.Weights) { delete(w, "layer1.0.bn2.bias") }, true},
		"tensor layer1.0.conv3.weight is none":  {func(w model.Weights) { w["layer1.0.conv3.weight"] = w["fc.weight"] }, true},
		"tensor fc.weight has shape [1000 512]": {thousand, true},
		" ":                                     {thousand, false}, // a head of other classes is left out
		"tensor layer2.0.downsample.0.weight has shape [128 64], and resnet18 needs [128 64 1 1]": {
			func(w model.Weights) { w["layer2.0.downsample.0.weight"] = model.Tensor{Shape: []int{128, 64}} },
			false,
		},
		"tensor bn1.weight has 3 elements, expected [64]": {
			func(w model.Weights) {
				w["bn1.weight"] = model.Tensor{Shape: []int{64}, Values: func() []float32 { return make([]float32, 3) }}
			}, true,
		},
	} {
		w := maps.Clone(whole)
		e.change(w)
		_, err := w.Values(m, c.Params, e.head)
		if want = strings.TrimSpace(want); (err == nil) != (want == "") ||
			err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
