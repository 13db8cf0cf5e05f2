package train

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// evalBatch is the number of images that are classified at a time.
const evalBatch = 250

// classifier computes logits in inference mode.
type classifier struct {
	program *plan.Program // nil until compiled
	params  *nn.Params
	x       *sym.Expr // [batch, C, H, W]
	logits  *sym.Expr // [batch, classes]
	shape   dataset.Shape
	classes int
	batch   int
}

// newClassifier builds the forward pass of a model without allocating its memory.
func newClassifier(m model.Model, shape dataset.Shape, classes, batch int) (*classifier, error) {
	g := sym.NewGraph()
	c := &classifier{params: nn.NewParams(g), shape: shape, classes: classes, batch: batch}
	c.x = g.Input("x", sym.Float, batch, shape.C, shape.H, shape.W)
	c.logits = m.Logits(nn.NewContext(c.params, false, 0), c.x, classes)
	if err := c.logits.Err(); err != nil {
		return nil, fault.Inputf("model %s does not take images of %v: %w", m, shape, err)
	}
	return c, nil
}

// compile makes the classifier ready to run.
func (c *classifier) compile(level kernel.Level, threads int) (err error) {
	c.program, err = plan.Compile([]*sym.Expr{c.logits}, nil, plan.Options{Level: level, Threads: threads})
	return err
}

// twin returns a classifier with the same weights, in the same memory, and images of its own, so that both can run at the
// same time. n tells twins apart.
func (c *classifier) twin(n int, level kernel.Level, threads int) (*classifier, error) {
	t := *c
	t.x = c.params.Graph().Input(fmt.Sprintf("x%d", n), sym.Float, c.x.Shape()...)
	t.logits = sym.Replace([]*sym.Expr{c.logits}, map[*sym.Expr]*sym.Expr{c.x: t.x})[0]
	var err error
	t.program, err = plan.Compile([]*sym.Expr{t.logits}, nil, plan.Options{Level: level, Threads: threads, Share: c.program})
	return &t, err
}

// load copies the parameters of a training step.
func (c *classifier) load(e *engine) {
	for _, p := range c.params.All() {
		copy(c.program.Float(p.Expr), e.program.Float(e.params.Graph().Input("param/"+p.Name, sym.Float, p.Expr.Shape()...)))
	}
}

// score classifies a subset. Logits that are not finite are an error.
func (c *classifier) score(s dataset.Subset, t dataset.Tables) (assess.Score, error) {
	var score assess.Score
	err := c.each(s, t, func(logits []float32, labels []uint8) error {
		if err := score.Add(logits, c.classes, labels); err != nil {
			return err
		}
		if math.IsNaN(score.NLL()) || math.IsInf(score.NLL(), 0) {
			return errNotFinite
		}
		return nil
	})
	return score, err
}

// each calls f with the logits [images, K] and the labels of a subset, batch by batch.
func (c *classifier) each(s dataset.Subset, t dataset.Tables, f func(logits []float32, labels []uint8) error) error {
	labels := make([]uint8, 0, c.batch)
	pixels := c.shape.Size()
	for at := 0; at < s.Len(); at += c.batch {
		labels = labels[:0]
		for i, k := range s.Index[at:min(at+c.batch, s.Len())] {
			t.Apply(c.program.Float(c.x)[i*pixels:(i+1)*pixels], s.Image(k))
			labels = append(labels, s.Labels[k])
		}
		if err := c.program.Run(0, 0); err != nil {
			return err
		}
		if err := f(c.program.Output(0)[:len(labels)*c.classes], labels); err != nil {
			return err
		}
	}
	return nil
}

// close ends the classifier's workers, if it was compiled.
func (c *classifier) close() {
	if c != nil && c.program != nil {
		c.program.Close()
	}
}
