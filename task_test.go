package gradreg_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// needClasses are the regularizers that need the probabilities of exclusive classes.
var needClasses = []string{"jacreg", "onehot", "softmaxgrad", "virtual-adversarial", "confidence", "label-smoothing"}

// TestTasks builds every regularizer for every task: those of critics, and those that need
// probabilities where there are none, are refused with the reason, and the gradient of all others is that of finite differences.
func TestTasks(t *testing.T) {
	for _, name := range task.Names() {
		for _, info := range gradreg.Regularizers() {
			t.Run(name+"/"+info.Name, func(t *testing.T) { testTask(t, name, info) })
		}
	}
}

func testTask(t *testing.T, name string, info gradreg.Info) {
	const batch, pixels, kinds = 3, 5, 3
	kind, err := task.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gradreg.Parse(info.Example)
	if err != nil {
		t.Fatal(err)
	}
	g := sym.NewGraph()
	params := nn.NewParams(g)
	x := g.Input("x", sym.Float, batch, pixels)
	input, targets := kind.Target(g, "y", batch, kinds)
	// A smooth network, so that finite differences hold everywhere.
	forward := gradreg.Transform(func(c *nn.Context, x *sym.Expr) *sym.Expr {
		h := nn.Dropout{Rate: 0.1}.Apply(c, sym.Tanh(nn.Dense{Out: 4}.Apply(c, x)))
		return nn.Dense{Out: kind.Outputs(kinds)}.Apply(c, h)
	}, []gradreg.Regularizer{r})
	p := gradreg.NewProblem(kind, nn.NewContext(params, true, 0), x, targets, forward)
	total, _ := gradreg.Objective(p, []gradreg.Regularizer{r})
	if info.Critic || info.Finetuning || name != "classification" && slices.Contains(needClasses, info.Name) {
		if refused := (*gradreg.OptionError)(nil); !errors.As(total.Err(), &refused) {
			t.Fatalf("the error is %v, expected a refusal", total.Err())
		}
		return
	}
	gradients := sym.Gradient(total, nn.Exprs(params.Trainable())...)
	random := rand.New(rand.NewPCG(3, 4))
	values := map[*sym.Expr]*sym.Tensor{}
	fill := func(e *sym.Expr, f func() float64) {
		v := &sym.Tensor{Shape: e.Shape(), Data: make([]float64, e.Shape().Size())}
		for i := range v.Data {
			v.Data[i] = f()
		}
		values[e] = v
	}
	fill(x, random.NormFloat64)
	fill(input, func() float64 { return float64(random.IntN(2)) })
	for _, w := range params.All() {
		fill(w.Expr, func() float64 { return 0.5 * random.NormFloat64() })
	}
	eval := func(roots ...*sym.Expr) []*sym.Tensor {
		t.Helper()
		out, err := sym.Eval(sym.Env{Values: values, Key: 1, Step: 1}, roots...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	got := eval(gradients...)
	// What a method holds constant is no part of its gradient: its finite differences have it.
	held := slices.Contains([]string{"finite-difference", "adversarial", "virtual-adversarial", "spectral-norm"}, info.Name)
	for i, w := range params.Trainable() {
		for k := range values[w.Expr].Data {
			const h = 1e-5
			v := values[w.Expr].Data
			at := v[k]
			v[k] = at + h
			above := eval(total)[0].Data[0]
			v[k] = at - h
			below := eval(total)[0].Data[0]
			v[k] = at
			want, g := (above-below)/(2*h), got[i].Data[k]
			if held && !math.IsNaN(g) && !math.IsInf(g, 0) {
				continue
			}
			if !(math.Abs(g-want) <= 1e-6*(1+math.Abs(want))) {
				t.Fatalf("%s[%d]: gradient %v, finite differences %v", w.Name, k, g, want)
			}
		}
	}
}
