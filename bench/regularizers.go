package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// RegularizerCost is what a training step with a regularizer costs beside the plain step of the
// same model.
type RegularizerCost struct {
	Regularizer    string  `json:"regularizer"`
	MultiplyAdds   int     `json:"multiply_adds"`          // of a step
	RelativeMACs   float64 `json:"relative_multiply_adds"` // to the plain step's
	RelativeTime   float64 `json:"relative_time"`          // likewise, measured: median of the rounds
	Low            float64 `json:"low"`                    // of the rounds
	High           float64 `json:"high"`
	StepSeconds    float64 `json:"step_seconds"` // median
	Bytes          int     `json:"bytes"`        // of the compiled step
	seconds, ratio []float64
	program        engine.Program
}

// RegularizerCosts measures steps of gradient descent with each of the regularizers by itself, on a
// model and a batch of images of 1×28×28 pixels and ten classes; the first row is the plain step.
// All of them run in turn, round by round, each after the plain step that it is compared with.
func RegularizerCosts(
	ctx context.Context, m model.Model, batch, threads int, regs []gradreg.Regularizer, opt Options,
) ([]RegularizerCost, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	rows := make([]RegularizerCost, 1+len(regs))
	defer func() {
		for _, r := range rows {
			if r.program != nil {
				r.program.Close()
			}
		}
	}()
	for i := range rows {
		r := &rows[i]
		r.Regularizer = "plain"
		var one []gradreg.Regularizer
		if i > 0 {
			one = regs[i-1 : i]
			r.Regularizer = one[0].String()
		}
		opt.log("compiling " + r.Regularizer)
		var err error
		if r.program, err = compileRegularized(m, batch, threads, one, opt); fault.IsInput(err) {
			return nil, err // it names the regularizer
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Regularizer, err)
		}
		r.MultiplyAdds, r.Bytes = r.program.MACs(0), r.program.Bytes()
		r.RelativeMACs = float64(r.MultiplyAdds) / float64(rows[0].MultiplyAdds)
	}
	for round := range opt.Rounds {
		opt.log(fmt.Sprintf("round %d of %d", round+1, opt.Rounds))
		for i := range rows {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			plain, err := timeStep(rows[0].program, opt.Seconds)
			if err != nil {
				return nil, fmt.Errorf("plain: %w", err)
			}
			seconds := plain
			if i > 0 {
				if seconds, err = timeStep(rows[i].program, opt.Seconds); err != nil {
					return nil, fmt.Errorf("%s: %w", rows[i].Regularizer, err)
				}
			}
			rows[i].seconds, rows[i].ratio = append(rows[i].seconds, seconds), append(rows[i].ratio, seconds/plain)
		}
	}
	for i := range rows {
		r := &rows[i]
		r.StepSeconds, r.RelativeTime = median(r.seconds), median(r.ratio)
		r.Low, r.High = slices.Min(r.ratio), slices.Max(r.ratio)
	}
	return rows, nil
}

// compileRegularized compiles a step and fills parameters and images.
func compileRegularized(
	m model.Model, batch, threads int, regs []gradreg.Regularizer, opt Options,
) (engine.Program, error) {
	t, err := gradreg.NewClassifierTraining(gradreg.ClassifierOptions{
		Model: m.String(), Shape: [3]int{1, 28, 28}, Classes: classes, Batch: batch, Regularizers: regs,
		Forward: func(c *nn.Context, x *sym.Expr) *sym.Expr { return m.Logits(c, x, classes) },
		// So small a rate that the weights stay where they are: a step's time should not depend on
		// how often it is run.
		Optimizer: descent{1e-9},
	})
	if err != nil {
		return nil, err
	}
	on, err := opt.engine(threads)
	if err != nil {
		return nil, err
	}
	p, err := on.Compile(t.Step(nil))
	if err != nil {
		return nil, err
	}
	images, labels := make([]float32, t.X.Shape().Size()), make([]int32, batch)
	for i := range images {
		images[i] = float32(i*i%251)/125 - 1
	}
	for i := range labels {
		labels[i] = int32(i * 7 % classes)
	}
	return p, errors.Join(t.Params.Initialize(p, 1), t.Feed(p, images, labels, 1), t.Prepare(p, 1, 1, 1e-9))
}

// timeStep returns the seconds of a step, from as many as take the given time.
func timeStep(p engine.Program, least float64) (float64, error) {
	start := time.Now()
	for steps := 1; ; steps++ {
		if err := p.Run(0, 1, uint64(steps)); err != nil {
			return 0, err
		}
		if elapsed := time.Since(start).Seconds(); elapsed >= least {
			return elapsed / float64(steps), nil
		}
	}
}

// median returns the middle of values, which stay in their order.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
