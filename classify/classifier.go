package classify

import (
	"math"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// evalBatch is the number of images that are classified at a time.
const evalBatch = 250

// batchPixels bounds the pixels of a channel that are classified at a time: those of evalBatch images
// of 64×64, beyond which a network's intermediate values take gigabytes.
const batchPixels = evalBatch * 64 * 64

// evalBatchOf returns how many images of a shape are classified at a time.
func evalBatchOf(s dataset.Shape) int { return min(evalBatch, max(1, batchPixels/(s.H*s.W))) }

// classifier computes logits in inference mode.
type classifier struct {
	program engine.Program // nil until compiled
	values  []float32      // logits of the last run
	params  *nn.Params
	x       *sym.Expr // [batch, C, H, W]
	logits  *sym.Expr // [batch, classes]
	// features are what the last dense layer is applied to: [batch, F]; nil if there is none.
	features *sym.Expr
	shape    dataset.Shape
	classes  int
	batch    int
	// rows returns what an image of a part is shown as, instead of its normalized pixels; nil for
	// those.
	rows func(part *dataset.Part, image int) []float32
}

// newClassifier builds the forward pass of a model without allocating its memory.
func newClassifier(m model.Model, shape dataset.Shape, classes, batch int) (*classifier, error) {
	g := sym.NewGraph()
	c := &classifier{params: nn.NewParams(g), shape: shape, classes: classes, batch: batch}
	c.x = g.Input("x", sym.Float, batch, shape.C, shape.H, shape.W)
	context := nn.NewContext(c.params, false, 0)
	c.logits = m.Logits(context, c.x, classes)
	if err := c.logits.Err(); err != nil {
		return nil, fault.Inputf("model %s does not take images of %v: %w", m, shape, err)
	}
	for _, l := range context.Layers {
		if l.Input != nil {
			c.features = l.Input
		}
	}
	return c, nil
}

// compile makes the classifier ready to run.
func (c *classifier) compile(on engine.Engine) (err error) {
	c.values = make([]float32, c.logits.Shape().Size())
	c.program, err = on.Compile(engine.Step{Outputs: []*sym.Expr{c.logits}})
	return err
}

// twin returns a classifier with the same weights, and images of its own, so that both can run at
// the same time.
func (c *classifier) twin() (*classifier, error) {
	t := *c
	t.values = make([]float32, len(c.values))
	var err error
	t.program, err = c.program.Fork(c.x)
	return &t, err
}

// load copies the parameters of a training step. Without one the classifier has its weights.
func (c *classifier) load(e *trainer) error {
	if e == nil {
		return nil
	}
	return e.Params.CopyTo(c.params, e.program, c.program)
}

// run classifies images that fill writes, and returns the logits [batch, K], valid until the next
// run.
func (c *classifier) run(fill func(images []float32)) ([]float32, error) {
	if err := c.program.Fill(c.x, fill); err != nil {
		return nil, err
	}
	if err := c.program.Run(0, 0, 0); err != nil {
		return nil, err
	}
	return c.values, c.program.Output(0, c.values)
}

// score classifies a subset. Logits that are not finite are an error.
func (c *classifier) score(s dataset.Subset, t dataset.Tables) (assess.Score, error) {
	var score assess.Score
	err := c.each(s, t, func(logits []float32, labels []int32) error {
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
func (c *classifier) each(s dataset.Subset, t dataset.Tables, f func(logits []float32, labels []int32) error) error {
	labels := make([]int32, 0, c.batch)
	return c.eachBatch(s, t, func(logits []float32, images []int) error {
		labels = labels[:0]
		for _, k := range images {
			labels = append(labels, s.Labels[k])
		}
		return f(logits, labels)
	})
}

// eachBatch calls f with the outputs [images, K] for a subset, batch by batch, and which images of
// its part they are.
func (c *classifier) eachBatch(
	s dataset.Subset, t dataset.Tables, f func(outputs []float32, images []int) error,
) error {
	pixels := c.shape.Size()
	for at := 0; at < s.Len(); at += c.batch {
		chosen := s.Index[at:min(at+c.batch, s.Len())]
		outputs, err := c.run(func(images []float32) {
			for i, k := range chosen {
				if c.rows != nil {
					copy(images[i*pixels:(i+1)*pixels], c.rows(s.Part, k))
					continue
				}
				t.Apply(images[i*pixels:(i+1)*pixels], s.Image(k))
			}
		})
		if err != nil {
			return err
		}
		if err := f(outputs[:len(chosen)*c.classes], chosen); err != nil {
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
