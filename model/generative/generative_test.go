package generative_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// built is a pair in one graph: samples of noise, and scores of given samples.
type built struct {
	g                 *sym.Graph
	params            *nn.Params
	generator, critic *nn.Context
	z, x              *sym.Expr
	samples, scores   *sym.Expr
}

// build applies a pair to batches.
func build(t *testing.T, text string, training bool, batch, z int, shape ...int) built {
	t.Helper()
	p, err := generative.Parse(text, shape)
	if err != nil {
		t.Fatal(err)
	}
	b := built{g: sym.NewGraph()}
	b.params = nn.NewParams(b.g)
	b.generator = nn.NewContext(b.params.Scope("generator"), training, 0)
	b.critic = nn.NewContext(b.params.Scope("critic"), training, 0)
	b.z = b.g.Input("z", sym.Float, batch, z)
	b.x = b.g.Input("x", sym.Float, append([]int{batch}, shape...)...)
	b.samples, b.scores = p.Generate(b.generator, b.z), p.Score(b.critic, b.x)
	if b.samples.Err() != nil || b.scores.Err() != nil {
		t.Fatalf("%s: %v, %v", text, b.samples.Err(), b.scores.Err())
	}
	return b
}

// pairs are text forms with shapes that they take.
var pairs = []struct {
	text  string
	shape []int
}{
	{"dcgan", []int{1, 28, 28}},
	{"dcgan:width=8", []int{6, 28, 28}},
	{"dcgan:width=7,norm=batch", []int{3, 36, 36}},
	{"dcgan:width=8,critic-norm=spectral", []int{3, 32, 32}},
	{"dcgan:width=8,critic-norm=group,groups=4,norm=batch", []int{3, 60, 60}},
	{"dcgan:width=2,critic-norm=batch", []int{1, 128, 128}},
	{"mlp", []int{2}},
	{"mlp:width=16,layers=3,critic-norm=spectral", []int{5}},
	{"mlp:width=16,critic-norm=group", []int{1, 10, 12}},
	{"mlp:width=16,layers=1,critic-norm=batch", []int{3}},
	{"gulrajani:width=4", []int{1, 28, 28}},
	{"gulrajani:width=2", []int{3, 28, 28}},
}

// TestConformance checks every pair: its text form, the shapes of samples and scores, that the two
// networks share no parameter, that training and inference have the same ones, and that its layers
// count them.
func TestConformance(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range pairs {
		p, err := generative.Parse(c.text, c.shape)
		if err != nil {
			t.Fatal(err)
		}
		again, err := generative.Parse(p.String(), c.shape)
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Errorf("%s is %s, which parses to %#v, %v", c.text, p, again, err)
		}
		name, _, _ := strings.Cut(c.text, ":")
		tested[name] = true
		b := build(t, c.text, true, 5, 10, c.shape...)
		inference := build(t, c.text, false, 5, 10, c.shape...)
		if want := append(sym.Shape{5}, c.shape...); !b.samples.Shape().Equal(want) {
			t.Errorf("%s: samples are %v, expected %v", c.text, b.samples.Shape(), want)
		}
		if !b.scores.Shape().Equal(sym.Shape{5, 1}) {
			t.Errorf("%s: scores are %v", c.text, b.scores.Shape())
		}
		if names(b.params) != names(inference.params) {
			t.Errorf("%s has other parameters in training than in inference", c.text)
		}
		contexts := map[string]*nn.Context{"generator": b.generator, "critic": b.critic}
		for scope, context := range contexts {
			counted := 0
			for _, l := range context.Layers {
				counted += l.Parameters
			}
			for _, param := range context.Params.All() {
				if !strings.HasPrefix(param.Name, scope+"/") {
					t.Errorf("%s: %s has a parameter %s", c.text, scope, param.Name)
				}
			}
			if counted != context.Params.Count() {
				t.Errorf("%s: the layers of %s have %d parameters, the network %d",
					c.text, scope, counted, context.Params.Count())
			}
		}
		if p.Couples() != strings.Contains(c.text, "critic-norm=batch") {
			t.Errorf("%s couples samples: %v", c.text, p.Couples())
		}
	}
	for _, name := range generative.Names() {
		if !tested[name] || generative.Describe(name) == "" {
			t.Errorf("%s is not tested, or not described", name)
		}
	}
}

// names lists parameters with their shapes.
func names(ps *nn.Params) string {
	var out []string
	for _, p := range ps.All() {
		out = append(out, fmt.Sprint(p.Name, p.Expr.Shape()))
	}
	return strings.Join(out, " ")
}

