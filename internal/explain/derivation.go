package explain

import (
	"slices"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
)

// What says which part of a training step is shown.
type What string

// Parts of a training step.
const (
	Penalty  What = "penalty"  // the penalties R
	Gradient What = "gradient" // the gradient of Σ λ·R in every weight
	Step     What = "step"     // loss, penalties and the gradient of the objective in every weight
)

// Whats lists the parts.
func Whats() []string { return []string{string(Penalty), string(Gradient), string(Step)} }

// Options are what is explained.
type Options struct {
	Regularizers []gradreg.Regularizer
	Model        model.Model
	Batch        int
	Shape        [3]int // of an image: channels, height, width
	Classes      int
	What         What
	Level        string // of the kernels, that of this process if empty
}

// Stage is the program after a pass.
type Stage struct {
	Pass       string `json:"pass"` // "input" before the first
	Operations int    `json:"operation_count"`
	// MultiplyAdds are those of matrix products and convolutions in one run.
	MultiplyAdds int `json:"multiply_adds"`

	roots []*sym.Expr
}

// Text returns the stage as a straight-line program.
func (s Stage) Text() string { return sym.Format(s.roots...) }

// Derivation is what was derived.
type Derivation struct {
	Stages  []Stage
	Program string // regions and kernel calls
	// KernelCalls is the number of them, MultiplyAdds what they compute by their own account.
	KernelCalls, MultiplyAdds int
}

// Before returns the program as differentiation leaves it.
func (d *Derivation) Before() Stage { return d.Stages[0] }

// After returns the program as the last pass leaves it.
func (d *Derivation) After() Stage { return d.Stages[len(d.Stages)-1] }

// Derive builds and compiles the part of a training step that o asks for. An error of the input if
// the model does not take the images, or if nothing is asked for.
func Derive(o Options) (*Derivation, error) {
	roots, err := o.roots()
	if err != nil {
		return nil, err
	}
	d := &Derivation{}
	on, err := engine.Native(engine.Options{Level: o.Level, Threads: 1, Trace: func(pass string, roots []*sym.Expr) {
		d.Stages = append(d.Stages, newStage(pass, roots))
	}})
	if err != nil {
		return nil, err
	}
	program, err := on.Compile(engine.Step{Outputs: roots})
	if err != nil {
		return nil, err
	}
	defer program.Close()
	d.Program, d.MultiplyAdds = program.(engine.Lister).Listing(0), program.MACs(0)
	for line := range strings.Lines(d.Program) {
		if strings.HasPrefix(line, "    ") { // below a region and a lane: a call
			d.KernelCalls++
		}
	}
	return d, nil
}

// roots builds what is shown.
func (o Options) roots() ([]*sym.Expr, error) {
	if !slices.Contains(Whats(), string(o.What)) {
		return nil, fault.Input(spec.Unknown("part", string(o.What), Whats()))
	}
	if o.Batch < 1 || o.Classes < 2 || min(o.Shape[0], o.Shape[1], o.Shape[2]) < 1 {
		return nil, fault.Inputf(
			"found a batch of %d, images of %v and %d classes, expected at least 1, 1 x 1 x 1 and 2",
			o.Batch, o.Shape, o.Classes,
		)
	}
	t, err := gradreg.NewClassifierTraining(gradreg.ClassifierOptions{
		Model: o.Model.String(), Shape: o.Shape, Classes: o.Classes, Batch: o.Batch, Regularizers: o.Regularizers,
		Forward:   func(c *nn.Context, x *sym.Expr) *sym.Expr { return o.Model.Logits(c, x, o.Classes) },
		Optimizer: optim.SGD{}, // no update is shown
	})
	if err != nil {
		return nil, err
	}
	var penalties []*sym.Expr
	for _, term := range t.Terms {
		penalties = append(penalties, term.Value)
	}
	total, weights := t.Objective(nil), nn.Exprs(t.Params.Trainable())
	switch o.What {
	case Penalty:
		if len(penalties) == 0 {
			return nil, fault.Inputf("found no regularizer, expected at least one to explain a %s", o.What)
		}
		return penalties, nil
	case Gradient:
		return sym.Gradient(sym.Sub(total, t.Loss), weights...), nil
	}
	return append(append([]*sym.Expr{t.Loss}, penalties...), sym.Gradient(total, weights...)...), nil
}

// newStage counts a program.
func newStage(pass string, roots []*sym.Expr) Stage {
	s := Stage{Pass: pass, roots: slices.Clone(roots)}
	for _, e := range sym.Topological(roots...) {
		if len(e.Args()) > 0 {
			s.Operations++
			s.MultiplyAdds += e.MACs()
		}
	}
	return s
}
