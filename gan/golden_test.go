package gan

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/golden"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// smallPair is the pair of tools/golden/critic.py: a critic with convolutions, leaky ReLU and dense
// layers, for images of six by six.
type smallPair struct{ channels int }

func (p smallPair) Score(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := sym.LeakyReLU(nn.Conv{Out: 4, Kernel: 3, Stride: 2, Border: 1}.Apply(c, x), 0.2)
	h = nn.Flatten(sym.LeakyReLU(nn.Conv{Out: 5, Kernel: 3}.Apply(c, h), 0.2))
	h = sym.LeakyReLU(nn.Dense{Out: 6}.Apply(c, h), 0.2)
	return nn.Dense{Out: 1}.Apply(c, h)
}

func (p smallPair) Generate(c *nn.Context, z *sym.Expr) *sym.Expr {
	h := sym.LeakyReLU(nn.Dense{Out: 27}.Apply(c, z), 0.2)
	if h.Err() != nil {
		return h
	}
	h = sym.Reshape(h, z.Shape()[0], 3, 3, 3)
	return nn.ConvTranspose{Out: p.channels, Kernel: 4, Stride: 2, Border: 1}.Apply(c, h)
}

// goldenOptions are those of the script.
func goldenOptions(t *testing.T, objective string, texts ...string) Options {
	t.Helper()
	o, err := ParseObjective(objective)
	if err != nil {
		t.Fatal(err)
	}
	regs, err := gradreg.ParseAll(texts)
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Pair: smallPair{2}, Shape: []int{2, 6, 6}, Noise: 3, Batch: 4, Steps: 8, Objective: o, Regularizers: regs,
	}
}

func newTraining(t *testing.T, o Options) *Training {
	t.Helper()
	training, err := NewTraining(o)
	if err != nil {
		t.Fatal(err)
	}
	return training
}

// env gives values to what an expression depends on: those of the script, of other names numbers of
// these names.
type env map[*sym.Expr]*sym.Tensor

func (v env) give(e *sym.Expr, name string, by, plus float64) {
	data := golden.Numbers(name, e.Shape().Size())
	for i := range data {
		data[i] = by*data[i] + plus
	}
	v[e] = &sym.Tensor{Shape: e.Shape(), Data: data}
}

// newEnv gives every leaf of roots its value; random leaves are numbered by kind in the order of their
// streams.
func newEnv(roots ...*sym.Expr) env {
	v := env{}
	var random []*sym.Expr
	for _, e := range sym.Topological(roots...) {
		switch e.Op() {
		case sym.OpInput:
			name, by := strings.TrimPrefix(e.Attr().(sym.InputAttr).Name, "param/"), 0.5
			if name == "real" || name == "fake" {
				by = 2
			}
			v.give(e, name, by, 0)
		case sym.OpUniform, sym.OpNormal, sym.OpBernoulli:
			random = append(random, e)
		}
	}
	stream := func(e *sym.Expr) uint32 { return e.Attr().(sym.RandomAttr).Stream }
	slices.SortFunc(random, func(a, b *sym.Expr) int { return cmp.Compare(stream(a), stream(b)) })
	drawn := map[sym.Op]int{}
	for _, e := range random {
		drawn[e.Op()]++
		switch {
		case e.Op() == sym.OpUniform:
			v.give(e, fmt.Sprintf("uniform%d", drawn[e.Op()]), 0.5, 0.5)
		default:
			v.give(e, "noise", 1, 0)
		}
	}
	return v
}

func (v env) eval(t *testing.T, roots ...*sym.Expr) []*sym.Tensor {
	t.Helper()
	out, err := sym.Eval(sym.Env{Values: v, Key: 1, Step: 1}, roots...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (v env) scalar(t *testing.T, e *sym.Expr) float64 {
	t.Helper()
	return v.eval(t, e)[0].Data[0]
}

// value is something with a gradient with respect to the parameters of a network.
type value struct {
	name string
	expr *sym.Expr
	of   []*nn.Param
}

// values are the losses of both networks and the penalties of a training.
func (t *Training) values() []value {
	critic, generator := t.Critic.Params.Trainable(), t.Generator.Params.Trainable()
	list := []value{{"critic", t.Critic.Loss, critic}, {"generator", t.Generator.Loss, generator}}
	for _, term := range t.Critic.Terms {
		list = append(list, value{"penalty", term.Value, critic})
	}
	return list
}

func goldenFile(t *testing.T) tensorfile.File {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "golden", "critic.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := tensorfile.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// goldenBound is the largest deviation from PyTorch, relative to the largest number of a tensor; both
// compute in float64.
const goldenBound = 1e-11

// TestGolden compares the losses of critic and generator under every objective, every penalty and
// gradient shrinking, and their gradients with respect to every parameter, with those of PyTorch.
func TestGolden(t *testing.T) {
	f := goldenFile(t)
	compared := map[string]bool{}
	for key := range f.Tensors {
		head, _, _ := strings.Cut(key, "/")
		if compared[head] {
			continue
		}
		compared[head] = true
		t.Run(head, func(t *testing.T) {
			objective, text, _ := strings.Cut(head, "|")
			var texts []string
			if text != gradreg.None {
				texts = []string{text}
			}
			found := 0
			for _, v := range newTraining(t, goldenOptions(t, objective, texts...)).values() {
				want, ok := f.Tensors[head+"/"+v.name]
				if !ok {
					continue
				}
				found++
				compareGolden(t, v, want.F64, f.Tensors[head+"/"+v.name+"-gradient"].F64)
			}
			if found == 0 {
				t.Error("nothing to compare")
			}
		})
	}
	for _, o := range Objectives() {
		if !compared[o.Name+"|none"] {
			t.Errorf("the golden file has no %s", o.Name)
		}
	}
	for _, s := range gradreg.Shorthands() {
		known := func(head string) bool { return strings.Contains(head, "|"+s.Name+":") }
		if !slices.ContainsFunc(slices.Collect(maps.Keys(compared)), known) {
			t.Errorf("the golden file has no %s", s.Name)
		}
	}
}

func compareGolden(t *testing.T, v value, want, gradient []float64) {
	t.Helper()
	roots := append([]*sym.Expr{v.expr}, sym.Gradient(v.expr, nn.Exprs(v.of)...)...)
	got := newEnv(roots...).eval(t, roots...)
	if d := math.Abs(got[0].Data[0] - want[0]); !(d <= goldenBound*math.Abs(want[0])) {
		t.Errorf("%s is %v, of PyTorch %v", v.name, got[0].Data[0], want[0])
	}
	if len(gradient) != 3*len(v.of) {
		t.Fatalf("%d numbers of gradients of %d parameters", len(gradient), len(v.of))
	}
	largest := 0.0
	for _, g := range gradient {
		largest = max(largest, math.Abs(g))
	}
	if !(largest > 1e-3) {
		t.Errorf("the gradients of %s are at most %v: they test nothing", v.name, largest)
	}
	for i, p := range v.of {
		for j, g := range golden.Fingerprint(p.Name, got[1+i].Data) {
			if w := gradient[3*i+j]; !(math.Abs(g-w) <= goldenBound*largest) {
				t.Errorf("gradient of %s with respect to %s: number %d is %v, of PyTorch %v", v.name, p.Name, j, g, w)
			}
		}
	}
}
