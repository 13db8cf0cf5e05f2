package toy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// network is the model of the talk.
var network = model.MLP{Hidden: []int{64, 64, 64, 64, 64}}

// computer computes loss and penalty of points, and a training step if it has a training.
type computer struct {
	program  engine.Program
	params   *nn.Params
	training *gradreg.Training
	outputs  []*sym.Expr
	x, y     *sym.Expr
	dim      int
}

// Outputs of a computer's program.
const (
	outLoss    = iota // mean_b (f(x_b) − y_b)²
	outPenalty        // mean_b ‖∂f/∂x(x_b)‖²
	outValues         // f(x_b) [B]
	outSlopes         // ‖∂f/∂x(x_b)‖² [B]
)

// newComputer compiles a program for n points. With train it is a step on loss + λ·penalty, else it
// changes nothing.
func (o Options) newComputer(n, dim int, lambda float64, train bool) (*computer, error) {
	g := sym.NewGraph()
	e := &computer{params: nn.NewParams(g), dim: dim}
	var numbers task.Regression
	input, targets := numbers.Target(g, "y", n, 1)
	e.x, e.y = g.Input("x", sym.Float, n, dim), input
	c := nn.NewContext(e.params, train, 0)
	forward := func(c *nn.Context, x *sym.Expr) *sym.Expr {
		return network.Logits(c, x, numbers.Outputs(1))
	}
	problem := gradreg.NewProblem(numbers, c, e.x, targets, forward)
	f, loss := problem.Outputs, problem.Loss()
	// Points do not meet in the network, so the gradient of the sum holds the gradient of each.
	slopes := sym.Sum(sym.Square(sym.Gradient(sym.Sum(f), e.x)[0]), 1)
	penalty := sym.Mean(slopes)
	var step engine.Step
	if train {
		e.training = gradreg.NewTraining(c, optim.NewAdam())
		e.training.Loss = loss
		e.training.Add(gradreg.Term{Name: "slope", Value: penalty, Lambda: lambda})
		step = e.training.Step(nil)
	}
	e.outputs = []*sym.Expr{loss, penalty, sym.Reshape(f, n), slopes}
	step.Outputs = e.outputs
	on, err := engine.Native(engine.Options{Level: o.Level, Threads: max(o.Threads, 1)})
	if err != nil {
		return nil, err
	}
	e.program, err = on.Compile(step)
	return e, err
}

// set gives the points, and their values if there are any.
func (e *computer) set(x [][]float64, y []float64) error {
	err := e.program.Fill(e.x, func(dst []float32) {
		for i, p := range x {
			for d, v := range p {
				dst[i*e.dim+d] = float32(v)
			}
		}
	})
	return errors.Join(err, e.program.Fill(e.y, func(dst []float32) {
		for i, v := range y {
			dst[i] = float32(v)
		}
	}))
}

// weights are parameters by their place in the registry.
type weights [][]float32

// weights copies the parameters.
func (e *computer) weights() (w weights, err error) {
	err = e.params.Each(e.program, func(_ *nn.Param, values []float32) error {
		w = append(w, slices.Clone(values))
		return nil
	})
	return w, err
}

// load sets the parameters.
func (e *computer) load(w weights) error {
	for i, p := range e.params.All() {
		if err := e.program.Write(p.Expr, w[i]); err != nil {
			return err
		}
	}
	return nil
}

// at returns output i.
func (e *computer) at(i int) ([]float64, error) {
	values := make([]float32, e.outputs[i].Shape().Size())
	if err := e.program.Output(i, values); err != nil {
		return nil, err
	}
	out := make([]float64, len(values))
	for k, v := range values {
		out[k] = float64(v)
	}
	return out, nil
}

// run runs the program and returns all outputs.
func (e *computer) run() (out [4][]float64, err error) {
	if err := e.program.Run(0, 0, 0); err != nil {
		return out, err
	}
	for i := range out {
		if out[i], err = e.at(i); err != nil {
			return out, err
		}
	}
	return out, nil
}

// fit trains from the seed's initial weights and returns the weights, or those that it remembers.
func fit(ctx context.Context, problem Problem, p points, lambda float64, seed uint64, o Options) (weights, error) {
	e, err := o.newComputer(len(p.x), problem.Dim, lambda, true)
	if err != nil {
		return nil, err
	}
	defer e.program.Close()
	memory := o.memoryOf(problem.Name, lambda, seed)
	if w, err := memory.recall(e.params.All()); err != nil || w != nil {
		return w, err
	}
	if err := errors.Join(e.params.Initialize(e.program, seed), e.set(p.x, p.y)); err != nil {
		return nil, err
	}
	for step := 1; step <= o.Steps; step++ {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := e.training.Prepare(e.program, step, o.Steps, o.LearningRate*o.decay(step)); err != nil {
			return nil, err
		}
		if err := e.program.Run(0, seed, uint64(step)); err != nil {
			return nil, err
		}
		loss, err := engine.Scalar(e.program, outLoss)
		if err != nil {
			return nil, err
		}
		if loss := float64(loss); math.IsNaN(loss) || math.IsInf(loss, 0) {
			return nil, fmt.Errorf("loss is %v at step %d; try a lower learning rate or λ", loss, step)
		}
	}
	w, err := e.weights()
	if err != nil {
		return nil, err
	}
	return w, memory.keep(e.params.All(), w)
}

// measure returns loss, penalty, values and slopes of the network at places; y may be nil.
func measure(
	w weights, x [][]float64, y []float64, o Options,
) (loss, penalty float64, values, slopes []float64, err error) {
	e, err := o.newComputer(len(x), len(x[0]), 0, false)
	if err != nil {
		return 0, 0, nil, nil, err
	}
	defer e.program.Close()
	if err := errors.Join(e.set(x, y), e.load(w)); err != nil {
		return 0, 0, nil, nil, err
	}
	out, err := e.run()
	if err != nil {
		return 0, 0, nil, nil, err
	}
	slopes = out[outSlopes]
	for i, s := range slopes {
		slopes[i] = math.Sqrt(s)
	}
	return out[outLoss][0], out[outPenalty][0], out[outValues], slopes, nil
}
