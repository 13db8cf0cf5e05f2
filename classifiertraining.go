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
	Shape        [3]int // of an image: channels, height, width
	Classes      int
	Batch        int // images of a step
	Regularizers []Regularizer
	Optimizer    optim.Optimizer
	Mixup        bool // images are mixed in pairs, see [ClassifierTraining.Feed]
}

// ClassifierTraining is the training of a classifier of images by cross-entropy.
type ClassifierTraining struct {
	*Training
	Problem *Problem
	X       *sym.Expr // images [B, C, H, W]
	Y       *sym.Expr // classes [B]
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
		Y: g.Input("y", sym.Int, o.Batch),
	}
	t.Context = nn.NewContext(nn.NewParams(g), true, 0)
	forward := Transform(o.Forward, o.Regularizers)
	if o.Mixup {
		t.other, t.share = g.Input("y/other", sym.Int, o.Batch), g.Input("mix/share", sym.Float)
	}
	t.Problem = NewProblem(task.Classification{}, t.Context, t.X, t.targets(o.Classes), forward)
	if err := Refused(t.Problem.Outputs); err != nil {
		return nil, fault.Inputf("model %s: %w", o.Model, err)
	} else if err := t.Problem.Outputs.Err(); err != nil {
		return nil, fault.Inputf("model %s does not take images of %s: %w",
			o.Model, extents(o.Shape[:]), err)
	}
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

// targets returns share·one-hot(y) + (1−share)·one-hot(other): [B, K]; one-hot(y) where nothing is
// mixed.
func (t *ClassifierTraining) targets(classes int) *sym.Expr {
	first := sym.OneHot(t.Y, classes)
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
