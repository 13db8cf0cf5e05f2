package figures

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/report"
)

// legendRoom is the share of the losses' range that is left above them for the legend.
const legendRoom = 0.35

// HeadCurve returns how a head on features was found, where λ was searched: the held-out loss over λ
// with its standard error, and the λ that was taken. It stands for the learning curve of a run that
// has no steps to draw.
func HeadCurve(c classify.Config, h classify.HeadResult) report.Sheet {
	mean := report.LineSeries{Name: "held-out loss", Method: "none"}
	above := report.LineSeries{Name: "± a standard error", Method: "datagrad"}
	below := report.LineSeries{Method: above.Method}
	taken := report.LineSeries{Name: fmt.Sprintf("taken: %.3g", h.L2), Method: "none", Points: true}
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range h.Candidates {
		low, high = min(low, v.Loss-v.StandardError), max(high, v.Loss+v.StandardError)
		mean.X, mean.Y = append(mean.X, v.L2), append(mean.Y, v.Loss)
		above.X, above.Y = append(above.X, v.L2), append(above.Y, v.Loss+v.StandardError)
		below.X, below.Y = append(below.X, v.L2), append(below.Y, v.Loss-v.StandardError)
		if v.L2 == h.L2 {
			taken.X, taken.Y = []float64{v.L2}, []float64{v.Loss}
		}
	}
	return report.Sheet{
		Title: strings.Replace(c.Title(), ", head", ",\nhead", 1), // the figure is narrow
		Text: fmt.Sprintf("The loss of the held-out photos of %d folds over the strength λ of the head's L2 penalty. "+
			"The strongest λ is taken that costs little: a standard error of the least loss at most, and a "+
			"twentieth of what the features tell.", h.Folds),
		Rows: [][]report.SheetPlot{{report.Lines{
			X: report.Axis{Label: "λ of the L2 penalty", Log: true}, Y: report.Axis{Label: "loss"},
			Series: []report.LineSeries{mean, above, below, taken},
			Low:    low, High: high + legendRoom*(high-low),
		}}},
	}
}

// drawCurve writes curve.svg.
func drawCurve(dir string, r classify.Result) error {
	path := filepath.Join(dir, classify.CurveFile)
	var err error
	if r.Head != nil && len(r.Head.Candidates) > 0 {
		err = report.WriteFigure(path, HeadCurve(r.Config, *r.Head))
	} else {
		err = report.WriteCurve(path, Curve(r.Config, r.Metrics))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
