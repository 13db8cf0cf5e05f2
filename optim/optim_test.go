package optim_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
)

// descend takes steps on ½·a·w² from w = 1 and returns every w.
func descend(t *testing.T, o optim.Optimizer, a, lr float64, steps int) []float64 {
	t.Helper()
	g := sym.NewGraph()
	p := &nn.Param{Name: "w", Expr: g.Input("w", sym.Float, 1), Decay: true, Trainable: true}
	step := o.Build([]*nn.Param{p}, []*sym.Expr{sym.Scale(p.Expr, a)})
	values := map[*sym.Expr]*sym.Tensor{p.Expr: {Shape: sym.Shape{1}, Data: []float64{1}}}
	for _, s := range step.State {
		values[s] = sym.NewTensor(s.Shape()...)
	}
	var out []float64
	for i := 1; i <= steps; i++ {
		for k, v := range step.Values(i, lr) {
			values[step.Scalars[k]] = &sym.Tensor{Shape: sym.Shape{}, Data: []float64{float64(v)}}
		}
		var roots []*sym.Expr
		for _, u := range step.Updates {
			roots = append(roots, u.Value)
		}
		next, err := sym.Eval(sym.Env{Values: values}, roots...)
		if err != nil {
			t.Fatal(err)
		}
		for k, u := range step.Updates {
			values[u.Target] = next[k]
		}
		out = append(out, values[p.Expr].Data[0])
	}
	return out
}

// TestSteps compares the optimizers with their formulas, written out as loops.
func TestSteps(t *testing.T) {
	const a, lr, steps = 3, 0.05, 12
	sgd := func(mu float64, nesterov bool) (out []float64) {
		w, u := 1.0, 0.0
		for range steps {
			grad := a * w
			u = mu*u + grad
			if d := u; nesterov {
				w -= lr * (grad + mu*d)
			} else {
				w -= lr * d
			}
			out = append(out, w)
		}
		return out
	}
	adam := func(decay float64) (out []float64) {
		w, m, v := 1.0, 0.0, 0.0
		for i := 1.0; i <= steps; i++ {
			grad := a * w
			w *= 1 - lr*decay
			m, v = 0.9*m+0.1*grad, 0.999*v+0.001*grad*grad
			w -= lr * (m / (1 - math.Pow(0.9, i))) / (math.Sqrt(v/(1-math.Pow(0.999, i))) + 1e-8)
			out = append(out, w)
		}
		return out
	}
	for text, want := range map[string][]float64{
		"sgd": sgd(0, false), "sgd:momentum=0.8": sgd(0.8, false), "sgd:momentum=0.8,nesterov=true": sgd(0.8, true),
		"adam": adam(0), "adamw": adam(0.01), "adamw:decay=0.5": adam(0.5),
	} {
		o, err := optim.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range descend(t, o, a, lr, steps) {
			if math.Abs(got-want[i]) > 1e-6 { // the scalars are float32
				t.Errorf("%s: step %d gives %v, want %v", text, i+1, got, want[i])
			}
		}
		if again, err := optim.Parse(o.String()); err != nil || again != o {
			t.Errorf("%s is %s, which parses to %v, %v", text, o, again, err)
		}
	}
	for _, text := range []string{"", "adma", "adam:decay=1", "adam:beta1=1", "adam:epsilon=0", "sgd:momentum=1", "sgd:nesterov=true", "sgd:0.9"} {
		if o, err := optim.Parse(text); err == nil {
			t.Errorf("%q gives %v", text, o)
		}
	}
}

func TestSchedules(t *testing.T) {
	for text, want := range map[string][]float64{ // at steps 1, 50, 51, 75, 76, 100 of 100
		"constant":            {1, 1, 1, 1, 1, 1},
		"piecewise":           {1, 1, 0.1, 0.1, 0.01, 0.01},
		"piecewise:warmup=60": {1.0 / 60, 50.0 / 60, 0.1 * 51 / 60, 0.1, 0.01, 0.01},
		"cosine":              {1, (1 + math.Cos(0.49*math.Pi)) / 2, 0.5, (1 + math.Cos(0.74*math.Pi)) / 2, (1 + math.Cos(0.75*math.Pi)) / 2, (1 + math.Cos(0.99*math.Pi)) / 2},
	} {
		s, err := optim.ParseSchedule(text)
		if err != nil || s.String() != text {
			t.Fatalf("%s: %v, %v", text, s, err)
		}
		for i, step := range []int{1, 50, 51, 75, 76, 100} {
			if got := s.At(step, 100); math.Abs(got-want[i]) > 1e-12 {
				t.Errorf("%s at step %d is %v, want %v", text, step, got, want[i])
			}
		}
	}
	for _, text := range []string{"", "linear", "cosine:0.5", "cosine:warmup=-1", "cosine:warm=3"} {
		if s, err := optim.ParseSchedule(text); err == nil {
			t.Errorf("%q gives %v", text, s)
		}
	}
}

