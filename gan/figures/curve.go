package figures

import (
	"maps"
	"math"
	"slices"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/report"
)

// mostPoints is how many lines of metrics a curve shows: more than its pixels tell apart.
const mostPoints = 1500

// Curve returns what was watched in a run, against the step: how well the critic tells real from
// generated samples, its slopes, how much better it knows training images than others, and losses
// with the penalties.
func Curve(c gan.Config, metrics []gan.Metrics) report.Sheet {
	metrics = evenly(metrics, mostPoints)
	step := report.Axis{Label: "step"}
	part := func(title, y string, log bool, series ...report.LineSeries) report.SheetPlot {
		drawn := slices.DeleteFunc(series, func(s report.LineSeries) bool { return len(s.X) == 0 })
		lines := report.Lines{Title: title, X: step, Y: report.Axis{Label: y, Log: log}, Series: drawn}
		if log && len(drawn) > 1 {
			lines.Low, lines.High = belowLegend(drawn)
		}
		return lines
	}
	line := func(style int, name string, of func(m gan.Metrics) (float64, bool)) report.LineSeries {
		s := report.LineSeries{Name: name, Method: styles[style%len(styles)]}
		for _, m := range metrics {
			if v, ok := of(m); ok {
				s.X, s.Y = append(s.X, float64(m.Step)), append(s.Y, v)
			}
		}
		return s
	}
	always := func(of func(m gan.Metrics) float64) func(m gan.Metrics) (float64, bool) {
		return func(m gan.Metrics) (float64, bool) { return of(m), true }
	}
	positive := func(of func(m gan.Metrics) float64) func(m gan.Metrics) (float64, bool) {
		return func(m gan.Metrics) (float64, bool) { v := of(m); return v, v > 0 }
	}
	right := report.Lines{
		Title: "Critic", X: step, Y: report.Axis{Label: "pairs with D(real) > D(fake)", Percent: true},
		Series: []report.LineSeries{line(0, "", always(func(m gan.Metrics) float64 { return m.Right }))},
	}
	losses := []report.LineSeries{
		line(0, "critic", always(func(m gan.Metrics) float64 { return m.CriticLoss })),
		line(1, "generator", always(func(m gan.Metrics) float64 { return m.GeneratorLoss })),
	}
	penalties := []report.LineSeries{}
	names := map[string]bool{}
	for _, m := range metrics {
		for name := range m.Penalties {
			names[name] = true
		}
	}
	for i, name := range slices.Sorted(maps.Keys(names)) {
		penalties = append(penalties, line(i, name, func(m gan.Metrics) (float64, bool) {
			v := m.Penalties[name]
			return v, v > 0
		}))
	}
	below := []report.SheetPlot{
		part("Loss: its level says little", "mean loss", false, losses...),
		part(titleOf(penalties), "R, without λ", true, penalties...),
	}
	if known := memorizing(metrics); len(known.X) > 0 { // of points nothing is
		below = slices.Insert(below, 0, part(
			"Memorizing: D(train) above D(held out)", "share of D(train) − D(fake)", false, known,
		))
	}
	return report.Sheet{
		Title: c.Title(), Text: "What was watched in a training run.",
		Rows: [][]report.SheetPlot{
			{
				part(
					"Critic", "mean D(real) − D(fake)", false,
					line(0, "", always(func(m gan.Metrics) float64 { return m.Gap })),
				),
				right,
				part("Slope of the critic", "mean ‖∂D/∂x‖", true,
					line(0, "real", positive(func(m gan.Metrics) float64 { return m.SlopeReal })),
					line(1, "fake", positive(func(m gan.Metrics) float64 { return m.SlopeFake })),
					line(2, "between", positive(func(m gan.Metrics) float64 { return m.SlopeBetween }))),
			},
			below,
		},
	}
}

// legendShare is the share of a logarithmic axis above its lines that a legend takes.
const legendShare = 0.3

// belowLegend returns the bounds of a logarithmic axis on which the lines are below a legend.
func belowLegend(series []report.LineSeries) (low, high float64) {
	for i, s := range series {
		least, most := slices.Min(s.Y), slices.Max(s.Y)
		if i == 0 {
			low, high = least, most
		}
		low, high = min(low, least), max(high, most)
	}
	return low, high * math.Pow(max(high/low, 10), legendShare)
}

// memorizing returns what lines up to each say together.
func memorizing(metrics []gan.Metrics) report.LineSeries {
	s := report.LineSeries{Method: styles[0]}
	for i := range metrics {
		if share, ok := gan.Memorizing(metrics[:i+1]); ok && metrics[i].Memorizing != nil {
			s.X, s.Y = append(s.X, float64(metrics[i].Step)), append(s.Y, max(-1, min(1, share)))
		}
	}
	return s
}

// titleOf names the penalty if there is one; of several the legend does.
func titleOf(penalties []report.LineSeries) string {
	if len(penalties) != 1 {
		return "Penalties"
	}
	name := penalties[0].Name
	penalties[0].Name = ""
	return "Penalty " + name
}

// styles are methods whose styles differ in colour and dash.
var styles = []string{"none", "datagrad", "spectreg", "jacreg", "confidence", "onehot", "hoffman"}
