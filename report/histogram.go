package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Histogram is a part that shows how quantities are distributed: for each series the share of its
// values in bins that all series have in common, drawn as outlines, which may cross.
type Histogram struct {
	Title  string
	X      Axis
	Series []HistogramSeries
}

// HistogramSeries is the values of one outline. Those that the axis cannot show are left out.
type HistogramSeries struct {
	Name   string // in the legend, if not empty
	Style  Style
	Pale   bool // thin, for what stands behind another series
	Values []float64
}

// bins returns the number of bins, twice the cube root of the number of values: Rice's rule.
func (h Histogram) bins() int {
	most := 1
	for _, s := range h.Series {
		most = max(most, len(s.Values))
	}
	return max(10, int(math.Ceil(2*math.Cbrt(float64(most)))))
}

func (h Histogram) plot() (*plot.Plot, error) {
	p := newPlot(h.Title, false)
	h.X.apply(&p.X, nil)
	p.Y.Label.Text = "share of images, %"
	p.Y.Tick.Marker = shareTicks{}
	p.Add(plotter.NewGrid())
	low, high := h.bounds()
	for _, s := range h.Series {
		points := h.outline(s.Values, low, high)
		if len(points) == 0 {
			continue
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		line.LineStyle = s.Style.line(vg.Points(1.6))
		if s.Pale {
			line.LineStyle.Width, line.LineStyle.Color = vg.Points(0.8), pale(s.Style.Color)
		}
		p.Add(line)
		if s.Name != "" {
			p.Legend.Add(s.Name, line)
		}
	}
	p.Y.Min = 0
	p.Y.Max *= 1.1 + 0.07*float64(len(h.Series)) // room for the legend
	return p, nil
}

// place returns where a value lies on the axis that bins divide evenly: its logarithm on a
// logarithmic one.
func (h Histogram) place(v float64) float64 {
	if h.X.Log {
		return math.Log(v)
	}
	return v
}

// shown returns the values that the axis can show, sorted.
func (h Histogram) shown(values []float64) []float64 {
	list := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !h.X.drawable(v) })
	slices.Sort(list)
	return list
}

// bounds returns the range that holds all but the outermost hundredth of every series on either
// side; what lies beyond falls into the outer bins.
func (h Histogram) bounds() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range h.Series {
		if list := h.shown(s.Values); len(list) > 0 {
			low = min(low, h.place(list[len(list)/100]))
			high = max(high, h.place(list[len(list)-1-len(list)/100]))
		}
	}
	if !(high > low) {
		return low - 0.5, low + 0.5
	}
	return low, high
}

// outline returns the corners of a series' bins.
func (h Histogram) outline(values []float64, low, high float64) plotter.XYs {
	list := h.shown(values)
	if len(list) == 0 {
		return nil
	}
	bins := h.bins()
	shares := make([]float64, bins)
	for _, v := range list {
		bin := int((h.place(v) - low) / (high - low) * float64(bins))
		shares[min(max(bin, 0), bins-1)] += 100 / float64(len(list))
	}
	var points plotter.XYs
	for i, share := range shares {
		for _, edge := range []int{i, i + 1} {
			x := low + (high-low)*float64(edge)/float64(bins)
			if h.X.Log {
				x = math.Exp(x)
			}
			points = append(points, plotter.XY{X: h.X.shown(x), Y: share})
		}
	}
	return points
}
