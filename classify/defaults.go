package classify

import (
	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/spec"
)

// DefaultRegularizers returns the penalties that suit a data set and a number of training images, 0
// for all: DataGrad and weight decay 5e-4. For digits λ is the one of Varga et al. 2017, arXiv
// 1712.09936. For other data it falls with the number of images, from what trials on dev images
// chose for LeNet (results/lambda-auto: clothes 2.8, 0.88 and 0.14, CIFAR-10 1.5, 0.47 and 0.12 for
// 500, 2000 and 10,000 images); photos get CIFAR-10's, of 2000 images where their number is not
// given. A λ of another kind of images can do harm: digits' 50 costs photos more than it gains.
// The numbers stand in the row of the data set ([dataset.Defaults]).
func DefaultRegularizers(data dataset.Source, images int) []gradreg.Spec {
	info, _ := data.Info()
	if images == 0 {
		images = info.Train
	}
	return gradreg.Specs("datagrad:"+spec.Format(info.Defaults.LambdaFor(images)), "weight-decay:5e-4")
}
