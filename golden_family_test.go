package gradreg_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// familyNetwork is the network of tools/golden/family.py.
func familyNetwork(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := nn.MaxPool(c, nn.ReLU(nn.Conv{Out: 4, Kernel: 3, Padding: nn.Same}.Apply(c, x)), 2)
	h = nn.GELU(nn.GroupNorm{Groups: 2}.Apply(c, nn.Conv{Out: 6, Kernel: 3, NoBias: true}.Apply(c, h)))
	h = nn.ReLU(nn.Dense{Out: 16}.Apply(c, nn.Flatten(h)))
	return nn.Dense{Out: 5}.Apply(c, nn.Dropout{Rate: 0.25}.Apply(c, h))
}

// giveFamily sets inputs, parameters, what penalties keep and random leaves to those of the script.
func (s *step) giveFamily(roots ...*sym.Expr) {
	s.giveNumbers()
	for _, p := range s.problem.Params.All() {
		if p.Auxiliary {
			s.values[p.Expr] = &sym.Tensor{Shape: p.Expr.Shape(), Data: numbers(p.Name, p.Expr.Shape().Size())}
		}
	}
	var leaves []*sym.Expr
	for _, e := range sym.Topological(roots...) {
		if e.Op() == sym.OpNormal || e.Op() == sym.OpUniform {
			leaves = append(leaves, e)
		}
	}
	stream := func(e *sym.Expr) uint32 { return e.Attr().(sym.RandomAttr).Stream }
	slices.SortFunc(leaves, func(a, b *sym.Expr) int { return cmp.Compare(stream(a), stream(b)) })
	drawn := map[sym.Op]int{}
	for _, e := range leaves {
		drawn[e.Op()]++
		s.values[e] = &sym.Tensor{Shape: e.Shape(), Data: numbers(fmt.Sprintf("%v%d", e.Op(), drawn[e.Op()]), e.Shape().Size())}
	}
}

// goldenRegularizers returns the regularizers of which a golden file has values, by their text forms.
func goldenRegularizers(t *testing.T, f tensorfile.File) map[string]gradreg.Regularizer {
	t.Helper()
	all := map[string]gradreg.Regularizer{}
	for key := range f.Tensors {
		text, ok := strings.CutSuffix(key, "/value")
		if !ok {
			continue
		}
		reg, err := gradreg.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		all[text] = reg
	}
	return all
}

// compareFamily compares a value, and its gradient with respect to every parameter, with those that a
// golden file has of a regularizer.
func (s *step) compareFamily(t *testing.T, f tensorfile.File, text string, value *sym.Expr) {
	t.Helper()
	params := s.problem.Params.Trainable()
	outputs := append([]*sym.Expr{value}, sym.Gradient(value, nn.Exprs(params)...)...)
	s.giveFamily(outputs...)
	got, err := sym.Eval(sym.Env{Values: s.values}, outputs...)
	if err != nil {
		t.Fatal(err)
	}
	if d := distance(got[0].Data, tensor(t, f, text+"/value").Data); !(d <= familyBound) {
		t.Errorf("%s: the value is %v, of PyTorch %v", text, got[0].Data, tensor(t, f, text+"/value").Data)
	}
	want, largest := tensor(t, f, text+"/gradient").Data, 0.0
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i, p := range params {
		for j, v := range fingerprint(p.Name, got[1+i].Data) {
			if !(math.Abs(v-want[3*i+j]) <= familyBound*largest) {
				t.Errorf("%s: gradient of %s: number %d is %v, of PyTorch %v", text, p.Name, j, v, want[3*i+j])
			}
		}
	}
}

// familyBound is the largest deviation of the reference evaluator from PyTorch, relative to the largest number of a tensor:
// both compute in float64, and the difference quotients divide its rounding, 1e-16, by 0.01 or so.
const familyBound = 1e-10

// TestGoldenFamily compares every regularizer with PyTorch: the penalty and its gradient with respect to every parameter; of
// one that changes the network, and has no penalty, the loss and its gradient.
func TestGoldenFamily(t *testing.T) {
	f := golden(t, "family")
	covered := map[string]bool{}
	for text, reg := range goldenRegularizers(t, f) {
		covered[reg.Name()] = true
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			regs := []gradreg.Regularizer{reg}
			s := newStep(network{text, 5, gradreg.Transform(familyNetwork, regs)}, []int{3, 2, 8, 8}, regs)
			value := s.penalties[0]
			if _, ok := reg.(gradreg.Transformer); ok {
				value = s.problem.Loss()
			}
			s.compareFamily(t, f, text, value)
		})
	}
	for _, info := range gradreg.Regularizers() {
		if !covered[info.Name] && !info.Critic && !info.Finetuning { // TestGoldenFinetune, package gan
			t.Errorf("the golden file has no %s", info.Name)
		}
	}
}
