package toy

import (
	"context"
	"fmt"
	"math"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
)

// network is the model of the talk.
var network = model.MLP{Hidden: []int{64, 64, 64, 64, 64}}

// engine computes loss and penalty of points, and a training step if it has a learning rate.
type engine struct {
	program *plan.Program
	params  *nn.Params
	update  *optim.Step
	x, y    *sym.Expr
	dim     int
}

// Outputs of an engine's program.
const (
	outLoss    = iota // mean_b (f(x_b) − y_b)²
	outPenalty        // mean_b ‖∂f/∂x(x_b)‖²
	outValues         // f(x_b) [B]
	outSlopes         // ‖∂f/∂x(x_b)‖² [B]
)

// newEngine compiles a program for n points. With train it is a step on loss + λ·penalty, else it changes nothing.
func newEngine(n, dim int, lambda float64, train bool, level kernel.Level, threads int) (*engine, error) {
	g := sym.NewGraph()
	e := &engine{params: nn.NewParams(g), dim: dim}
	e.x, e.y = g.Input("x", sym.Float, n, dim), g.Input("y", sym.Float, n, 1)
	f := network.Logits(nn.NewContext(e.params, train, 0), e.x, 1)
	loss := sym.Mean(sym.Square(sym.Sub(f, e.y)))
	// Points do not meet in the network, so the gradient of the sum holds the gradient of each.
	slopes := sym.Sum(sym.Square(sym.Gradient(sym.Sum(f), e.x)[0]), 1)
	penalty := sym.Mean(slopes)
	var updates []plan.Update
	if train {
		total := loss
		if lambda > 0 {
			total = sym.Add(loss, sym.Scale(penalty, lambda))
		}
		trainable := e.params.Trainable()
		e.update = optim.NewAdam().Build(trainable, sym.Gradient(total, nn.Exprs(trainable)...))
		for _, u := range e.update.Updates {
			updates = append(updates, plan.Update(u))
		}
	}
	var err error
	e.program, err = plan.Compile([]*sym.Expr{loss, penalty, sym.Reshape(f, n), slopes}, updates, plan.Options{Level: level, Threads: threads})
	return e, err
}

// set gives the points, and their values if there are any.
func (e *engine) set(x [][]float64, y []float64) {
	dst := e.program.Float(e.x)
	for i, p := range x {
		for d, v := range p {
			dst[i*e.dim+d] = float32(v)
		}
	}
	for i, v := range y {
		e.program.Float(e.y)[i] = float32(v)
	}
}

// weights are parameters by their place in the registry.
type weights [][]float32

// weights copies the parameters.
func (e *engine) weights() weights {
	var w weights
	for _, p := range e.params.All() {
		w = append(w, append([]float32(nil), e.program.Float(p.Expr)...))
	}
	return w
}

// load sets the parameters.
func (e *engine) load(w weights) {
	for i, p := range e.params.All() {
		copy(e.program.Float(p.Expr), w[i])
	}
}

// at returns output i.
func (e *engine) at(i int) []float64 {
	out := make([]float64, 0, len(e.program.Output(i)))
	for _, v := range e.program.Output(i) {
		out = append(out, float64(v))
	}
	return out
}

// fit trains from the seed's initial weights and returns the weights, or those that it remembers.
func fit(ctx context.Context, problem Problem, p points, lambda float64, seed uint64, o Options) (weights, error) {
	e, err := newEngine(len(p.x), problem.Dim, lambda, true, o.Level, o.Threads)
	if err != nil {
		return nil, err
	}
	defer e.program.Close()
	memory := o.memoryOf(problem.Name, lambda, seed)
	if w, err := memory.recall(e.params.All()); err != nil || w != nil {
		return w, err
	}
	for _, param := range e.params.All() {
		param.Fill(e.program.Float(param.Expr), seed)
	}
	e.set(p.x, p.y)
	for step := 1; step <= o.Steps; step++ {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for i, v := range e.update.Values(step, o.LearningRate*o.decay(step)) {
			e.program.Float(e.update.Scalars[i])[0] = v
		}
		if err := e.program.Run(seed, uint64(step)); err != nil {
			return nil, err
		}
		if loss := float64(e.program.Output(outLoss)[0]); math.IsNaN(loss) || math.IsInf(loss, 0) {
			return nil, fmt.Errorf("loss is %v at step %d; try a lower learning rate or λ", loss, step)
		}
	}
	w := e.weights()
	return w, memory.keep(e.params.All(), w)
}

// measure returns loss, penalty, values and slopes of the network at places; y may be nil.
func measure(w weights, x [][]float64, y []float64, o Options) (loss, penalty float64, values, slopes []float64, err error) {
	e, err := newEngine(len(x), len(x[0]), 0, false, o.Level, o.Threads)
	if err != nil {
		return 0, 0, nil, nil, err
	}
	defer e.program.Close()
	e.set(x, y)
	e.load(w)
	if err := e.program.Run(0, 0); err != nil {
		return 0, 0, nil, nil, err
	}
	slopes = e.at(outSlopes)
	for i, s := range slopes {
		slopes[i] = math.Sqrt(s)
	}
	return e.at(outLoss)[0], e.at(outPenalty)[0], e.at(outValues), slopes, nil
}
