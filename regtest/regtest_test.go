package regtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/regtest"
	"github.com/gradreg/gradreg/sym"
)

// TestRegistry runs the suite over gradreg's table and over options beside the defaults.
func TestRegistry(t *testing.T) {
	except := map[string]string{
		"ross:5000":                          "batch-mean", // a sum over the batch, as documented
		"ross:2,at=noise":                    "batch-mean",
		"confidence:1,lambda-as=sum,every=2": "batch-mean",
		"finite-difference:50":               "compiled", // float32's rounding divided by h = 0.01; h = 0.5 is tested below
	}
	texts := []string{
		"spectreg:0.5,projections=3", "spectreg:0.03,shared=true", "spectreg:2,projections=2,shared=true",
		"spectreg:1,at=noise,fraction=0.5,slope=linear", "datagrad:1,norm=l1", "datagrad:1,norm=linf,slope=squared",
		"datagrad:1,fraction=0.5", "datagrad:1,fraction=0.5,pass=own", "datagrad:1,at=noise", "datagrad:1,at=random,pass=own,sigma=0.5",
		"datagrad:1,slope=excess,target=0.1", "datagrad:1,slope=two-sided,target=1", "datagrad:1,every=4", "datagrad:1,warmup=10,ramp=down",
		"frobreg:1,fraction=0.5", "frobreg:1,slope=two-sided,target=1,at=noise", "jacreg:1,fraction=0.6,slope=linear", "jacreg:1,lambda-as=hoffman",
		"hoffman:1,n=-1", "hoffman:1,n=2", "topk:1,k=4", "softmaxgrad:1,held=true", "finite-difference:1,h=0.5,fraction=0.5",
		"finite-difference:1,h=0.5,slope=linear", "output-noise:1,noise=0.3,fraction=0.5,at=noise", "adversarial:1,phi=0.05,direction=sign",
		"virtual-adversarial:1,xi=1,iterations=2,epsilon=0.5", "spectral-norm:1,iterations=3", "dropout:0.2,at=input",
		"weight-decay:1,decoupled=true", "ross:1,norm=l1",
		// Each option of the slopes with other penalties than above.
		"spectreg:1,pass=own", "frobreg:1,at=random,sigma=0.5", "jacreg:1,pass=own", "onehot:1,at=noise,slope=excess,target=0.1",
		"random-onehot:1,fraction=0.5,slope=two-sided,target=1", "softmaxgrad:1,at=noise,pass=own", "topk:1,k=2,slope=linear",
		"hoffman:1,n=2,at=noise,pass=own,fraction=0.5", "ross:2,at=noise", "ross:1,norm=l1,at=noise,pass=own", "ross:1,fraction=0.5",
		"datagrad:1,norm=l1,lambda-as=ross", "datagrad:1,norm=linf,at=noise,pass=own", "datagrad:1,norm=l1,slope=excess,target=1,fraction=0.5",
		"output-noise:1,pass=own,slope=linear", "finite-difference:1,h=0.5,at=noise,pass=own", "confidence:1,lambda-as=sum,every=2",
		// Schedules, alone and together.
		"spectreg:1,every=3,warmup=4", "confidence:1,every=3,ramp=cosine", "label-smoothing:0.1,every=4,warmup=2", "weight-decay:1,decoupled=true,every=2",
		"adversarial:1,every=2,ramp=up", "virtual-adversarial:1,warmup=5", "spectral-norm:1,every=2,ramp=down",
		"dropout:0.8",
	}
	for _, info := range gradreg.Regularizers() {
		if !info.Critic {
			texts = append(texts, info.Example)
		}
	}
	for _, text := range texts {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			reg, err := gradreg.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			var leave []string
			if check, ok := except[text]; ok {
				leave = append(leave, check)
			}
			if strings.Contains(text, "fraction=") {
				leave = append(leave, "batch-mean") // a part of the double batch is other samples
			}
			regtest.Conformance(t, reg, leave...)
		})
	}
}

// custom is a regularizer of a user: a name, λ and a penalty.
type custom struct {
	name    string
	lambda  float64
	penalty func(p *gradreg.Problem) *sym.Expr
}

func (c custom) Name() string                         { return c.name }
func (c custom) Lambda() float64                      { return c.lambda }
func (c custom) String() string                       { return fmt.Sprintf("%s:%v", c.name, c.lambda) }
func (c custom) Validate() error                      { return nil }
func (c custom) Penalty(p *gradreg.Problem) *sym.Expr { return c.penalty(p) }

// outputNoise is mean_b ‖f(x + σn) − f(x)‖²/σ², with a forward pass of its own.
func outputNoise(p *gradreg.Problem) *sym.Expr {
	const sigma = 0.1
	noise := p.Graph.Normal(p.NextStream(), p.Input.Shape()...)
	moved := p.Forward(sym.Add(p.Input, sym.Scale(noise, sigma)))
	return sym.Scale(sym.Sum(sym.Square(sym.Sub(moved, p.Outputs))), 1/(sigma*sigma*float64(p.Batch)))
}

