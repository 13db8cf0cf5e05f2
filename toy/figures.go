package toy

import (
	"fmt"
	"math"
	"slices"

	"github.com/gradreg/gradreg/report"
)

// learned draws what the first seed's networks learned and its slope, a column for each λ.
func (r *Result) learned(p Problem) report.Sheet {
	trained := r.firsts(p.Name)
	s := report.Sheet{Mark: r.mark(), Text: r.mark() +
		fmt.Sprintf("y = %s, seed %d. Above: the learned function and the %d training points; "+
			"below: the norm of its slope. "+
			"The penalty acts at the training points only.", p.Formula, r.Options.Seeds[0], r.Options.Points)}
	if p.Dim == 1 {
		s.Rows = curves(p, trained)
	} else {
		s.Rows = maps(p, trained)
	}
	return s
}

// curves draws functions of one variable: dashed the true one.
func curves(p Problem, trained []Trained) [][]report.SheetPlot {
	x := report.Axis{Label: "x"}
	rows := make([][]report.SheetPlot, 2)
	steepest := 0.0 // of the true function; four times as much is shown
	for _, f := range trained {
		for _, place := range f.places {
			steepest = max(steepest, p.slope(place))
		}
	}
	for _, f := range trained {
		xs, truth, slope := make(
			[]float64, len(f.places),
		), make([]float64, len(f.places)), make([]float64, len(f.places))
		for i, place := range f.places {
			xs[i], truth[i], slope[i] = place[0], p.f(place), p.slope(place)
		}
		at := make([]float64, len(f.x.x))
		for i, place := range f.x.x {
			at[i] = place[0]
		}
		rows[0] = append(rows[0], report.Lines{
			Title: lambdaName(f.Lambda), X: x, Y: report.Axis{Label: "y"}, Low: -1.5, High: 1.9,
			Series: []report.LineSeries{
				{Name: "points", X: at, Y: f.x.y, Points: true},
				{Name: "true", Method: "datagrad", X: xs, Y: truth}, {
					Name: "learned", Method: style(0), X: xs, Y: f.values,
				},
			},
		})
		rows[1] = append(rows[1], report.Lines{
			X: x, Y: report.Axis{Label: "slope"}, Low: 0, High: 4 * steepest,
			// as above
			Series: []report.LineSeries{{Method: "datagrad", X: xs, Y: slope}, {Method: style(0), X: xs, Y: f.slopes}},
		})
	}
	return rows
}

// maps draws functions of two variables: the true one first, the scale last.
func maps(p Problem, trained []Trained) [][]report.SheetPlot {
	places, side := trained[0].places, trained[0].side
	truth, slope := make([]float64, len(places)), make([]float64, len(places))
	for i, x := range places {
		truth[i], slope[i] = p.f(x), p.slope(x)
	}
	xs := make([]float64, side)
	for i := range xs {
		xs[i] = places[i][0]
	}
	marks := report.Series{}
	for _, x := range trained[0].x.x {
		marks.Add(x[0], x[1])
	}
	row := func(what string, truth []float64, of func(Trained) []float64) []report.SheetPlot {
		low, high := slices.Min(truth), slices.Max(truth)
		heat := func(title string, values []float64) report.Heat {
			return report.Heat{
				Title: title, X: report.Axis{Label: "x1"}, Y: report.Axis{Label: "x2"}, Xs: xs,
				Ys: xs, Values: slices.Collect(slices.Chunk(values, side)), Low: low, High: high,
				Marks: marks,
			}
		}
		parts := []report.SheetPlot{heat(what+", true", truth)}
		for _, f := range trained {
			parts = append(parts, heat(what+", "+lambdaName(f.Lambda), of(f)))
		}
		return append(parts, report.Scale{Title: what, Low: low, High: high})
	}
	return [][]report.SheetPlot{
		row("f", truth, func(f Trained) []float64 { return f.values }),
		row("slope", slope, func(f Trained) []float64 { return f.slopes }),
	}
}

// surface draws the objective along random lines through the trained weights.
func (r *Result) surface(p Problem) report.Sheet {
	s := report.Sheet{Mark: r.mark(), Text: r.mark() +
		fmt.Sprintf("y = %s, seed %d. The objective, loss + λ·penalty, along %d random "+
			"filter-normalized lines through the trained weights (Li et al. 2018): "+
			"at 1 a unit has moved by the norm of its weights.", p.Formula, r.Options.Seeds[0], r.Options.Lines)}
	var row []report.SheetPlot
	low, high := math.Inf(1), 0.0
	for _, f := range r.firsts(p.Name) {
		for _, l := range f.Lines {
			low, high = min(low, slices.Min(l.Objective)), max(high, slices.Max(l.Objective))
		}
	}
	for _, f := range r.firsts(p.Name) {
		part := report.Lines{
			Title: lambdaName(f.Lambda), Low: low / 1.5, High: high * 1.5,
			X: report.Axis{Label: "distance along the line"},
			Y: report.Axis{Label: "objective", Log: true},
		}
		for _, l := range f.Lines {
			part.Series = append(part.Series, report.LineSeries{Method: style(f.Lambda), X: l.T, Y: l.Objective})
		}
		row = append(row, part)
	}
	s.Rows = [][]report.SheetPlot{row}
	return s
}
