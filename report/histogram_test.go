package report_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/gradreg/gradreg/report"
)

// TestSheetOfSlopes draws what an evaluation has: outlines with values that no axis can show, curves with intervals, rows
// of different lengths.
func TestSheetOfSlopes(t *testing.T) {
	styles := report.StylesOf([]string{"none", "datagrad:50"})
	values := []float64{0, -1, math.Inf(1), math.NaN(), 1, 2, 3, 10, 1e9}
	h := report.Histogram{Title: "h", X: report.Axis{Label: "norm", Log: true}, Series: []report.HistogramSeries{
		{Name: "first", Style: styles[0], Values: values}, {Style: styles[1], Pale: true, Values: values[4:]}, {Name: "empty", Style: styles[1]},
	}}
	same := report.Histogram{Title: "same", X: report.Axis{Label: "margin"}, Series: []report.HistogramSeries{{Name: "s", Style: styles[0], Values: []float64{2, 2}}}}
	c := report.RobustCurves{Title: "c", X: report.Axis{Label: "size"}, Series: []report.RobustSeries{
		{Name: "second", Style: styles[1], Points: []report.RobustPoint{{X: 0, Accuracy: 1, Low: 0.9, High: 1}, {X: 1, Accuracy: 0, Low: 0, High: 0.1}}},
	}}
	svg, err := report.SVG(report.Sheet{Text: "t", Rows: [][]report.SheetPlot{{h, same, c}, {c}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">norm<", ">first<", ">second<", ">accuracy, %<", ">share of images, %<"} {
		if !bytes.Contains(svg, []byte(want)) {
			t.Errorf("%s is not in the picture", want)
		}
	}
	if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
		t.Error("the picture has places that are no numbers")
	}
}

// TestStylesOf checks that runs can be told apart also where their methods are the same.
func TestStylesOf(t *testing.T) {
	other := report.StylesOf([]string{"none", "datagrad:50"})
	if other[1].Color != report.StyleOf("datagrad").Color || other[1].Shape != report.StyleOf("datagrad").Shape {
		t.Error("a method does not look as in other figures")
	}
	same := report.StylesOf([]string{"datagrad:1", "datagrad:2", "datagrad:3"})
	if same[0].Color == same[1].Color || same[1].Color == same[2].Color {
		t.Errorf("runs of one method look the same: %v", same)
	}
}
