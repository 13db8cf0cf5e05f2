package classify

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// trainer is the compiled training step with its state.
type trainer struct {
	parts
	*gradreg.ClassifierTraining
	config  Config
	asked   string // the data as it was asked for, where config has a path that does not depend on where we are
	digest  string // of the pictures of a folder
	program engine.Program
	cpu     string    // the engine's name
	latest  []float64 // loss and penalties when last taken
}

// newTrainer compiles the steps of a run for images of the given shape.
func newTrainer(cfg Config, p parts, shape dataset.Shape, classes int, on engine.Engine) (*trainer, error) {
	t, err := p.training(cfg.Batch, shape, classes)
	if err != nil {
		return nil, err
	}
	e := &trainer{parts: p, ClassifierTraining: t, config: cfg, cpu: on.Name()}
	if e.program, err = on.Compile(t.Steps(cfg.Steps)...); err != nil {
		return nil, err
	}
	return e, t.Params.Initialize(e.program, cfg.Seed)
}

// training makes the expressions of a step of some images.
func (p parts) training(batch int, shape dataset.Shape, classes int) (*gradreg.ClassifierTraining, error) {
	return gradreg.NewClassifierTraining(gradreg.ClassifierOptions{
		Model: p.model.String(), Shape: [3]int{shape.C, shape.H, shape.W}, Classes: classes, Batch: batch,
		Forward:      func(c *nn.Context, x *sym.Expr) *sym.Expr { return p.model.Logits(c, x, classes) },
		Regularizers: p.regularizers, Optimizer: p.optimizer, Mixup: p.augment.Mixup > 0,
	})
}

// close ends the engine's workers.
func (e *trainer) close() {
	if e != nil {
		e.program.Close()
	}
}

// step takes step s, counted from 1, on the batch in the program's inputs. It returns the loss and
// the penalties, of those that are not taken at this step the last value, and an error if one is
// not finite.
func (e *trainer) step(s int) ([]float64, error) {
	lr := e.config.LearningRate * e.schedule.At(s, e.config.planned(s))
	if err := e.Run(e.program, e.config.Seed, s, e.config.planned(s), lr); err != nil {
		return nil, err
	}
	if e.latest == nil {
		e.latest = slices.Repeat([]float64{nan}, 1+len(e.regularizers))
	}
	values, output := e.latest, 0
	for i := range values {
		if i > 0 && !e.Active(i-1, s) {
			continue
		}
		value, err := engine.Scalar(e.program, output)
		if err != nil {
			return nil, err
		}
		values[i] = float64(value)
		output++
		if math.IsNaN(values[i]) || math.IsInf(values[i], 0) {
			return values, e.diverged(s, e.label(i), values[i])
		}
	}
	return slices.Clone(values), nil
}

// label names output i.
func (e *trainer) label(i int) string {
	if i == 0 {
		return "loss"
	}
	return e.regularizers[i-1].Name()
}

// diverged is the error of a run whose numbers are no longer finite.
func (e *trainer) diverged(step int, what string, value float64) error {
	type norm struct {
		name string
		norm float64
	}
	var norms []norm
	err := e.Params.Each(e.program, func(p *nn.Param, values []float32) error {
		sum := 0.0
		for _, v := range values {
			sum += float64(v) * float64(v)
		}
		if p.Trainable {
			norms = append(norms, norm{p.Name, math.Sqrt(sum)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(norms, func(a, b norm) int { // NaN first, then the largest
		return cmp.Or(-cmp.Compare(number(math.IsNaN(a.norm)), number(math.IsNaN(b.norm))), -cmp.Compare(a.norm, b.norm))
	})
	var parts []string
	for _, n := range norms[:min(3, len(norms))] {
		parts = append(parts, fmt.Sprintf("%s %.3g", n.name, n.norm))
	}
	return divergence{fmt.Errorf("%s is %v at step %d; largest parameter norms: %s; try a lower learning rate or λ",
		what, value, step, strings.Join(parts, ", "))}
}

// number returns 1 for true.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// divergence is the error of a run whose numbers are no longer finite.
type divergence struct{ error }

// finite reports whether all parameters are.
func (e *trainer) finite() (bool, error) {
	finite := true
	err := e.Params.Each(e.program, func(_ *nn.Param, values []float32) error {
		finite = finite && tensorfile.Tensor{F32: values}.Finite()
		return nil
	})
	return finite, err
}

// weight returns what penalty i is multiplied by at a step that takes it.
func (e *trainer) weight(i, step int) float64 { return e.Weight(i, step, e.config.planned(step)) }

// shown returns λ of penalty i as people see it at a step: in the mean over the steps, so that
// every=k does not count.
func (e *trainer) shown(i, step int) float64 {
	return e.weight(i, step) / float64(max(e.Terms[i].Schedule.Every, 1))
}
