package classify

import (
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/spec"
)

// DefaultRegularizers returns the penalties that suit a data set and a number of training images, 0
// for all: DataGrad and weight decay 5e-4. For digits λ is the one of Varga et al. 2017, arXiv
// 1712.09936. For other data it falls with the number of images, from what trials on dev images
// chose for LeNet (results/lambda-auto: clothes 2.8, 0.88 and 0.14, CIFAR-10 1.5, 0.47 and 0.12 for
// 500, 2000 and 10,000 images); photos get CIFAR-10's, of 2000 images where their number is not
// given. A λ of another kind of images can do harm: digits' 50 costs photos more than it gains.
func DefaultRegularizers(data string, images int) []string {
	return []string{"datagrad:" + spec.Format(defaultLambda(data, images)), "weight-decay:5e-4"}
}

func defaultLambda(data string, images int) float64 {
	if images == 0 {
		for _, d := range dataset.List() {
			if d.Name == data {
				images = d.Train
			}
		}
	}
	if data == "mnist" {
		for _, row := range publishedLambda {
			if images <= row.images {
				return row.lambda
			}
		}
		return 2
	}
	at2000 := 0.5
	if data == "fashion-mnist" {
		at2000 = 1
	}
	if images == 0 { // a folder that nobody has looked into yet
		return at2000
	}
	return spec.Round(at2000*2000/float64(max(images, fewestImages)), 1)
}

// publishedLambda is the λ of DataGrad up to a number of digits.
var publishedLambda = []struct {
	images int
	lambda float64
}{{2000, 50}, {5000, 20}, {10000, 5}}

// fewestImages is the number below which λ does not rise any more.
const fewestImages = 1000
