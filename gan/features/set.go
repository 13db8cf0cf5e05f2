package features

import (
	"context"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/fault"
)

// Set is what generated images are compared with.
type Set struct {
	Data    string // as the configuration names it
	Digest  string
	Shape   dataset.Shape // of an image; of stacked ones that of a channel
	Classes []string      // nil where there are none
	Shares  []float64     // of the classes in the training images
	Stacked bool
	Report  folder.Report // on the pictures of a folder
	// Train are the images that the generator has learned from.
	Train dataset.Subset
	// Real are training images that the classifier has not seen, in a random order, Other images
	// that nothing was trained on.
	Real, Other dataset.Subset
	// classifier are the training images that are left to a classifier.
	classifier dataset.Subset
}

// classifierSeed divides the training images, the same ones for all runs.
const classifierSeed = 1

// Open opens the images of a run's configuration. The generator need not have been trained.
func Open(ctx context.Context, c gan.Config, o gan.RunOptions) (*Set, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	c.Batch = 1
	d, err := gan.OpenData(ctx, &c, o)
	if err != nil {
		return nil, err
	}
	if d.Train == nil {
		return nil, fault.Inputf("%s are points, expected images", c.Data)
	}
	whole := d.Train.Part
	s := &Set{
		Data: c.Data, Digest: d.Digest, Shape: whole.Shape, Classes: d.Classes, Stacked: d.Stacked,
		Train: *d.Train, Other: *d.Held, Report: d.Report,
	}
	order, err := dataset.Divide(whole, whole.Len(), classifierSeed)
	if err != nil {
		return nil, err
	}
	index := order.Train.Index
	if s.Classes != nil {
		s.Shares = make([]float64, len(s.Classes))
		for _, label := range whole.Labels {
			s.Shares[label] += 1 / float64(whole.Len())
		}
		own := len(index) * 2 / 3
		s.classifier = dataset.Subset{Part: whole, Index: index[:own]}
		index = index[own:]
	}
	s.Real = dataset.Subset{Part: whole, Index: index}
	return s, nil
}

// Images returns the first n images of a subset, all if there are no more.
func Images(s dataset.Subset, n int) [][]byte {
	list := make([][]byte, 0, min(n, s.Len()))
	for _, k := range s.Index[:min(n, s.Len())] {
		list = append(list, s.Image(k))
	}
	return list
}

// Labels returns the classes of those images.
func Labels(s dataset.Subset, n int) []int {
	list := make([]int, 0, min(n, s.Len()))
	for _, k := range s.Index[:min(n, s.Len())] {
		list = append(list, int(s.Labels[k]))
	}
	return list
}
