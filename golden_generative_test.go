package gradreg_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// pairs returns the text forms of the golden file and the shapes of their samples.
func pairs(f tensorfile.File) map[string][]int {
	out := map[string][]int{}
	for key, value := range f.Metadata {
		if !strings.Contains(key, ":") {
			continue
		}
		for _, part := range strings.Split(value, "x") {
			n, _ := strconv.Atoi(part)
			out[key] = append(out[key], n)
		}
	}
	return out
}

// TestGoldenGenerative compares every pair with PyTorch: samples, scores of given samples and of
// the generator's, slopes, the penalty mean ‖∇ₓD‖², and the gradients of a critic's loss with the
// penalty and of a generator's loss; the reference evaluator to the rounding of float64, the engine
// at every level to its stated bound.
func TestGoldenGenerative(t *testing.T) {
	f := golden(t, "generative")
	all := pairs(f)
	if len(all) != 8 {
		t.Errorf("the golden file has %d pairs, want 8", len(all))
	}
	for text, shape := range all {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			comparePair(t, f, text, shape)
		})
	}
}

// pairStep is what the golden file has numbers of, for a pair.
type pairStep struct {
	params  *nn.Params
	list    []*nn.Param // whose gradients are the last outputs
	values  map[*sym.Expr]*sym.Tensor
	outputs []*sym.Expr // scores, fakes, penalty, samples, slope, gradients
}

// newPairStep builds the expressions of the script.
func newPairStep(pair generative.Pair, shape []int) pairStep {
	const batch = 3
	g := sym.NewGraph()
	params := nn.NewParams(g)
	generator, critic := params.Scope("generator"), params.Scope("critic")
	z := g.Input("z", sym.Float, batch, 5)
	x := g.Input("x", sym.Float, append([]int{batch}, shape...)...)
	samples := pair.Generate(nn.NewContext(generator, true, 0), z)
	scores := pair.Score(nn.NewContext(critic, true, 0), x)
	fakes := pair.Score(nn.NewContext(critic, true, 0), samples)
	slope := sym.Gradient(sym.Sum(scores), x)[0]
	penalty := sym.Scale(sym.Sum(sym.Square(slope)), 1./batch)
	criticLoss := sym.Add(sym.Mean(sym.Softplus(sym.Neg(scores))), penalty)
	generatorLoss := sym.Mean(sym.Softplus(sym.Neg(fakes)))

	s := pairStep{params: params, list: append(critic.Trainable(), generator.Trainable()...)}
	s.outputs = []*sym.Expr{scores, fakes, penalty, samples, slope}
	s.outputs = append(s.outputs, sym.Gradient(criticLoss, nn.Exprs(critic.Trainable())...)...)
	s.outputs = append(
		s.outputs,
		sym.Gradient(generatorLoss, nn.Exprs(generator.Trainable())...)...)
	s.values = map[*sym.Expr]*sym.Tensor{
		z: {Shape: z.Shape(), Data: numbers("z", z.Shape().Size())},
		x: {Shape: x.Shape(), Data: numbers("x", x.Shape().Size())},
	}
	for _, p := range params.All() {
		s.values[p.Expr] = &sym.Tensor{Shape: p.Expr.Shape(), Data: parameter(p)}
	}
	return s
}

// comparePair compares a pair with the golden file.
func comparePair(t *testing.T, f tensorfile.File, text string, shape []int) {
	t.Helper()
	pair, err := generative.Parse(text, shape)
	if err != nil {
		t.Fatal(err)
	}
	s := newPairStep(pair, shape)
	env := sym.Env{Values: s.values}
	got, err := sym.Eval(env, s.outputs...)
	if err != nil {
		t.Fatal(err)
	}
	bound := modelBound
	if strings.Contains(text, "spectral") {
		bound *= 20 // the floors of sym.Normalize, 1e-12, of which each layer has two
	}
	check := func(name string, got, want []float64) {
		if len(got) != len(want) || !(distance(got, want) <= bound) {
			t.Errorf("reference: %s is %v, in the golden file %v", name, got, want)
		}
	}
	for i, name := range []string{"scores", "fakes", "penalty"} {
		check(name, got[i].Data, tensor(t, f, text+"/"+name).Data)
	}
	for i, name := range []string{"samples", "slope"} {
		check(name, fingerprint(name, got[3+i].Data), tensor(t, f, text+"/"+name).Data)
	}
	want := append(tensor(t, f, text+"/critic").Data, tensor(t, f, text+"/generator").Data...)
	if len(want) != 3*len(s.list) {
		t.Fatalf("%d parameters, in the golden file %d", len(s.list), len(want)/3)
	}
	for i, p := range s.list {
		check("gradient of "+p.Name, fingerprint(p.Name, got[5+i].Data), want[3*i:3*i+3])
	}
	for _, level := range engine.Levels() {
		native, err := engine.Native(engine.Options{Level: level})
		if err != nil {
			t.Fatal(err)
		}
		compiled, err := engine.Eval(native, env, s.outputs...)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range compiled {
			if d := distance(v.Data, got[i].Data); !(d <= engineBound) {
				t.Errorf("level %s: output %d differs by %.2g of its largest element", level, i, d)
			}
		}
	}
}
