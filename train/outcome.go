package train

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/report"
)

// tileName is the number of characters that a class has under a picture.
const tileName = 16

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
// true class and the predicted one, with their probabilities, and its file, if it has one.
func (o Outcome) Worst() report.Tiles {
	t := report.Tiles{Title: "The most wrong test images\n" + o.Title, Columns: 5}
	names := report.Shorten(o.Classes, tileName)
	apart := slices.ContainsFunc(names, func(s string) bool { return utf8.RuneCountInString(s) > tileName/2 })
	for _, m := range o.Logits.Worst(worstImages) {
		at := o.Test.Index[m.Index]
		tile := report.Tile{Picture: Picture(o.Test.Image(at), o.Test.Shape), Lines: []string{
			fmt.Sprintf("is %s (%s)", names[m.Label], percent(m.Truth)),
			fmt.Sprintf("said %s (%s)", names[m.Predicted], percent(m.Certainty)),
		}}
		if apart { // there is no room for a long name and its probability in one line
			tile.Lines = []string{"is " + names[m.Label], "said " + names[m.Predicted], percent(m.Truth) + " and " + percent(m.Certainty)}
		}
		if o.Test.Files != nil {
			tile.Lines = append(tile.Lines, path.Base(o.Test.Files[at]))
		}
		t.List = append(t.List, tile)
	}
	return t
}

// Mistakes lists all test images that are classified wrongly, those with the highest loss first: where a class is wrong in the
// data, it is at the top.
func (o Outcome) Mistakes() report.Table {
	t := report.Table{Columns: []report.Column{
		{Head: "image", Fields: []string{"image_index"}}, {Head: "file"}, {Head: "class"}, {Head: "predicted"},
		{Head: "p", Fields: []string{"class_probability", "predicted_probability", "loss"}},
	}}
	for _, m := range o.Logits.Worst(-1) {
		at, file := o.Test.Index[m.Index], ""
		if o.Test.Files != nil {
			file = o.Test.Files[at]
		}
		t.Rows = append(t.Rows, []report.Cell{
			{Values: []report.Number{report.Num(float64(at))}}, {Text: file}, {Text: o.Classes[m.Label]}, {Text: o.Classes[m.Predicted]},
			{Values: []report.Number{report.Num(m.Truth), report.Num(m.Certainty), report.Num(m.Loss)}},
		})
	}
	return t
}

// percent writes a probability: the larger ones to a tenth of a percent, small ones to their first digit.
func percent(p float64) string {
	switch {
	case p < 1e-6:
		return "<0.0001 %"
	case p < 0.001:
		return strconv.FormatFloat(100*p, 'f', -int(math.Floor(math.Log10(100*p))), 64) + " %"
	}
	return fmt.Sprintf("%.1f %%", 100*p)
}

// WritePictures writes confusion.svg, worst.png and worst.csv to a folder, with prefix before their names.
func (o Outcome) WritePictures(dir, prefix string) error {
	var mistakes bytes.Buffer
	return errors.Join(
		report.WriteFigure(filepath.Join(dir, prefix+confusionFile), o.Confusion()),
		report.WriteTiles(filepath.Join(dir, prefix+worstFile), o.Worst()),
		o.Mistakes().Write(&mistakes, "csv"),
		atomicfile.WriteBytes(filepath.Join(dir, prefix+mistakesFile), mistakes.Bytes()),
	)
}

// Picture returns an image of bytes [C, H, W] as a picture: in colour for three channels, else the first one in grey. Bytes
// that are missing are black.
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
	err := c.each(s, t, func(logits []float32, labels []uint8) error {
		for _, v := range logits {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return errNotFinite
			}
		}
		return l.Add(logits, labels)
	})
	return l, err
}

// errNotFinite is the error of a model that cannot be scored: its parameters are finite, but what they make of images is not.
var errNotFinite = divergence{errors.New("the model's logits are not finite; try a lower learning rate or λ")}
