package tune

import (
	"context"
	"fmt"
	"math"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// scaleBatches is over how many batches the norms of gradients are averaged.
const scaleBatches = 16

// GradientScale trains a configuration and returns ‖∇L‖/‖∇R‖ there: the λ at which the penalty R
// moves the parameters as much as the loss L does. It is the root of the ratio of mean squares over
// 16 batches that the training did not get to.
func GradientScale(
	ctx context.Context, cfg classify.Config, penalty gradreg.Regularizer, opt classify.Options,
) (float64, error) {
	if err := fault.NoContext(ctx); err != nil {
		return 0, err
	}
	trained, err := classify.Train(ctx, cfg, opt)
	if err != nil {
		return 0, err
	}
	defer trained.Close()
	t, err := trained.With(penalty)
	if err != nil {
		return 0, err
	}
	program, err := trained.Engine().Compile(engine.Step{Outputs: []*sym.Expr{
		squaredGradient(t, t.Loss), squaredGradient(t, t.Terms[0].Value),
	}})
	if err != nil {
		return 0, err
	}
	defer program.Close()
	if err := trained.Load(t, program); err != nil {
		return 0, err
	}
	var squares [2]float64
	for i := range scaleBatches {
		step := cfg.Steps + i
		if err := trained.Batch(step, t, program); err != nil {
			return 0, err
		}
		if err := program.Run(0, cfg.Seed, uint64(step)); err != nil {
			return 0, err
		}
		for k := range squares {
			v, err := engine.Scalar(program, k)
			if err != nil {
				return 0, err
			}
			squares[k] += float64(v)
		}
	}
	scale := math.Sqrt(squares[0] / squares[1])
	if !(scale > 0) || math.IsInf(scale, 0) {
		return 0, fmt.Errorf("the gradients of loss and %s have norms %.3g and %.3g: no λ balances them",
			penalty.Name(), math.Sqrt(squares[0]/scaleBatches), math.Sqrt(squares[1]/scaleBatches))
	}
	return scale, nil
}

// squaredGradient returns Σ (∂e/∂w)² over all weights w.
func squaredGradient(t *gradreg.ClassifierTraining, e *sym.Expr) *sym.Expr {
	sum := e.Graph().Const(0)
	for _, d := range sym.Gradient(e, nn.Exprs(t.Params.Trainable())...) {
		sum = sym.Add(sum, sym.Sum(sym.Square(d)))
	}
	return sum
}