// TestCosts checks multiply-adds of one sample, worked out by hand, against the layers' own count
// and the graph's.
func TestCosts(t *testing.T) {
	for _, c := range []struct {
		text              string
		shape             []int
		z                 int
		critic, generator int
	}{
		// Critic: 14²·w·16C + 7²·2w·16w + 3²·4w·32w + 3²·4w. Generator: 64·7²·2w + 7²·2w·16w +
		// 14²·w·8w + 28²·9·C·w/2.
		{"dcgan:width=32", []int{1, 28, 28}, 64, 2_886_784, 3_524_864},
		{"dcgan:width=48", []int{1, 28, 28}, 64, 6_419_136, 7_695_744},
		{"dcgan:width=48", []int{3, 28, 28}, 64, 6_720_192, 8_034_432},
		// Critic: 32²·w·16·3 + 3·(16²·2w·16w) + 4²·8w. Generator: 64·4²·8w + 4·(4²·8w·16·4w) +
		// 64²·9·3·w/2.
		{"dcgan:width=32", []int{3, 64, 64}, 64, 26_742_784, 35_586_048},
		{"dcgan:width=64", []int{3, 64, 64}, 64, 103_817_216, 138_280_960},
		{"gulrajani", []int{1, 28, 28}, 128, 23_460_096, 23_980_288},
		{"mlp", []int{2}, 64, 2*256 + 256*256 + 256, 64*256 + 256*256 + 256*2},
	} {
		p, err := generative.Parse(c.text, c.shape)
		if err != nil {
			t.Fatal(err)
		}
		s, err := generative.Summarize(p, c.shape, c.z)
		if err != nil || s.Critic.MACs != c.critic || s.Generator.MACs != c.generator {
			t.Errorf("%s %v: multiply-adds %d and %d, %v, expected %d and %d",
				c.text, c.shape, s.Critic.MACs, s.Generator.MACs, err, c.critic, c.generator)
		}
		b := build(t, c.text, true, 2, c.z, c.shape...)
		if d, g := sym.MACs(b.scores), sym.MACs(b.samples); d != 2*s.Critic.MACs ||
			g != 2*s.Generator.MACs {
			t.Errorf("%s %v: the graphs of 2 samples have %d and %d", c.text, c.shape, d, g)
		}
	}
}

