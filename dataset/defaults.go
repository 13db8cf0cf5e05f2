package dataset

import (
	"cmp"

	"github.com/gradreg/gradreg/dataset/augment"
	"github.com/gradreg/gradreg/internal/spec"
)

// Defaults are what suits the images of a data set where nobody says more.
type Defaults struct {
	// Augment is an augmentation: a text form of package augment.
	Augment string
	// Lambda are the λ of DataGrad up to numbers of training images, rising, and MostLambda that of
	// more. Where there are none, λ falls with the number of images, and is Lambda2000 for 2000 of
	// them.
	Lambda     []LambdaUpTo
	MostLambda float64
	Lambda2000 float64
}

// LambdaUpTo is a λ up to a number of training images.
type LambdaUpTo struct {
	Images int
	Lambda float64
}

// fewestImages is the number below which λ does not rise any more.
const fewestImages = 1000

// LambdaFor returns the λ of DataGrad for a number of training images; 0 for one that is not known.
func (d Defaults) LambdaFor(images int) float64 {
	if len(d.Lambda) > 0 {
		for _, row := range d.Lambda {
			if 0 < images && images <= row.Images {
				return row.Lambda
			}
		}
		return d.MostLambda
	}
	if images == 0 {
		return d.Lambda2000
	}
	return spec.Round(d.Lambda2000*2000/float64(max(images, fewestImages)), 1)
}

// or returns the defaults, with others in the place of an augmentation or λ that they do not give.
func (d Defaults) or(others Defaults) Defaults {
	others.Augment = cmp.Or(d.Augment, others.Augment)
	if len(d.Lambda) == 0 && d.Lambda2000 == 0 {
		d = others
	}
	d.Augment = others.Augment
	return d
}

// photoDefaults suit photos: flips, shifts and mild scales and colours, and CIFAR-10's λ.
func photoDefaults() Defaults {
	return Defaults{Augment: "flip,shift:0.125,rotate:10,scale:0.15,color:0.2", Lambda2000: 0.5}
}

// digitDefaults are those of MNIST: no augmentation, as its protocol has none, and the published λ.
func digitDefaults() Defaults {
	return Defaults{Augment: augment.None, Lambda: []LambdaUpTo{{2000, 50}, {5000, 20}, {10000, 5}}, MostLambda: 2}
}

// cifarDefaults are the published flips and shifts, and the λ that trials on dev images chose.
func cifarDefaults() Defaults { return Defaults{Augment: "flip,shift:0.125", Lambda2000: 0.5} }
