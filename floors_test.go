package gradreg_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// outputs32 compiles expressions and runs them with the values of inputs; random leaves are drawn.
func outputs32(t *testing.T, level string, values map[*sym.Expr]*sym.Tensor, outputs ...*sym.Expr) [][]float32 {
	t.Helper()
	native, err := engine.Native(engine.Options{Level: level, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	results, err := engine.Eval(native, sym.Env{Values: values, Key: 1, Step: 1}, outputs...)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]float32
	for _, r := range results {
		values := make([]float32, len(r.Data))
		for i, v := range r.Data {
			values[i] = float32(v)
		}
		out = append(out, values)
	}
	return out
}

// TestZeroGradients gives every penalty a network whose logits do not depend on the image, so that slopes, directions and norms
// are 0: what is divided by them has a floor, and neither a penalty nor a gradient is NaN or infinite.
func TestZeroGradients(t *testing.T) {
	constant := math.Log(5) // the loss
	exact := map[string]float64{
		"datagrad:1": 0, "finite-difference:1": 0, "adversarial:1": constant, "adversarial:1,phi=0.05,direction=sign": constant,
		"virtual-adversarial:1": 0, "virtual-adversarial:1,epsilon=0.5,xi=0.1,iterations=2": 0, "output-noise:1": 0, "jacreg:1": 0,
		// s = 0 counts as √1e-12: as flat.
		"datagrad:1,slope=two-sided,target=1": (1 - 1e-6) * (1 - 1e-6), "datagrad:1,slope=excess,target=0.3": 0,
		"frobreg:1,fraction=0.5,slope=linear": 1e-6, "spectral-norm:1,iterations=2": 0, "datagrad:1,norm=l1": 0,
	}
	found := 0
	for key := range golden(t, "family").Tensors {
		text, ok := strings.CutSuffix(key, "/value")
		if !ok {
			continue
		}
		reg, err := gradreg.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		regs := []gradreg.Regularizer{reg}
		s := newStep(network{text, 5, gradreg.Transform(familyNetwork, regs)}, []int{3, 2, 8, 8}, regs)
		s.giveFamily(s.outputs()...)
		for _, p := range s.problem.Params.Trainable() {
			clear(s.values[p.Expr].Data)
		}
		for _, level := range engine.Levels() {
			out := outputs32(t, level, s.values, append([]*sym.Expr{s.penalties[0]}, s.grads...)...)
			for i, v := range out {
				if slices.ContainsFunc(v, func(x float32) bool { return x-x != 0 }) {
					t.Errorf("%s at %v: output %d (the penalty, then gradients) is not finite", text, level, i)
				}
			}
			if want, ok := exact[text]; ok {
				found++
				if got := float64(out[0][0]); math.Abs(got-want) > 1e-6*max(want, 1e-6) {
					t.Errorf("%s at %v is %v, want %v", text, level, got, want)
				}
			}
		}
	}
	if found != len(exact)*len(engine.Levels()) {
		t.Errorf("%d of %d values are checked", found, len(exact)*len(engine.Levels()))
	}
}

// TestSmallDirections checks the length of directions of ever smaller vectors: 1 as long as float32 has digits of them, below
// that ever less, and 0 of 0. They are the left singular vectors that spectral-norm keeps of a dense layer.
func TestSmallDirections(t *testing.T) {
	dense := network{"dense", 5, func(c *nn.Context, x *sym.Expr) *sym.Expr { return nn.Dense{Out: 5}.Apply(c, x) }}
	for _, c := range []struct{ scale, least, most float64 }{
		{1, 1 - 1e-6, 1 + 1e-6}, {1e-20, 1 - 1e-6, 1 + 1e-6}, {1e-30, 1 - 1e-6, 1 + 1e-6}, {1e-36, 0.05, 0.95}, {0, 0, 0},
	} {
		s := newStep(dense, []int{3, 8}, []gradreg.Regularizer{gradreg.SpectralNorm{Weight: 1}})
		s.giveFamily(s.total)
		for _, p := range s.problem.Params.Trainable() {
			for i := range s.values[p.Expr].Data {
				s.values[p.Expr].Data[i] *= c.scale
			}
		}
		for _, level := range engine.Levels() {
			sum := 0.0
			for _, v := range outputs32(t, level, s.values, s.problem.Updates[0].Value)[0] {
				sum += float64(v) * float64(v)
			}
			if length := math.Sqrt(sum); !(length >= c.least && length <= c.most) {
				t.Errorf("weights of %v at %v: a direction of length %v, want %v to %v", c.scale, level, length, c.least, c.most)
			}
		}
	}
}
