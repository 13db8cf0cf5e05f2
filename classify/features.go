package classify

import (
	"slices"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/sym"
)

// Features computes what a model finds in images before its last dense layer turns it into outputs:
// by their distances people compare sets of images.
type Features struct {
	Model *SavedModel
	Count int // F, of an image

	classifier *classifier
	values     []float32
}

// Features returns the model's features, whose memory is apart from the model's. One that has no
// dense layer is the input's fault. It has to be closed before the model is.
func (m *SavedModel) Features(threads int) (*Features, error) {
	lent, err := m.pool.take()
	if err != nil {
		return nil, err
	}
	defer m.pool.give(lent)
	c, err := newClassifier(m.arch, m.shape(), len(m.Classes), lent.batch)
	if err != nil {
		return nil, err
	}
	if c.features == nil || len(c.features.Shape()) != 2 {
		return nil, fault.Inputf("model %s has no dense layer, expected one at its end", m.Model)
	}
	on, err := m.engine(threads)
	if err != nil {
		return nil, err
	}
	c.values = make([]float32, c.logits.Shape().Size())
	if c.program, err = on.Compile(engine.Step{Outputs: []*sym.Expr{c.logits, c.features}}); err != nil {
		return nil, err
	}
	if err := lent.params.CopyTo(c.params, lent.program, c.program); err != nil {
		c.close()
		return nil, err
	}
	return &Features{
		Model: m, Count: c.features.Shape()[1], classifier: c, values: make([]float32, c.features.Shape().Size()),
	}, nil
}

// Of returns the features [n, Count] and the outputs before softmax [n, K] of images [C, H, W] in
// rows of bytes. It serves one goroutine at a time.
func (f *Features) Of(images [][]byte) (features, logits []float32, err error) {
	c, size := f.classifier, f.Model.shape().Size()
	for i, image := range images {
		if len(image) != size {
			return nil, nil, fault.Inputf(
				"image %d of %d bytes, expected the %d of %v", i, len(image), size, f.Model.shape(),
			)
		}
	}
	for batch := range slices.Chunk(images, c.batch) {
		values, err := c.run(func(x []float32) {
			for i, image := range batch {
				f.Model.tables.Apply(x[i*size:(i+1)*size], image)
			}
		})
		if err != nil {
			return nil, nil, err
		}
		if err := c.program.Output(1, f.values); err != nil {
			return nil, nil, err
		}
		features = append(features, f.values[:len(batch)*f.Count]...)
		logits = append(logits, values[:len(batch)*c.classes]...)
	}
	return features, logits, nil
}

// Close frees the workers.
func (f *Features) Close() { f.classifier.close() }
