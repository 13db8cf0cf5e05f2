package gan

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg/sym"
)

// TestObjectives compares the losses of critic and generator, and their derivatives with respect to
// both scores, with the formulas: on both sides of the kinks of the hinge, and where softplus is flat.
func TestObjectives(t *testing.T) {
	softplus := func(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
	square := func(x float64) float64 { return x * x / 2 }
	type losses struct{ critic, generator func(r, f float64) float64 }
	formulas := map[string]losses{
		"relativistic": {
			func(r, f float64) float64 { return softplus(f - r) }, func(r, f float64) float64 { return softplus(r - f) },
		},
		"original": {
			func(r, f float64) float64 { return softplus(-r) + softplus(f) }, func(_, f float64) float64 { return softplus(-f) },
		},
		"least-squares": {
			func(r, f float64) float64 { return square(r-1) + square(f) }, func(_, f float64) float64 { return square(f - 1) },
		},
		"hinge": {
			func(r, f float64) float64 { return math.Max(0, 1-r) + math.Max(0, 1+f) }, func(_, f float64) float64 { return -f },
		},
		"wasserstein": {
			func(r, f float64) float64 { return f - r }, func(_, f float64) float64 { return -f },
		},
	}
	scores := []float64{-20, -3, -1.25, -0.75, 0, 0.75, 1.25, 3, 20}
	for _, o := range Objectives() {
		want, ok := formulas[o.Name]
		if !ok {
			t.Errorf("%s has no formula here", o.Name)
			continue
		}
		g := sym.NewGraph()
		r, f := g.Input("r", sym.Float, 1, 1), g.Input("f", sym.Float, 1, 1)
		critic := o.real(r, f)
		if !o.Relative {
			critic = sym.Add(critic, o.fake(f, r))
		}
		for _, l := range []struct {
			name string
			loss *sym.Expr
			want func(r, f float64) float64
		}{{"critic", critic, want.critic}, {"generator", o.generator(f, r), want.generator}} {
			loss := sym.Sum(l.loss)
			roots := append([]*sym.Expr{loss}, sym.Gradient(loss, r, f)...)
			for _, a := range scores {
				for _, b := range scores {
					at := func(v float64) *sym.Tensor { return &sym.Tensor{Shape: r.Shape(), Data: []float64{v}} }
					out := env{r: at(a), f: at(b)}.eval(t, roots...)
					const h = 1e-5
					expected := []float64{
						l.want(a, b), (l.want(a+h, b) - l.want(a-h, b)) / (2 * h), (l.want(a, b+h) - l.want(a, b-h)) / (2 * h),
					}
					for i, e := range expected {
						if got := out[i].Data[0]; !(math.Abs(got-e) <= 1e-8*(1+math.Abs(e))) {
							t.Errorf("%s, loss of the %s at D(r) = %v and D(f) = %v: number %d is %v, expected %v",
								o.Name, l.name, a, b, i, got, e)
						}
					}
				}
			}
		}
	}
}
