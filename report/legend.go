package report

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// legendBelow makes room for a legend in the lower right corner of a plot of about the given size:
// where something that is drawn lies there, the axis goes on below it, of fractions down to 0.
// lines are what is drawn, whose points ascend in x.
func legendBelow(p *plot.Plot, names []string, y Axis, width, height vg.Length, lines []plotter.XYs) {
	if y.Log || len(names) == 0 || !(p.Y.Max > p.Y.Min) || !(p.X.Max > p.X.Min) {
		return
	}
	wide, line := vg.Length(0), p.Legend.TextStyle.Height("x")
	for _, name := range names {
		wide, line = max(wide, p.Legend.TextStyle.Width(name)), max(line, p.Legend.TextStyle.Height(name))
	}
	wide += p.Legend.ThumbnailWidth + 3*p.Legend.Padding
	high := vg.Length(len(names)) * (line + p.Legend.Padding)
	left, share := 1-float64(wide/width), min(float64(high/height), 0.7)
	lowest, found := lowestRight(p, lines, left)
	if top := p.Y.Min + share*(p.Y.Max-p.Y.Min); !found || lowest >= top {
		return
	}
	// The legend's top at the lowest point: low + share·(max − low) = lowest.
	low := (lowest - share*p.Y.Max) / (1 - share)
	if y.Percent {
		low = max(low, 0)
	}
	p.Y.Min = min(p.Y.Min, low)
}

// lowestRight returns the least y of lines right of a place, a fraction of the x axis, also between
// points.
func lowestRight(p *plot.Plot, lines []plotter.XYs, left float64) (lowest float64, found bool) {
	at := func(x float64) float64 { return p.X.Norm(x) }
	take := func(y float64) {
		if !found || y < lowest {
			lowest, found = y, true
		}
	}
	for _, line := range lines {
		for i, point := range line {
			here := at(point.X)
			if here >= left {
				take(point.Y)
			}
			if i == 0 {
				continue
			}
			if before := at(line[i-1].X); before < left && here > left {
				take(line[i-1].Y + (left-before)/(here-before)*(point.Y-line[i-1].Y))
			}
		}
	}
	return lowest, found
}