// slopeAlong is the squared slope of the loss along its gradient's direction, which is held constant.
func slopeAlong(p *gradreg.Problem) *sym.Expr {
	g := sym.Gradient(sym.Sum(p.Losses), p.Input)[0]
	norms := sym.Sqrt(sym.Sum(sym.Square(g), 1, 2, 3))
	direction := sym.StopGradient(sym.Div(g, sym.Broadcast(norms, []int{0}, g.Shape()...)))
	return sym.Scale(sym.Sum(sym.Square(sym.Sum(sym.Mul(g, direction), 1, 2, 3))), 1/float64(p.Batch))
}

// TestCustom runs the suite over types that gradreg does not know.
func TestCustom(t *testing.T) {
	regtest.Conformance(t, custom{"logit-noise", 0.5, outputNoise})
	regtest.Conformance(t, custom{"slope-along", 0.5, slopeAlong})
	sum := func(p *gradreg.Problem) *sym.Expr { return sym.Scale(outputNoise(p), float64(p.Batch)) }
	regtest.Conformance(t, custom{"summed", 0.5, sum}, "batch-mean")
}

// TestBroken checks that each kind of broken regularizer fails the check that is there for it.
func TestBroken(t *testing.T) {
	datagrad := gradreg.DataGrad{Weight: 1}.Penalty
	logits := func(p *gradreg.Problem) *sym.Expr { return sym.Sum(sym.Square(p.Outputs)) }
	calls := 0
	for _, c := range []struct {
		check, message string
		reg            gradreg.Regularizer
	}{
		{"text", "λ is 0", gradreg.DataGrad{}},
		{"text", "does not validate", gradreg.DataGrad{Weight: -1}},
		{"text", "the name", custom{"a b", 1, datagrad}},
		{"text", "expected \"x:1\"", misspelt{custom{"x", 1, datagrad}}},
		{"text", "parses to", custom{"datagrad", 1, datagrad}},
		{"objective", "expected a float scalar", custom{"x", 1, func(p *gradreg.Problem) *sym.Expr { return p.Losses }}},
		{"objective", "add", custom{"x", 1, func(p *gradreg.Problem) *sym.Expr { return sym.Add(p.Losses, p.Outputs) }}},
		{"objective", "is NaN", custom{"x", 1, func(p *gradreg.Problem) *sym.Expr { return sym.Log(sym.Neg(sym.Sum(sym.Exp(p.Outputs)))) }}},
		{"objective", "another expression", custom{"x", 1, func(p *gradreg.Problem) *sym.Expr {
			calls++
			return sym.Scale(datagrad(p), float64(calls))
		}}},
		{"objective", "depends on λ", dependent{custom{"x", 1, datagrad}}},
		{"gradient", "does not reach", custom{"x", 1, func(p *gradreg.Problem) *sym.Expr { return sym.StopGradient(datagrad(p)) }}},
		{"gradient", "does not reach", custom{"x", 1, func(p *gradreg.Problem) *sym.Expr { return sym.Sum(sym.Square(p.Params.All()[0].Expr)) }}},
		{"gradient", "difference quotient", custom{"x", 1, func(p *gradreg.Problem) *sym.Expr {
			// A mask that jumps without a derivative.
			jumps := sym.Sign(sym.Sin(sym.Scale(p.Losses, 1e9)))
			return sym.Add(datagrad(p), sym.Sum(jumps))
		}}},
		{"batch-mean", "every sample twice", custom{"x", 1, logits}},
		{"compiled", "compiled", custom{"x", 1, func(p *gradreg.Problem) *sym.Expr {
			// Beyond the range of float32.
			return sym.Sum(sym.Square(sym.Scale(p.Outputs, 1e30)))
		}}},
	} {
		err := run(t, c.check, c.reg)
		if err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s of %v: %v, expected a message with %q", c.check, c.reg, err, c.message)
		}
	}
}

// misspelt has a text form without its name.
type misspelt struct{ custom }

func (misspelt) String() string { return "y:1" }

// dependent has λ in its penalty.
type dependent struct{ custom }

func (d dependent) WithLambda(lambda float64) gradreg.Regularizer {
	return custom{d.name, lambda, func(p *gradreg.Problem) *sym.Expr { return sym.Scale(d.penalty(p), lambda) }}
}

// run runs a check by name.
func run(t *testing.T, name string, reg gradreg.Regularizer) error {
	t.Helper()
	for _, c := range regtest.Checks() {
		if c.Name == name {
			return c.Run(reg)
		}
	}
	t.Fatalf("no check %s", name)
	return nil
}
