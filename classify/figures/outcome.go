package figures

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/report"
)

// tileName is the number of characters that a class has under a picture.
const tileName = 16

// worstImages is the number of images on the sheet of the most wrong ones.
const worstImages = 20

// Confusion returns the picture of the confusion matrix.
func Confusion(o classify.Outcome) report.Confusion {
	return report.Confusion{Title: o.Title, Classes: o.Classes, Counts: o.Logits.Confusion().Matrix()}
}

// Worst returns the sheet of the test images with the highest loss among those that are classified
// wrongly: under each its true class and the predicted one, with their probabilities, and its file,
// if it has one.
func Worst(o classify.Outcome) report.Tiles {
	t := report.Tiles{Title: "The most wrong test images\n" + o.Title, Columns: 5}
	names := report.Shorten(o.Classes, tileName)
	apart := slices.ContainsFunc(names, func(s string) bool { return utf8.RuneCountInString(s) > tileName/2 })
	for _, m := range o.Logits.Worst(worstImages) {
		at := o.Test.Index[m.Index]
		tile := report.Tile{Picture: classify.Picture(o.Test.Image(at), o.Test.Shape), Lines: []string{
			fmt.Sprintf("is %s (%s)", names[m.Label], percent(m.Truth)),
			fmt.Sprintf("said %s (%s)", names[m.Predicted], percent(m.Certainty)),
		}}
		if apart { // there is no room for a long name and its probability in one line
			tile.Lines = []string{
				"is " + names[m.Label], "said " + names[m.Predicted],
				percent(m.Truth) + " and " + percent(m.Certainty),
			}
		}
		if o.Test.Files != nil {
			tile.Lines = append(tile.Lines, path.Base(o.Test.Files[at]))
		}
		t.List = append(t.List, tile)
	}
	return t
}

// Mistakes lists all test images that are classified wrongly, those with the highest loss first:
// where a class is wrong in the data, it is at the top.
func Mistakes(o classify.Outcome) report.Table {
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
			{
				Values: []report.Number{report.Num(float64(at))},
			}, {Text: file}, {Text: o.Classes[m.Label]}, {Text: o.Classes[m.Predicted]},
			{Values: []report.Number{report.Num(m.Truth), report.Num(m.Certainty), report.Num(m.Loss)}},
		})
	}
	return t
}

// percent writes a probability: the larger ones to a tenth of a percent, small ones to their first
// digit.
func percent(p float64) string {
	switch {
	case p < 1e-6:
		return "<0.0001 %"
	case p < 0.001:
		return strconv.FormatFloat(100*p, 'f', -int(math.Floor(math.Log10(100*p))), 64) + " %"
	}
	return fmt.Sprintf("%.1f %%", 100*p)
}

// drawnClasses is the largest number of classes whose confusion matrix is drawn.
const drawnClasses = 1000

// WritePictures writes confusion.svg, worst.png and worst.csv to a folder, with prefix before their
// names; of more than 1000 classes no confusion.svg, in which nothing could be seen.
func WritePictures(o classify.Outcome, dir, prefix string) error {
	var mistakes bytes.Buffer
	var drawing error
	if len(o.Classes) <= drawnClasses {
		drawing = report.WriteFigure(filepath.Join(dir, prefix+classify.ConfusionFile), Confusion(o))
	}
	return errors.Join(
		drawing,
		report.WriteTiles(filepath.Join(dir, prefix+classify.WorstFile), Worst(o)),
		Mistakes(o).Write(&mistakes, "csv"),
		atomicfile.WriteBytes(filepath.Join(dir, prefix+classify.MistakesFile), mistakes.Bytes()),
	)
}
