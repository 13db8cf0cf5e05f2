package classify

import (
	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/train"
)

// trainer is the compiled training step with its state.
type trainer struct {
	parts
	*gradreg.ClassifierTraining
	config  Config
	asked   dataset.Source // the data as they were asked for; config has their absolute form
	digest  string         // of the pictures of a folder
	program engine.Program
	cpu     string // the engine's name
	learner train.Learner
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
	// The configuration changes when a run that goes on gets more steps.
	e.learner = train.Learner{
		Training: t.Training, Program: e.program, Seed: cfg.Seed,
		Rate:    func(step int) float64 { return e.config.LearningRate * e.schedule.At(step, e.config.planned(step)) },
		Planned: func(step int) int { return e.config.planned(step) },
	}
	return e, t.Params.Initialize(e.program, cfg.Seed)
}

// training makes the expressions of a step of some images.
func (p parts) training(batch int, shape dataset.Shape, classes int) (*gradreg.ClassifierTraining, error) {
	return gradreg.NewClassifierTraining(gradreg.ClassifierOptions{
		Model: p.model.String(), Shape: [3]int{shape.C, shape.H, shape.W}, Task: p.task, Classes: classes, Batch: batch,
		Forward:      func(c *nn.Context, x *sym.Expr) *sym.Expr { return p.model.Logits(c, x, classes) },
		Regularizers: p.regularizers, Pretrained: p.pretrained, Optimizer: p.optimizer, Mixup: p.augment.Mixup > 0,
	})
}

// close ends the engine's workers.
func (e *trainer) close() {
	if e != nil {
		e.program.Close()
	}
}
