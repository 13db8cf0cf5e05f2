// Package features turns images into the numbers that package gan/score compares: features of a
// network, and class probabilities.
//
//	Classifier  one that this program trains, once, on a part of the training images that scores do
//	            not use, and keeps in the cache folder
//	Load        a saved model of package classify
//	Random      a convolutional network with weights that nothing was learned from
//
// A [Set] is what generated images are compared with: real images that neither the classifier nor,
// of its Other ones, the generator has seen. Everything is bytes: scores are of images as they are
// saved, at the size that they have.
//
// # A further source of features
//
// It is a function that returns a [Network]: a name that tells its features from others, the shape of
// the images that it takes, and what computes a batch.
package features

import (
	"fmt"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/gan/score"
	"github.com/gradreg/gradreg/internal/fault"
)

// Network computes features of images.
type Network struct {
	Name    string // architecture and number of features, as lenet-84
	Shape   dataset.Shape
	Classes []string // of the probabilities, nil of a network without

	of    func(images [][]byte) (features, logits []float32, err error)
	count int
	close func()
}

// Of returns the features [n, F] of images, and the class probabilities [n, K] of a network that has
// some.
func (n *Network) Of(images [][]byte) (features, probabilities score.Matrix, err error) {
	values, logits, err := n.of(images)
	if err != nil {
		return features, probabilities, err
	}
	features = score.Matrix{N: len(images), D: n.count, Values: values}
	if n.Classes == nil {
		return features, probabilities, nil
	}
	probabilities, err = score.Softmax(score.Matrix{N: len(images), D: len(n.Classes), Values: logits})
	return features, probabilities, err
}

// Close frees what the network holds.
func (n *Network) Close() { n.close() }

// batch is how many images a network takes at a time.
const batch = 100

// Load reads the network of a model file.
func Load(path string, threads int) (*Network, error) {
	m, err := classify.Load(path, batch, threads)
	if err != nil {
		return nil, err
	}
	if m.Task != "" {
		m.Close()
		return nil, fault.Inputf("%s: a model of the task %s, expected a classifier", path, m.Task)
	}
	f, err := m.Features(threads)
	if err != nil {
		m.Close()
		return nil, err
	}
	return &Network{
		Name:  fmt.Sprintf("%s-%d", m.Model.Name(), f.Count),
		Shape: dataset.Shape{C: m.Channels, H: m.Height, W: m.Width}, Classes: m.Classes,
		of: f.Of, count: f.Count, close: func() { f.Close(); m.Close() },
	}, nil
}