// TestSizes checks that dcgan takes every multiple of 4 from 28 to 128, and what its images grow
// through, and refuses all other sizes in one line.
func TestSizes(t *testing.T) {
	for size := 20; size <= 140; size++ {
		_, err := generative.Parse("dcgan:width=2", []int{1, size, size})
		if good := size%4 == 0 && size >= 28 && size <= 128; good {
			b := build(t, "dcgan:width=2", true, 1, 3, 1, size, size)
			last := b.critic.Layers[len(b.critic.Layers)-2].Shape[2]
			first := b.generator.Layers[1].Shape[2]
			if last < 3 || last > 5 || first < 7 || first > 14 {
				t.Errorf(
					"size %d: the critic ends at %d pixels, the generator's second image has %d",
					size,
					last,
					first,
				)
			}
			continue
		}
		want := fmt.Sprintf(`"dcgan:width=2": images of %dx%d pixels, `+
			"expected squares of a multiple of 4 from 28 to 128", size, size)
		if err == nil || err.Error() != want {
			t.Errorf("size %d: %v, expected %s", size, err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	image := []int{1, 28, 28}
	for _, c := range []struct {
		text  string
		shape []int
		want  string
	}{
		{
			"dcgann", image,
			`unknown pair "dcgann" (did you mean "dcgan"?), expected one of dcgan, gulrajani, mlp`,
		},
		{"", image, `"": expected a name`},
		{"dcgan:48", image, `"dcgan:48": found "48", expected key=value options`},
		{"dcgan:width=0", image, `"dcgan:width=0": width is 0, expected 1 to 256`},
		{"dcgan:width=257", image, `"dcgan:width=257": width is 257, expected 1 to 256`},
		{"dcgan:widht=4", image, `unknown key "widht" (did you mean "width"?)`},
		{"dcgan:norm=group", image, `unknown norm "group", expected one of batch, none`},
		{
			"dcgan:critic-norm=spektral", image,
			`unknown critic-norm "spektral" (did you mean "spectral"?)`,
		},
		{"dcgan:groups=4", image, "groups is 4, expected critic-norm=group with it"},
		{
			"dcgan:width=9,critic-norm=group", image,
			"groups is 8, expected at least 1, and a divisor of width, 9",
		},
		{"dcgan", []int{2}, "samples of shape [2], expected images [C, H, W] of 1 to 64 channels"},
		{
			"dcgan", []int{0, 28, 28},
			"samples of shape [0, 28, 28], expected images [C, H, W] of 1 to 64 channels",
		},
		{
			"dcgan", []int{1, 28, 32},
			"images of 28x32 pixels, expected squares of a multiple of 4 from 28 to 128",
		},
		{"mlp:layers=0", []int{2}, "layers is 0, expected 1 to 64"},
		{"mlp:width=8193", []int{2}, "width is 8193, expected 1 to 8192"},
		{"mlp", []int{0}, "the number of a point's coordinates is 0, expected 1 to 1048576"},
		{"mlp", []int{2, 2}, "expected images [C, H, W] of 1 to 64 channels, or points [N]"},
		{"gulrajani", []int{1, 32, 32}, "images of 32x32 pixels, expected 28x28"},
		{"gulrajani:width=-1", image, "width is -1, expected 1 to 256"},
	} {
		_, err := generative.Parse(c.text, c.shape)
		if err == nil || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%q of %v: %v, expected %s", c.text, c.shape, err, c.want)
		}
	}
	// A struct that does not validate, and input that does not fit, stick to the expression.
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	for want, e := range map[string]*sym.Expr{
		"images of 30x30 pixels": generative.DCGAN{Shape: []int{1, 30, 30}}.Generate(
			c, g.Const(0, 2, 3),
		),
		"expected [B, 1, 28, 28]": generative.DCGAN{Shape: image}.Score(
			c, g.Const(0, 2, 1, 28, 32),
		),
		"expected [B, 2]": generative.MLP{Shape: []int{2}}.Score(c, g.Const(0, 2, 3)),
		"expected 28x28": generative.Gulrajani{Shape: []int{1, 8, 8}}.Score(
			c, g.Const(0, 2, 1, 8, 8),
		),
		"matmul": generative.MLP{Shape: []int{2}}.Generate(c, g.Const(0, 2)),
	} {
		if e.Err() == nil || !strings.Contains(e.Err().Error(), want) {
			t.Errorf("%v, expected %s", e.Err(), want)
		}
	}
}

// anyPair draws a pair with valid options, written out as Parse does.
func anyPair(t *rapid.T) (generative.Pair, []int) {
	width := 8 * rapid.IntRange(1, 32).Draw(t, "width")
	channels := rapid.IntRange(1, 6).Draw(t, "channels")
	size := 4 * rapid.IntRange(7, 32).Draw(t, "size")
	norm := rapid.SampledFrom([]string{"none", "group", "spectral", "batch"}).Draw(t, "critic norm")
	groups := 0
	if norm == "group" {
		groups = rapid.SampledFrom([]int{1, 2, 4, 8}).Draw(t, "groups")
	}
	images := []int{channels, size, size}
	switch rapid.IntRange(0, 3).Draw(t, "pair") {
	case 0:
		return generative.DCGAN{
			Shape: images, Width: width, CriticNorm: norm, Groups: groups,
			Norm: rapid.SampledFrom([]string{"none", "batch"}).Draw(t, "norm"),
		}, images
	case 1:
		return generative.Gulrajani{
				Shape: []int{channels, 28, 28},
				Width: width,
			}, []int{
				channels,
				28,
				28,
			}
	case 2:
		images = []int{channels}
	}
	layers := rapid.IntRange(1, 64).Draw(t, "layers")
	return generative.MLP{
		Shape: images, Width: width, Layers: layers, CriticNorm: norm, Groups: groups,
	}, images
}

// TestTextForms checks that String of any valid options parses back to them.
func TestTextForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, shape := anyPair(t)
		if again, err := generative.Parse(p.String(), shape); err != nil ||
			!reflect.DeepEqual(again, p) {
			t.Errorf("%q parses to %#v, %v", p, again, err)
		}
	})
}

// TestShortForms checks that options left out, in a text or in a struct, are the defaults.
func TestShortForms(t *testing.T) {
	image := []int{1, 28, 28}
	for text, p := range map[string]generative.Pair{
		"dcgan:width=48":                            generative.DCGAN{Shape: image},
		"mlp:width=256,layers=2":                    generative.MLP{Shape: image},
		"gulrajani:width=64":                        generative.Gulrajani{Shape: image},
		"dcgan:width=16,critic-norm=group,groups=8": generative.DCGAN{Shape: image, Width: 16, CriticNorm: "group"},
	} {
		short, _, _ := strings.Cut(text, ":")
		if strings.Contains(text, "group") {
			short = "dcgan:width=16,critic-norm=group"
		}
		parsed, err := generative.Parse(short, image)
		if err != nil || parsed.String() != text || p.String() != text {
			t.Errorf("%q parses to %v, %v; %#v is %q", short, parsed, err, p, p)
		}
	}
}

// FuzzParse checks that no text panics, that errors are one line, and that what parses round-trips.
func FuzzParse(f *testing.F) {
	for _, c := range pairs {
		f.Add(c.text, c.shape[0], c.shape[len(c.shape)-1])
	}
	f.Add("dcgan:width=8,groups=0,critic-norm=group", 3, 28)
	f.Fuzz(func(t *testing.T, text string, channels, size int) {
		for _, shape := range [][]int{{channels, size, size}, {size}} {
			p, err := generative.Parse(text, shape)
			if err != nil {
				continue
			}
			again, err := generative.Parse(p.String(), shape)
			if err != nil || !reflect.DeepEqual(again, p) {
				t.Errorf("%q of %v is %q, which parses to %#v, %v", text, shape, p, again, err)
			}
		}
	})
}
