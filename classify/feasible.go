package classify

import (
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/task"
)

// CheckData returns why no run can be made of the configuration with data of that description, as
// far as it shows before they are read: more images are asked for than there are, or a batch has
// more than are trained on, or the model does not take them. A run that chooses by dev images, as
// [Probe] does, may have to take those from the training images. Errors are the input's fault.
func (c Config) CheckData(info dataset.Info, probe bool) error {
	p, err := c.resolve()
	if err != nil {
		return err
	}
	if err := c.settleTask(info); err != nil {
		return err
	}
	classes := len(info.Classes)
	images := &dataset.Part{Shape: info.Shape, Labels: make([]int32, info.Train)}
	for i := range images.Labels {
		images.Labels[i] = int32(i % classes) // the classes are taken to have equally many
	}
	d, _, err := c.divide(images, images, classes)
	if err != nil {
		return err
	}
	if err := c.settleSteps(d.Train.Len()); err != nil {
		return err
	}
	if probe && info.Val == 0 {
		d = heldOut(d)
	}
	c.Batch = c.batch(d.Train.Len())
	if _, err := dataset.NewBatches(d.Train, dataset.Normalizer{}, c.Batch, c.Seed); err != nil {
		return err
	}
	p.task = task.OrClassification(info.Task)
	_, err = p.training(c.Batch, info.Shape, classes)
	return err
}
