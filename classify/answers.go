package classify

import (
	"fmt"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/pretrained"
)

// Answers returns the k most probable classes of a picture's file, all if k is 0, by a pretrained
// network with the classes of its own file, the most probable first. Classes have the names of
// [backbone.ClassNames], or else their numbers. The picture is prepared as the network's preprocessing
// has it. A network without classes, and data that are no picture, are the input's fault.
func Answers(n *pretrained.Network, picture []byte, k int) ([]Prediction, error) {
	if n.Classes == 0 {
		return nil, fault.Inputf("%s has no layer of classes, expected one to ask", n.Path)
	}
	fit, err := n.Fit()
	if err != nil {
		return nil, err
	}
	m := &SavedModel{ModelInfo: ModelInfo{
		Channels: pretrained.Channels, Height: n.Size, Width: n.Size, Fit: string(fit), Normalizer: n.Normalizer(),
		Classes: backbone.ClassNames(n.Classes),
	}}
	for i := len(m.Classes); i < n.Classes; i++ {
		m.Classes = append(m.Classes, fmt.Sprintf("class %d", i))
	}
	image, err := m.Decode(picture, false)
	if err != nil {
		return nil, err
	}
	c, err := newClassifier(n.Model, m.shape(), n.Classes, 1)
	if err != nil {
		return nil, err
	}
	values, err := n.Values(c.params, true)
	if err != nil {
		return nil, err
	}
	on, err := engine.Native(engine.Options{})
	if err != nil {
		return nil, err
	}
	if err := c.compile(on); err != nil {
		return nil, err
	}
	defer c.close()
	if err := c.params.Load(c.program, func(p *nn.Param) []float32 { return values[p.Name] }); err != nil {
		return nil, err
	}
	tables := m.Normalizer.Tables()
	logits, err := c.run(func(x []float32) { tables.Apply(x, image) })
	if err != nil {
		return nil, err
	}
	return m.Top(assess.Softmax(logits), k), nil
}
