package gradreg_test

import (
	"context"
	"fmt"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// A training step with a penalty, in symbolic form: the objective's gradients are expressions like all else, and an
// optimizer makes the parameters' new values of them.
func ExampleObjective() {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	x, y := g.Input("x", sym.Float, 50, 1, 28, 28), g.Input("y", sym.Int, 50)
	problem := gradreg.NewProblem(task.Classification{}, c, x, sym.OneHot(y, 10), func(c *nn.Context, x *sym.Expr) *sym.Expr {
		return model.NewLeNet().Logits(c, x, 10)
	})
	regs := []gradreg.Regularizer{gradreg.DataGrad{Weight: 50}, gradreg.WeightDecay{Weight: 5e-4}}
	total, penalties := gradreg.Objective(problem, regs)
	params := problem.Params.Trainable()
	step := optim.NewAdam().Build(params, sym.Gradient(total, nn.Exprs(params)...))
	fmt.Println(total, len(penalties), problem.Params.Count(), len(step.Updates), total.Err())
	// Output: add float[] 2 61706 30 <nil>
}

// On a linear model f(x) = x·W the penalties have values that can be worked out: ‖Wε‖² for SpectReg.
func ExampleSpectReg() {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	x, y := g.Input("x", sym.Float, 1, 2), g.Input("y", sym.Int, 1)
	problem := gradreg.NewProblem(task.Classification{}, c, x, sym.OneHot(y, 2), nn.Dense{Out: 2, NoBias: true}.Apply)
	penalty := gradreg.SpectReg{Weight: 0.03}.Penalty(problem)
	values := map[*sym.Expr]*sym.Tensor{
		c.Params.All()[0].Expr: {Shape: sym.Shape{2, 2}, Data: []float64{1, 2, 3, 4}},
	}
	for _, e := range sym.Topological(penalty) {
		if e.Op() == sym.OpNormal { // a chosen ε in the place of a random one
			values[e] = &sym.Tensor{Shape: sym.Shape{1, 2}, Data: []float64{1, -1}}
		}
	}
	r, err := sym.Eval(sym.Env{Values: values}, penalty)
	fmt.Println(r[0].Data, err) // W·(1, −1) = (−1, −1)
	// Output: [2] <nil>
}

// DataGrad of a classifier that is sure of nothing: p = ½, so ∂L/∂x = W·(p − onehot).
func ExampleDataGrad() {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	x, y := g.Input("x", sym.Float, 1, 2), g.Input("y", sym.Int, 1)
	problem := gradreg.NewProblem(task.Classification{}, c, x, sym.OneHot(y, 2), nn.Dense{Out: 2, NoBias: true}.Apply)
	values := map[*sym.Expr]*sym.Tensor{
		c.Params.All()[0].Expr: {Shape: sym.Shape{2, 2}, Data: []float64{1, 2, 3, 5}},
		x:                      sym.NewTensor(1, 2), // zeros, so that the logits are
		y:                      {Shape: sym.Shape{1}, Data: []float64{0}},
	}
	r, err := sym.Eval(sym.Env{Values: values}, gradreg.DataGrad{Weight: 50}.Penalty(problem))
	fmt.Println(r[0].Data, err) // W·(−½, ½) = (½, 1)
	// Output: [1.25] <nil>
}

func ExampleWeightDecay() {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	x, y := g.Input("x", sym.Float, 1, 1), g.Input("y", sym.Int, 1)
	problem := gradreg.NewProblem(task.Classification{}, c, x, sym.OneHot(y, 2), nn.Dense{Out: 2}.Apply)
	values := map[*sym.Expr]*sym.Tensor{}
	for _, p := range c.Params.All() { // the weight and the bias, which does not decay
		values[p.Expr] = sym.NewTensor(p.Expr.Shape()...)
		values[p.Expr].Data[0], values[p.Expr].Data[1] = 3, 4
	}
	r, err := sym.Eval(sym.Env{Values: values}, gradreg.WeightDecay{Weight: 5e-4}.Penalty(problem))
	fmt.Println(r[0].Data, err)
	// Output: [12.5] <nil>
}

// squeezing is a regularizer of a user's own, logit squeezing: mean_b ‖f(x_b)‖² (Kannan et al. 2018).
type squeezing struct{ lambda float64 }

func (s squeezing) Penalty(p *gradreg.Problem) *sym.Expr {
	return sym.Scale(sym.Sum(sym.Square(p.Outputs)), 1/float64(p.Batch))
}

func (s squeezing) Name() string    { return "squeezing" }
func (s squeezing) Lambda() float64 { return s.lambda }
func (s squeezing) Validate() error { return nil }
func (s squeezing) String() string  { return fmt.Sprintf("squeezing:%v", s.lambda) }

// A regularizer of one's own needs no registration: a configuration of package classify takes it as
// it is, beside those that have a text form. Package regtest tests it.
func ExampleRegularizer() {
	cfg := classify.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.Model = 100, 20, 10, model.ParseSpec("mlp:hidden=16")
	cfg.Penalties = []gradreg.Regularizer{squeezing{0.01}}
	summary, err := classify.Run(context.Background(), cfg, classify.Options{})
	fmt.Println(summary.Regularizers, err)
	// Output: [datagrad:50 weight-decay:0.0005 squeezing:0.01] <nil>
}
