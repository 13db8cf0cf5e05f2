package gradreg

import (
	"strconv"
	"strings"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// ClassifierOptions are what the training of a classifier is made of.
type ClassifierOptions struct {
	Model        string // how messages name the network
	Forward      Forward
	Shape        [3]int    // of an image: channels, height, width
	Task         task.Task // what it learns; classification if nil
	Classes      int       // or labels, or numbers
	Batch        int       // images of a step
	Regularizers []Regularizer
	// Pretrained reports whether a parameter begins with pretrained weights; nil if none does.
	Pretrained func(p *nn.Param) bool
	Optimizer  optim.Optimizer
	Mixup      bool // images are mixed in pairs, see [ClassifierTraining.Feed]
}

// ClassifierTraining is the training of a classifier of images by cross-entropy, or of a network
// for another task by its losses.
type ClassifierTraining struct {
	*Training
	Problem *Problem
	X       *sym.Expr // images [B, C, H, W]
	Y       *sym.Expr // classes [B], or labels or numbers [B, K]
	Context *nn.Context

	other, share *sym.Expr // of mixed images: classes of the other images [B], share of the first ones
}

// NewClassifierTraining builds the training in a graph of its own. It is an error of the input if
// the network does not take the images, or if a regularizer's options are wrong. A part that is nil
// is an error, too.
func NewClassifierTraining(o ClassifierOptions) (*ClassifierTraining, error) {
	if o.Optimizer == nil {
		return nil, missing("optimizer")
	}
	g := sym.NewGraph()
	t := &ClassifierTraining{
		X: g.Input("x", sym.Float, o.Batch, o.Shape[0], o.Shape[1], o.Shape[2]),
	}
	if o.Task == nil {
		o.Task = task.Classification{}
	}
	var targets *sym.Expr
	t.Y, targets = o.Task.Target(g, "y", o.Batch, o.Classes)
	t.Context = nn.NewContext(nn.NewParams(g), true, 0)
	forward := Transform(o.Forward, o.Regularizers)
	if o.Mixup && t.Y.DType() == sym.Int { // numbers are mixed by whoever feeds them
		t.other, t.share = g.Input("y/other", sym.Int, o.Batch), g.Input("mix/share", sym.Float)
	}
	t.Problem = NewProblem(o.Task, t.Context, t.X, t.mixed(targets, o.Classes), forward)
	if err := Refused(t.Problem.Outputs); err != nil {
		return nil, fault.Inputf("model %s: %w", o.Model, err)
	} else if err := t.Problem.Outputs.Err(); err != nil {
		return nil, fault.Inputf("model %s does not take images of %s: %w",
			o.Model, extents(o.Shape[:]), err)
	}
	t.Problem.Pretrained = o.Pretrained
	t.Training = NewTraining(t.Context, o.Optimizer)
	t.Regularize(t.Problem, o.Regularizers)
	if err := t.Refused(); err != nil {
		return nil, fault.Input(err)
	}
	return t, nil
}

// extents returns a shape as 1x28x28.
func extents(shape []int) string {
	var parts []string
	for _, n := range shape {
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, "x")
}

// mixed returns share·first + (1−share)·one-hot(other): [B, K]; first where nothing is mixed.
func (t *ClassifierTraining) mixed(first *sym.Expr, classes int) *sym.Expr {
	if t.share == nil {
		return first
	}
	share := sym.BroadcastTo(t.share, first.Shape()...)
	other := sym.OneHot(t.other, classes)
	return sym.Add(other, sym.Mul(share, sym.Sub(first, other)))
}

// Feed gives a program images and their classes. With Mixup image i is mixed with image B − 1 − i,
// whose share is 1 − share.
func (t *ClassifierTraining) Feed(
	p engine.Program, images []float32, labels []int32, share float64,
) error {
	if err := p.Write(t.X, images); err != nil {
		return err
	}
	if err := p.WriteInts(t.Y, labels); err != nil || t.share == nil {
		return err
	}
	if err := engine.WriteScalar(p, t.share, float32(share)); err != nil {
		return err
	}
	return p.FillInts(t.other, func(other []int32) {
		for i, y := range labels {
			other[len(labels)-1-i] = y
		}
	})
}

// FeedTargets gives a program images and their labels or numbers [B, K], for a task that has no
// classes. Those of mixed images are mixed like them.
func (t *ClassifierTraining) FeedTargets(p engine.Program, images, targets []float32) error {
	if err := p.Write(t.X, images); err != nil {
		return err
	}
	return p.Write(t.Y, targets)
}
