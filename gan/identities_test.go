package gan

import (
	"fmt"
	"math"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/golden"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// critic is the critic of a training in parts, for formulas written by hand.
type critic struct {
	*places
	params []*sym.Expr
}

// newCritic builds a critic as [NewTraining] does, for samples of a shape.
func newCritic(t *testing.T, objective string, batch int, shape ...int) *critic {
	t.Helper()
	o, err := ParseObjective(objective)
	if err != nil {
		t.Fatal(err)
	}
	g := sym.NewGraph()
	full := append([]int{batch}, shape...)
	c := nn.NewContext(nn.NewParams(g).Scope(CriticScope), true, 0)
	real, fake := g.Input("real", sym.Float, full...), g.Input("fake", sym.Float, full...)
	p := newPlaces(o, c, real, fake, smallPair{}.Score)
	return &critic{p, nn.Exprs(c.Params.Trainable())}
}

func (c *critic) penalty(t *testing.T, text string) *sym.Expr {
	t.Helper()
	return parse(t, text).Penalty(c.places.real)
}

// place returns the problem at a place.
func (c *critic) place(t *testing.T, name string) *gradreg.Problem {
	t.Helper()
	p, err := c.at(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// squares returns ‖∂D/∂x_b‖²: [B].
func squares(p *gradreg.Problem) *sym.Expr {
	g := sym.Gradient(sym.Sum(p.Outputs), p.Input)[0]
	return sym.Sum(sym.Square(g), 1, 2, 3)
}

func parse(t *testing.T, text string) gradreg.Regularizer {
	t.Helper()
	r, err := gradreg.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sigmoid of scores [B, 1]: [B].
func sigmoid(e *sym.Expr) *sym.Expr { return flat(sym.Sigmoid(e)) }

// TestIdentities compares the regularizers at the places of a critic's training with the penalties of
// the field, written out by hand: values, and gradients with respect to every weight.
func TestIdentities(t *testing.T) {
	root := func(s *sym.Expr) *sym.Expr { return sym.Sqrt(sym.AddScalar(s, 1e-12)) }
	from := func(s *sym.Expr, target float64) *sym.Expr { return sym.AddScalar(root(s), -target) }
	for _, c := range []struct {
		objective, text string
		want            func(c *critic) *sym.Expr
	}{
		{"original", "r1:1", func(c *critic) *sym.Expr { return sym.Mean(squares(c.real)) }},
		{"hinge", "r2:1", func(c *critic) *sym.Expr { return sym.Mean(squares(c.fake)) }},
		{"relativistic", "r1+r2:1", func(c *critic) *sym.Expr {
			return sym.Mean(sym.Add(squares(c.real), squares(c.fake)))
		}},
		// γ/2 of a mean.
		{"relativistic", "r1+r2:1,lambda-as=gamma", func(c *critic) *sym.Expr {
			return sym.Scale(sym.Mean(sym.Add(squares(c.real), squares(c.fake))), 0.5)
		}},
		{"original", "datagrad:1,at=real+fake,lambda-as=gamma", func(c *critic) *sym.Expr {
			return sym.Scale(c.roth(), 0.5)
		}},
		{"original", "roth:1", (*critic).roth},
		{"wasserstein", "roth:1", func(c *critic) *sym.Expr { // of a linear loss the weight is 1
			return sym.Mean(sym.Add(squares(c.real), squares(c.fake)))
		}},
		{"wasserstein", "wgan-gp:1", func(c *critic) *sym.Expr {
			p, _ := c.at(gradreg.PlaceBetween)
			return sym.Mean(sym.Square(from(squares(p), 1)))
		}},
		{"wasserstein", "wgan-lp:1,target=0.5", func(c *critic) *sym.Expr {
			p, _ := c.at(gradreg.PlaceBetween)
			return sym.Mean(sym.Square(sym.ReLU(from(squares(p), 0.5))))
		}},
		{"original", "dragan:1", func(c *critic) *sym.Expr {
			p, _ := c.at(gradreg.PlaceAround)
			return sym.Mean(sym.Square(from(squares(p), 1)))
		}},
		// Of one output the Jacobian is the slope of the score, and every direction is that output's.
		{"original", "hoffman:1,n=-1,at=real", func(c *critic) *sym.Expr { return sym.Scale(sym.Mean(squares(c.real)), 0.5) }},
		{"original", "random-onehot:1,at=real", func(c *critic) *sym.Expr { return sym.Mean(squares(c.real)) }},
	} {
		t.Run(c.objective+"/"+c.text, func(t *testing.T) {
			critic := newCritic(t, c.objective, 3, 2, 6, 6)
			got := critic.penalty(t, c.text)
			same(t, critic, got, c.want(critic), 1e-13)
		})
	}
	// λ is γ/2.
	half := newCritic(t, "original", 3, 2, 6, 6)
	same(t, half, half.penalty(t, "r1:1,lambda-as=gamma"), sym.Scale(half.penalty(t, "r1:1"), gradreg.FromConvention(gradreg.AsGamma, 1, 3)), 1e-14)
}

// roth is mean_b (1 − σ(D(r_b)))²·‖∇D(r_b)‖² + σ(D(f_b))²·‖∇D(f_b)‖² of Roth et al. 2017: the weights
// are differentiated, too.
func (c *critic) roth() *sym.Expr {
	right := sym.AddScalar(sym.Neg(sigmoid(c.real.Outputs)), 1)
	return sym.Mean(sym.Add(
		sym.Mul(sym.Square(right), squares(c.real)), sym.Mul(sym.Square(sigmoid(c.fake.Outputs)), squares(c.fake)),
	))
}

// same compares two scalars and their gradients with respect to the critic's parameters.
func same(t *testing.T, c *critic, got, want *sym.Expr, bound float64) {
	t.Helper()
	roots := append([]*sym.Expr{got, want}, sym.Gradient(got, c.params...)...)
	roots = append(roots, sym.Gradient(want, c.params...)...)
	values := newEnv(roots...).eval(t, roots...)
	if a, b := values[0].Data[0], values[1].Data[0]; !(b > 1e-6 && math.Abs(a-b) <= bound*b) {
		t.Errorf("the penalty is %v, by hand %v", a, b)
	}
	largest := 0.0
	for i := range c.params {
		for _, v := range values[2+len(c.params)+i].Data {
			largest = max(largest, math.Abs(v))
		}
	}
	if !(largest > 1e-6) {
		t.Errorf("the gradients are at most %v: they test nothing", largest)
	}
	for i, p := range c.params {
		for k, v := range values[2+i].Data {
			if want := values[2+len(c.params)+i].Data[k]; !(math.Abs(v-want) <= 10*bound*largest) {
				t.Fatalf("gradient with respect to %v[%d]: %v, by hand %v", p.Attr(), k, v, want)
			}
		}
	}
}

// TestSpectRegOfOneOutput checks that the mean of a random projection of the one output is the squared
// slope.
func TestSpectRegOfOneOutput(t *testing.T) {
	c := newCritic(t, "original", 3, 2, 6, 6)
	random, exact := c.penalty(t, "spectreg:1,at=real+fake"), c.penalty(t, "r1+r2:1")
	values := newEnv(exact)
	const draws = 500
	var sum, squares float64
	for step := range uint64(draws) {
		out, err := sym.Eval(sym.Env{Values: values, Key: 7, Step: step}, random)
		if err != nil {
			t.Fatal(err)
		}
		v := out[0].Data[0]
		sum, squares = sum+v, squares+v*v
	}
	mean, want := sum/draws, values.scalar(t, exact)
	if e := math.Sqrt((squares/draws - mean*mean) / (draws - 1)); !(math.Abs(mean-want) <= 4*e) {
		t.Errorf("the mean of %d draws is %v ± %v, expected %v", draws, mean, e, want)
	}
}

// TestGradientShrinking checks the divisions by the slope against their formulas, and that one over the
// sample bounds the score by λ.
func TestGradientShrinking(t *testing.T) {
	for _, lambda := range []float64{1, 0.3} {
		plain := newTraining(t, goldenOptions(t, "wasserstein"))
		p := newPlaces(plain.options.Objective, plain.criticContext.Again(), plain.Real, plain.Fake, smallPair{}.Score)
		for _, over := range []string{"mean", "max", "sample"} {
			shrunk := newTraining(t, goldenOptions(t, "wasserstein", fmt.Sprintf("gradient-shrinking:%v,over=%s", lambda, over)))
			values := newEnv(shrunk.Critic.Loss)
			got := values.scalar(t, shrunk.Critic.Loss)
			between, err := p.at(gradreg.PlaceBetween)
			if err != nil {
				t.Fatal(err)
			}
			roots := []*sym.Expr{p.real.Outputs, p.fake.Outputs, slopes(p.real), slopes(p.fake), slopes(between)}
			out := newEnv(roots...).eval(t, roots...)
			want, divisor := 0.0, 0.0
			for b, s := range out[4].Data {
				switch over {
				case "mean":
					divisor += s / float64(len(out[4].Data))
				case "max":
					divisor = max(divisor, out[4].Data[b])
				}
			}
			n := float64(len(out[0].Data))
			for b := range out[0].Data {
				r, f := out[0].Data[b], out[1].Data[b]
				if over == "sample" {
					r, f = r/(out[2].Data[b]+math.Abs(r)), f/(out[3].Data[b]+math.Abs(f))
				} else {
					r, f = r/divisor, f/divisor
				}
				want += lambda * (f - r) / n
			}
			if !(math.Abs(got-want) <= 1e-10*math.Abs(want)) {
				t.Errorf("λ %v over %s: the loss is %v, expected %v", lambda, over, got, want)
			}
		}
	}
}

// TestDifferenceQuotients checks the gradient of every penalty and objective with respect to every
// single weight of a critic with convolutions, leaky ReLU and dense layers, and of the generator,
// against central differences in float64.
func TestDifferenceQuotients(t *testing.T) {
	type entry struct{ objective, text string }
	var cases []entry
	for _, o := range ObjectiveNames() {
		cases = append(cases, entry{o, ""}, entry{o, "roth:1"}, entry{o, "r1+r2:1"})
	}
	for _, s := range gradreg.Shorthands() {
		if s.Name != "wgan-lp" { // below, with a target that slopes here exceed
			cases = append(cases, entry{"original", s.Name + ":1"})
		}
	}
	for _, text := range []string{
		"wgan-lp:1,target=0.4", "frobreg:1,at=between,slope=linear", "datagrad:1,at=fake,norm=l1", "spectreg:1,at=between",
		"output-noise:1,at=fake", "gradient-shrinking:1", "gradient-shrinking:1,over=max", "gradient-shrinking:1,over=sample",
		"r1:1,fraction=0.5", "r2:1,pass=own", "weight-decay:1",
	} {
		cases = append(cases, entry{"wasserstein", text})
	}
	for _, c := range cases {
		t.Run(c.objective+"/"+c.text, func(t *testing.T) {
			t.Parallel()
			var texts []string
			if c.text != "" {
				texts = []string{c.text}
			}
			for _, v := range newTraining(t, goldenOptions(t, c.objective, texts...)).values() {
				if c.text != "" && v.name == "generator" && parse(t, c.text).Name() != "gradient-shrinking" {
					continue // the penalties of the critic are not in it
				}
				if v.name == "penalty" && parse(t, c.text).Name() == "gradient-shrinking" {
					continue // it has none
				}
				checkQuotients(t, v)
			}
		})
	}
}

func checkQuotients(t *testing.T, v value) {
	t.Helper()
	roots := append([]*sym.Expr{v.expr}, sym.Gradient(v.expr, nn.Exprs(v.of)...)...)
	values := newEnv(roots...)
	got := values.eval(t, roots...)
	for i, p := range v.of {
		grad, data := got[1+i].Data, values[p.Expr]
		if data == nil {
			data = &sym.Tensor{Shape: p.Expr.Shape(), Data: golden.Numbers(p.Name, p.Expr.Shape().Size())}
		}
		norm := 0.0
		for k, g := range grad {
			norm += g * g
			if !quotientAgrees(t, values, v.expr, data.Data, k, g) {
				t.Errorf("%s: the gradient with respect to %s[%d] is %v, differences have another", v.name, p.Name, k, g)
				return
			}
		}
		if p.Decay && norm == 0 {
			t.Errorf("%s does not depend on %s", v.name, p.Name)
		}
	}
}

// quotientAgrees compares a derivative with central differences; a step over a kink spoils one, so
// smaller steps are tried.
func quotientAgrees(t *testing.T, values env, e *sym.Expr, data []float64, k int, want float64) bool {
	t.Helper()
	at := data[k]
	defer func() { data[k] = at }()
	for _, h := range []float64{1e-5, 1e-6, 1e-7} {
		data[k] = at + h
		above := values.scalar(t, e)
		data[k] = at - h
		below := values.scalar(t, e)
		if q := (above - below) / (2 * h); math.Abs(q-want) <= 1e-6*(1+math.Abs(want))+1e-14/h*math.Abs(above) {
			return true
		}
	}
	return false
}
