package train

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"path/filepath"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/report"
)

// worstImages is the number of images on the sheet of the most wrong ones.
const worstImages = 20

// Outcome is a model's answers to its test images, and what they say.
type Outcome struct {
	Title   string   // what model this is, for pictures
	Classes []string // names
	Test    dataset.Subset
	Logits  *assess.Logits // of the images of Test, in their order
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

// Confusion returns the picture of the confusion matrix.
func (o Outcome) Confusion() report.Confusion {
	return report.Confusion{Title: o.Title, Classes: o.Classes, Counts: o.Logits.Confusion().Counts}
}

// Worst returns the sheet of the test images with the highest loss among those that are classified wrongly: under each its
// true class and the predicted one, with their probabilities.
func (o Outcome) Worst() report.Tiles {
	t := report.Tiles{Title: "The most wrong test images: " + o.Title, Columns: 5}
	for _, m := range o.Logits.Worst(worstImages) {
		t.List = append(t.List, report.Tile{
			Picture: Picture(o.Test.Image(o.Test.Index[m.Index]), o.Test.Shape),
			Lines: []string{
				fmt.Sprintf("is: %s %s", percent(m.Truth), o.Classes[m.Label]), // the number first, for a long name is cut off
				fmt.Sprintf("said: %s %s", percent(m.Certainty), o.Classes[m.Predicted]),
			},
		})
	}
	return t
}

// percent writes a probability, small ones with their magnitude.
func percent(p float64) string {
	if p < 0.001 {
		return fmt.Sprintf("%.0e", p)
	}
	return fmt.Sprintf("%.1f %%", 100*p)
}

// WritePictures writes confusion.svg and worst.png to a folder.
func (o Outcome) WritePictures(dir string) error {
	return errors.Join(
		report.WriteFigure(filepath.Join(dir, confusionFile), o.Confusion()),
		report.WriteTiles(filepath.Join(dir, worstFile), o.Worst()),
	)
}

// Picture returns an image of bytes [C, H, W] as a picture: in colour for three channels, else the first one in grey.
func Picture(pixels []byte, shape dataset.Shape) image.Image {
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
	err := c.each(s, t, func(logits []float32, labels []uint8) error {
		for _, v := range logits {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return errNotFinite
			}
		}
		l.Add(logits, labels)
		return nil
	})
	return l, err
}

// errNotFinite is the error of a model that cannot be scored.
var errNotFinite = errors.New("the model's logits are not finite; try a lower learning rate or λ")
