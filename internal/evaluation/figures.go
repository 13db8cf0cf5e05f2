package evaluation

import (
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/report"
)

// styles returns what runs look like: as their methods do.
func styles(results []Result) []report.Style {
	var methods []string
	for _, r := range results {
		methods = append(methods, r.Method)
	}
	return report.StylesOf(methods)
}

// title says what runs a figure is about: their settings, for names of folders need not tell.
func title(results []Result) string {
	const lines = 6
	var list []string
	for _, r := range results[:min(len(results), lines)] {
		line := report.OneLine(r.Title)
		if len(results) > 1 {
			line = r.Name + ": " + line
		}
		list = append(list, line)
	}
	if n := len(results) - lines; n > 0 {
		list[lines-1] = fmt.Sprintf("and %d more", n+1)
	}
	return strings.Join(list, "\n")
}

// Histograms draws how the slopes of the runs are distributed.
func Histograms(results []Result) report.Sheet {
	look := styles(results)
	var parts []report.SheetPlot
	for _, q := range quantities() {
		h := report.Histogram{Title: q.label, X: report.Axis{Label: q.label, Log: q.log}}
		for i, r := range results {
			h.Series = append(h.Series,
				report.HistogramSeries{Style: look[i], Pale: true, Values: q.values(r.TrainSlopes)},
				report.HistogramSeries{Name: r.Name, Style: look[i], Values: q.values(r.TestSlopes)})
		}
		parts = append(parts, h)
	}
	return report.Sheet{
		Title: title(results),
		Text: fmt.Sprintf(
			"Slopes at %d test images (lines) and %d training images (pale, thin), in bins that all have in common.",
			len(results[0].TestSlopes), len(results[0].TrainSlopes),
		),
		Rows: [][]report.SheetPlot{parts[:2], parts[2:]},
	}
}

// Robustness draws the accuracy of the runs as images are changed more and more.
func Robustness(results []Result) report.Sheet {
	look := styles(results)
	sheet := report.Sheet{Title: title(results),
		Text: fmt.Sprintf("Accuracy as images are changed, with Wilson's 95 %% intervals; n = %d "+
			"test images. Sizes are for pixels in [0, 1].",
			results[0].Curves[0].Points[0].Score.Images)}
	rows := map[bool][]report.SheetPlot{}
	var legend report.Legend
	for i, r := range results {
		legend.Series = append(legend.Series, report.RobustSeries{Name: r.Name, Style: look[i]})
	}
	for k, c := range results[0].Curves {
		part := report.RobustCurves{Title: shortTitle(c.Name), X: report.Axis{Label: axisLabel(c.Name)}, Unnamed: true}
		for i, r := range results {
			s := report.RobustSeries{Name: r.Name, Style: look[i]}
			for _, p := range r.Curves[k].Points {
				low, high := p.Score.Interval()
				s.Points = append(
					s.Points,
					report.RobustPoint{X: p.Size, Accuracy: p.Score.Accuracy(), Low: low, High: high},
				)
			}
			part.Series = append(part.Series, s)
		}
		weak := strings.HasPrefix(c.Name, "fgsm")
		rows[weak] = append(rows[weak], part)
	}
	// The legend takes the place that the weaker attacks leave, where there are some.
	switch strong, weak := rows[false], rows[true]; {
	case len(weak) == 0:
		sheet.Rows = append(sheet.Rows, append(strong, legend))
	default:
		sheet.Rows = append(sheet.Rows, strong, append(weak, legend))
	}
	return sheet
}

// shortTitle names a curve.
func shortTitle(name string) string {
	titles := map[string]string{
		"noise": "Gaussian noise", "fgsm-linf": "FGSM, L∞", "pgd-linf": "PGD, L∞",
		"fgsm-l2": "FGSM, L2", "pgd-l2": "PGD, L2",
	}
	return titles[name]
}

// axisLabel says what a curve's places are.
func axisLabel(name string) string {
	if name == "noise" {
		return "σ"
	}
	return "ε"
}
