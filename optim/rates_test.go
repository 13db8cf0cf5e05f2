package optim_test

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
)

// TestWithRates checks that a parameter moves by its factor, and one of factor 1 as without.
func TestWithRates(t *testing.T) {
	for _, o := range []optim.Optimizer{optim.SGD{Momentum: 0.9}, optim.NewAdam()} {
		moves := map[string]float64{}
		for _, factor := range []float64{1, 0.25, 0} {
			params := nn.NewParams(sym.NewGraph())
			a := params.Get(nn.Param{Name: "a", Trainable: true})
			b := params.Get(nn.Param{Name: "b", Trainable: true})
			loss := sym.Add(sym.Square(a.Expr), sym.Scale(b.Expr, 3))
			grads := sym.Gradient(loss, a.Expr, b.Expr)
			s := optim.WithRates(o, func(p *nn.Param) float64 {
				if p.Name == "a" {
					return factor
				}
				return 1
			}).Build([]*nn.Param{a, b}, grads)
			env := sym.Env{Values: map[*sym.Expr]*sym.Tensor{
				a.Expr: {Data: []float64{2}}, b.Expr: {Data: []float64{5}},
			}}
			for i, v := range s.Values(1, 0.1) {
				env.Values[s.Scalars[i]] = &sym.Tensor{Data: []float64{float64(v)}}
			}
			for _, e := range s.State {
				env.Values[e] = &sym.Tensor{Data: []float64{0}}
			}
			for _, u := range s.Updates {
				got, err := sym.Eval(env, u.Value)
				if err != nil {
					t.Fatal(err)
				}
				switch u.Target {
				case a.Expr:
					move := got[0].Data[0] - 2
					if factor == 1 {
						moves["a"] = move
					}
					if math.Abs(move-factor*moves["a"]) > 1e-7 || moves["a"] >= 0 {
						t.Errorf("%v, factor %v: a moves by %v", o, factor, move)
					}
				case b.Expr:
					if factor == 1 {
						moves["b"] = got[0].Data[0]
					}
					if got[0].Data[0] != moves["b"] {
						t.Errorf("%v, factor %v: b becomes %v, expected %v", o, factor, got[0].Data[0], moves["b"])
					}
				}
			}
		}
	}
	params := nn.NewParams(sym.NewGraph())
	a := params.Get(nn.Param{Name: "a", Trainable: true})
	s := optim.WithRates(optim.SGD{}, func(*nn.Param) float64 { return math.NaN() }).Build(
		[]*nn.Param{a}, sym.Gradient(sym.Square(a.Expr), a.Expr),
	)
	refused := false
	for _, u := range s.Updates {
		refused = refused || u.Value.Err() != nil
	}
	if !refused {
		t.Error("a factor that is no number is taken")
	}
}
