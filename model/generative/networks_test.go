package generative_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// compile makes a program of outputs, with parameters at their initial values of seed 1.
func compile(t *testing.T, e engine.Engine, ps *nn.Params, outputs ...*sym.Expr) engine.Program {
	t.Helper()
	p, err := e.Compile(engine.Step{Outputs: outputs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if err := ps.Initialize(p, 1); err != nil {
		t.Fatal(err)
	}
	return p
}

// native returns the engine that trains.
func native(t *testing.T) engine.Engine {
	t.Helper()
	e, err := engine.Native(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// run runs the program's only step and returns its outputs.
func run(t *testing.T, p engine.Program, outputs ...*sym.Expr) [][]float32 {
	t.Helper()
	if err := p.Run(0, 1, 0); err != nil {
		t.Fatal(err)
	}
	var values [][]float32
	for i, o := range outputs {
		values = append(values, make([]float32, o.Shape().Size()))
		if err := p.Output(i, values[i]); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

// normal returns standard normal numbers.
func normal(n int) []float32 {
	r := rand.New(rand.NewPCG(5, 6))
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(r.NormFloat64())
	}
	return out
}

// write gives an input values.
func write(t *testing.T, p engine.Program, e *sym.Expr, values []float32) {
	t.Helper()
	if err := p.Write(e, values); err != nil {
		t.Fatal(err)
	}
}

// near reports whether two lists of numbers differ by at most a part of the largest.
func near(a, b []float32, tolerance float64) bool {
	largest, worst := 0.0, 0.0
	for i, v := range a {
		largest = max(largest, math.Abs(float64(v)))
		worst = max(worst, math.Abs(float64(v-b[i])))
	}
	return len(a) == len(b) && worst <= tolerance*largest
}

// TestCompiled compares samples, scores and the scores' gradients in the compiled program with the
// float64 reference.
func TestCompiled(t *testing.T) {
	for _, c := range []struct {
		text  string
		shape []int
	}{
		{"dcgan:width=4,critic-norm=spectral", []int{1, 28, 28}},
		{"dcgan:width=2,norm=batch", []int{3, 36, 36}},
		{"gulrajani:width=2", []int{1, 28, 28}},
		{"mlp:width=9,critic-norm=spectral", []int{2}},
	} {
		var outputs [][][]float32
		for _, e := range []engine.Engine{native(t), engine.Reference()} {
			b := build(t, c.text, true, 2, 5, c.shape...)
			slope := sym.Gradient(sym.Sum(b.scores), b.x)[0]
			roots := []*sym.Expr{b.samples, b.scores, slope}
			p := compile(t, e, b.params, roots...)
			write(t, p, b.z, normal(10))
			write(t, p, b.x, normal(b.x.Shape().Size()))
			outputs = append(outputs, run(t, p, roots...))
		}
		for i := range outputs[0] {
			if !near(outputs[1][i], outputs[0][i], 1e-5) {
				t.Errorf("%s: output %d differs from the reference", c.text, i)
			}
		}
	}
}

// TestSamplesAreIndependent checks that sample i of the default networks is the same alone and
// among 64, and so is its score; and that it is not under batch norm, so that the test sees a
// difference.
func TestSamplesAreIndependent(t *testing.T) {
	for _, c := range []struct {
		text    string
		shape   []int
		coupled bool
	}{
		{"dcgan:width=8", []int{1, 28, 28}, false},
		{"dcgan:width=8,critic-norm=group", []int{3, 32, 32}, false},
		{"gulrajani:width=4", []int{1, 28, 28}, false},
		{"mlp", []int{2}, false},
		{"dcgan:width=4,norm=batch,critic-norm=batch", []int{1, 28, 28}, true},
	} {
		const z = 16
		noise, size := normal(64*z), sym.Shape(c.shape).Size()
		images := normal(64 * size)
		all := func(batch, first int) [][]float32 {
			b := build(t, c.text, true, batch, z, c.shape...)
			p := compile(t, native(t), b.params, b.samples, b.scores)
			write(t, p, b.z, noise[first*z:(first+batch)*z])
			write(t, p, b.x, images[first*size:(first+batch)*size])
			return run(t, p, b.samples, b.scores)
		}
		together := all(64, 0)
		for _, i := range []int{0, 37, 63} {
			alone := all(1, i)
			same := near(alone[0], together[0][i*size:(i+1)*size], 2e-6) &&
				math.Abs(float64(alone[1][0]-together[1][i])) < 1e-5
			if same == c.coupled {
				t.Errorf("%s: sample %d is the same alone and among 64: %v", c.text, i, same)
			}
		}
	}
}

// TestInitialValues checks that they are a function of the seed and the scope: the same whichever
// network is built first, and others in scopes of other names.
func TestInitialValues(t *testing.T) {
	values := func(scopes ...string) map[string][]float32 {
		params := nn.NewParams(sym.NewGraph())
		p := generative.DCGAN{Shape: []int{1, 28, 28}, Width: 4}
		for _, scope := range scopes {
			c := nn.NewContext(params.Scope(scope), true, 0)
			if scope == "critic" {
				p.Score(c, c.Graph().Input("x", sym.Float, 2, 1, 28, 28))
			} else {
				p.Generate(c, c.Graph().Input("z", sym.Float, 2, 3))
			}
		}
		out := map[string][]float32{}
		for _, param := range params.All() {
			out[param.Name] = make([]float32, param.Expr.Shape().Size())
			param.Fill(out[param.Name], 1)
		}
		return out
	}
	first, second := values("critic", "generator"), values("generator", "average", "critic")
	for name, v := range first {
		if !slices.Equal(v, second[name]) {
			t.Errorf("%s depends on what is built first", name)
		}
		if other, ok := strings.CutPrefix(name, "generator/"); ok &&
			strings.HasSuffix(name, ".weight") &&
			slices.Equal(v, second["average/"+other]) {
			t.Errorf("%s has the values of another scope", name)
		}
	}
	if len(second) != 24 {
		t.Errorf("%d parameters", len(second))
	}
}

// TestSpread checks how large things are at the start: samples of images are mostly within [−1, 1]
// but not far smaller, points have a standard deviation near 1, and scores are of order 1.
func TestSpread(t *testing.T) {
	for _, c := range []struct {
		text        string
		shape       []int
		least, most float64 // of the samples' standard deviation
	}{
		{"dcgan:width=16", []int{1, 28, 28}, 0.2, 0.45},
		{"dcgan:width=8", []int{3, 64, 64}, 0.2, 0.45},
		{"mlp", []int{1, 28, 28}, 0.2, 0.45},
		{"mlp", []int{2}, 0.5, 1.5},
		{"gulrajani:width=16", []int{1, 28, 28}, 0.05, 0.45},
	} {
		b := build(t, c.text, true, 64, 64, c.shape...)
		p := compile(t, native(t), b.params, b.samples, b.scores)
		write(t, p, b.z, normal(64*64))
		write(t, p, b.x, normal(b.x.Shape().Size()))
		out := run(t, p, b.samples, b.scores)
		deviation, inside := 0.0, 0
		for _, v := range out[0] {
			deviation += float64(v) * float64(v) / float64(len(out[0]))
			if v >= -1 && v <= 1 {
				inside++
			}
		}
		deviation = math.Sqrt(deviation)
		if deviation < c.least || deviation > c.most {
			t.Errorf("%s %v: samples have a standard deviation of %v", c.text, c.shape, deviation)
		}
		if share := float64(inside) / float64(len(out[0])); len(c.shape) == 3 && share < 0.97 {
			t.Errorf("%s %v: a share of %v is within [−1, 1]", c.text, c.shape, share)
		}
		score := 0.0
		for _, v := range out[1] {
			score += float64(v) * float64(v) / 64
		}
		if score = math.Sqrt(score); score < 0.05 || score > 5 {
			t.Errorf("%s %v: scores are of size %v", c.text, c.shape, score)
		}
	}
}

// TestTwoNetworks checks what reaches what: the critic's score of given samples has no derivative
// in the generator's parameters, its score of the generator's samples has one in every weight of
// both networks, and the critic has the same parameters in both.
func TestTwoNetworks(t *testing.T) {
	for _, text := range []string{"dcgan:width=2", "gulrajani:width=2", "mlp:width=6"} {
		shape := []int{1, 28, 28}
		b := build(t, text, true, 2, 3, shape...)
		pair, err := generative.Parse(text, shape)
		if err != nil {
			t.Fatal(err)
		}
		before := len(b.params.All())
		through := pair.Score(nn.NewContext(b.params.Scope("critic"), true, 0), b.samples)
		if len(b.params.All()) != before {
			t.Errorf("%s: the critic of the samples has parameters of its own", text)
		}
		weights := nn.Exprs(b.params.Scope("generator").Trainable())
		for i, d := range sym.Gradient(sym.Sum(b.scores), weights...) {
			if v, constant := sym.ConstValue(d); !constant || v != 0 {
				t.Errorf("%s: the score of given samples depends on %v", text, weights[i].Name())
			}
		}
		for _, e := range sym.Topological(b.scores) {
			if strings.HasPrefix(e.Name(), "param/generator/") {
				t.Errorf("%s: the critic contains %s", text, e.Name())
			}
		}
		all := nn.Exprs(b.params.Trainable())
		gradients := sym.Gradient(sym.Sum(through), all...)
		p := compile(t, native(t), b.params, gradients...)
		write(t, p, b.z, normal(6))
		for i, d := range run(t, p, gradients...) {
			if !slices.ContainsFunc(d, func(v float32) bool { return v != 0 }) {
				t.Errorf(
					"%s: the score of the generator's samples has no derivative in %s",
					text,
					all[i].Name(),
				)
			}
		}
	}
}