// TestTextForms checks that String of any valid options parses back to them.
func TestTextForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		below1 := rapid.Float64Range(0, 1).Filter(func(v float64) bool { return v < 1 })
		positive := rapid.Float64Range(math.SmallestNonzeroFloat64, 10)
		sgd := optim.SGD{Momentum: below1.Draw(t, "momentum")}
		sgd.Nesterov = sgd.Momentum > 0 && rapid.Bool().Draw(t, "nesterov")
		o := rapid.SampledFrom([]optim.Optimizer{sgd, optim.Adam{
			Beta1: below1.Draw(t, "beta1"), Beta2: below1.Draw(t, "beta2"),
			Epsilon: positive.Draw(t, "epsilon"), Decay: rapid.Float64Range(0, 10).Draw(t, "decay"),
		}}).Draw(t, "optimizer")
		if again, err := optim.Parse(o.String()); err != nil || again != o {
			t.Errorf("%q parses to %v, %v", o, again, err)
		}
		s := optim.Schedule{
			Kind:   rapid.SampledFrom(optim.ScheduleNames()).Draw(t, "kind"),
			Warmup: rapid.IntRange(0, 1000).Draw(t, "warmup"),
		}
		if again, err := optim.ParseSchedule(s.String()); err != nil || again != s {
			t.Errorf("%q parses to %v, %v", s, again, err)
		}
	})
	if zero, err := optim.ParseSchedule(optim.Schedule{}.String()); err != nil || zero.At(3, 10) != (optim.Schedule{}).At(3, 10) {
		t.Errorf("the zero schedule is %v, %v", zero, err)
	}
}

// TestDecayOnWeightsOnly checks that decay is left off parameters that do not decay.
func TestDecayOnWeightsOnly(t *testing.T) {
	g := sym.NewGraph()
	o, err := optim.Parse("adamw:decay=0.5")
	if err != nil {
		t.Fatal(err)
	}
	weight := &nn.Param{Name: "weight", Expr: g.Input("weight", sym.Float), Trainable: true, Decay: true}
	bias := &nn.Param{Name: "bias", Expr: g.Input("bias", sym.Float), Trainable: true}
	zero := g.Const(0)
	step := o.Build([]*nn.Param{weight, bias}, []*sym.Expr{zero, zero})
	scalar := func(v float64) *sym.Tensor { return &sym.Tensor{Shape: sym.Shape{}, Data: []float64{v}} }
	values := map[*sym.Expr]*sym.Tensor{weight.Expr: scalar(1), bias.Expr: scalar(1)}
	for _, s := range step.State {
		values[s] = scalar(0)
	}
	for i, v := range step.Values(1, 0.25) {
		values[step.Scalars[i]] = scalar(float64(v))
	}
	for _, u := range step.Updates {
		got, err := sym.Eval(sym.Env{Values: values}, u.Value)
		if err != nil {
			t.Fatal(err)
		}
		want := map[*sym.Expr]float64{weight.Expr: 1 - 0.25*0.5, bias.Expr: 1}[u.Target] // state stays 0
		if got[0].Data[0] != want {
			t.Errorf("%v becomes %v, want %v", u.Target, got[0].Data[0], want)
		}
	}
}

func ExampleParse() {
	o, err := optim.Parse("sgd:momentum=0.9,nesterov=true")
	fmt.Println(o, err)
	_, err = optim.Parse("adam:beta1=1")
	fmt.Println(err)
	// Output:
	// sgd:momentum=0.9,nesterov=true <nil>
	// optimizer "adam:beta1=1": beta1 is 1, expected 0 ≤ beta1 < 1
}

// One step of Adam moves a weight by the learning rate against the sign of its gradient.
func ExampleOptimizer() {
	g := sym.NewGraph()
	w := &nn.Param{Name: "w", Expr: g.Input("w", sym.Float), Trainable: true}
	step := optim.NewAdam().Build([]*nn.Param{w}, sym.Gradient(sym.Square(w.Expr), w.Expr))
	scalar := func(v float64) *sym.Tensor { return &sym.Tensor{Shape: sym.Shape{}, Data: []float64{v}} }
	values := map[*sym.Expr]*sym.Tensor{w.Expr: scalar(2)}
	for _, s := range step.State {
		values[s] = scalar(0)
	}
	for i, v := range step.Values(1, 0.1) {
		values[step.Scalars[i]] = scalar(float64(v))
	}
	for _, u := range step.Updates {
		if u.Target == w.Expr {
			next, err := sym.Eval(sym.Env{Values: values}, u.Value)
			fmt.Printf("%.3f %v\n", next[0].Data[0], err)
		}
	}
	// Output: 1.900 <nil>
}

func ExampleSchedule_At() {
	s, err := optim.ParseSchedule("piecewise")
	fmt.Println(s.At(1, 10000), s.At(5001, 10000), s.At(7501, 10000), err)
	// Output: 1 0.1 0.01 <nil>
}
