package classify

import (
	"cmp"
	"image"
	"image/color"
	"slices"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
)

// PredictPicture is Predict of a picture. The model of a folder of pictures takes whatever its
// training did, made square in the same way (package picture); others scale it, see
// [dataset.DecodePicture].
func (m *SavedModel) PredictPicture(data []byte, invert bool) ([]float64, error) {
	image, err := m.Decode(data, invert)
	if err != nil {
		return nil, err
	}
	return m.Predict(image)
}

// Decode returns a picture as the image [C, H, W] that Predict and PredictAll take, as
// PredictPicture does. It may be called by several goroutines.
func (m *SavedModel) Decode(data []byte, invert bool) ([]byte, error) {
	p, err := picture.Decode(data)
	if err != nil {
		return nil, fault.Input(err)
	}
	return m.render(p, invert)
}

// PredictImage is PredictPicture of a picture in memory.
func (m *SavedModel) PredictImage(img image.Image, invert bool) ([]float64, error) {
	if img == nil || img.Bounds().Empty() {
		return nil, fault.Inputf("an image without pixels, expected at least one")
	}
	pixels, err := m.render(picture.Picture{Image: img}, invert)
	if err != nil {
		return nil, err
	}
	return m.Predict(pixels)
}

// Prediction is a class with its probability.
type Prediction struct {
	Class       string  `json:"class"`
	Index       int     `json:"class_index"` // of Classes
	Probability float64 `json:"probability"`
}

// Top returns the k most probable classes of what Predict returned, all if k is 0 or more than
// there are, the most probable one first; equal ones keep their order.
func (m *SavedModel) Top(probabilities []float64, k int) []Prediction {
	var list []Prediction
	for i, p := range probabilities[:min(len(probabilities), len(m.Classes))] {
		list = append(list, Prediction{m.Classes[i], i, p})
	}
	slices.SortStableFunc(list, func(a, b Prediction) int { return cmp.Compare(b.Probability, a.Probability) })
	if k > 0 && k < len(list) {
		list = list[:k]
	}
	return list
}

// render makes of a picture what training made of those of its folder, or scales it to the images
// of a data set.
func (m *SavedModel) render(p picture.Picture, invert bool) ([]byte, error) {
	if m.Fit == "" {
		return dataset.ScalePicture(p, m.shape(), invert)
	}
	fit, err := picture.ParseFit(m.Fit)
	if err != nil {
		return nil, err
	}
	canvas, err := picture.Render(p, m.Height, fit, color.White)
	if err != nil {
		return nil, err
	}
	image := picture.Planes(canvas, m.Channels)
	if invert {
		for i, v := range image {
			image[i] = 255 - v
		}
	}
	return image, nil
}
