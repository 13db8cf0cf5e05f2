package classify

import (
	"errors"
	"image"
	"image/color"
	"math"
	"slices"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/task"
	"github.com/gradreg/gradreg/train"
)

// Outcome is a model's answers to its test images, and what they say.
type Outcome struct {
	Title   string   // what model this is, for pictures
	Classes []string // names
	Test    dataset.Subset
	Task    task.Task
	Logits  *assess.Logits // of the images of Test, in their order; nil of a task without classes
	Answers *task.Answers  // likewise of such a task; nil where there are classes
}

// Detail is the part of a result that tells more than one number does.
type Detail struct {
	TestInterval [2]float64      `json:"test_accuracy_interval"` // 95 %, Wilson
	TestECE      float64         `json:"test_ece"`               // of 15 bins, see [assess.Calibration.ECE]
	TestBrier    float64         `json:"test_brier"`             // see [assess.Logits.Brier]
	TestClasses  []ClassAccuracy `json:"test_class_accuracy"`
}

// ClassAccuracy is the accuracy on the test images of one class.
type ClassAccuracy struct {
	Class    string     `json:"class"`
	Images   int        `json:"image_count"`
	Accuracy *float64   `json:"accuracy"`          // nil for no images
	Interval [2]float64 `json:"accuracy_interval"` // 95 %, Wilson
}

// Detail sums the outcome up.
func (o Outcome) Detail() Detail {
	low, high := o.Logits.Score().Interval()
	d := Detail{
		TestInterval: [2]float64{low, high}, TestBrier: o.Logits.Brier(),
		TestECE: o.Logits.Calibration(assess.CalibrationBins).ECE(),
	}
	confusion := o.Logits.Confusion()
	for k, name := range o.Classes {
		s := confusion.Class(k)
		low, high := s.Interval()
		c := ClassAccuracy{Class: name, Images: s.Images, Interval: [2]float64{low, high}}
		if s.Images > 0 {
			accuracy := s.Accuracy()
			c.Accuracy = &accuracy
		}
		d.TestClasses = append(d.TestClasses, c)
	}
	return d
}

// Picture returns an image of bytes [C, H, W] as a picture: in colour for three channels, else the
// first one in grey. Bytes that are missing are black.
func Picture(pixels []byte, shape dataset.Shape) image.Image {
	if missing := shape.Size() - len(pixels); missing > 0 {
		pixels = append(slices.Clone(pixels), make([]byte, missing)...)
	}
	area := shape.H * shape.W
	if shape.C != 3 {
		return &image.Gray{Pix: pixels[:area], Stride: shape.W, Rect: image.Rect(0, 0, shape.W, shape.H)}
	}
	m := image.NewRGBA(image.Rect(0, 0, shape.W, shape.H))
	for i := range area {
		m.SetRGBA(i%shape.W, i/shape.W, color.RGBA{pixels[i], pixels[area+i], pixels[2*area+i], 255})
	}
	return m
}

// answers classifies a subset. Logits that are not finite are an error.
func (c *classifier) answers(s dataset.Subset, t dataset.Tables) (*assess.Logits, error) {
	l := &assess.Logits{Classes: c.classes}
	err := c.each(s, t, func(logits []float32, labels []int32) error {
		for _, v := range logits {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return errNotFinite
			}
		}
		return l.Add(logits, labels)
	})
	return l, err
}

// errNotFinite is the error of a model that cannot be scored: its parameters are finite, but what
// they make of images is not.
var errNotFinite = train.NewDivergence(errors.New("the model's logits are not finite; try a lower learning rate or λ"))
